//! Texts with what looks like a secret masked.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

use super::address::mask_addresses;
use super::mask::MASK;
use super::name::{is_password_name, is_secret_name};

/// Bytes of a compiled expression. Every call of our programs compiles some of these.
const LARGEST: usize = 256 << 10;

/// Returns whether the value of a variable, an argument or an option of this name is a secret.
///
/// Empty values, switches, numbers of tokens, and references such as `$TOKEN` are none.
pub fn is_secret(name: &str, value: &str) -> bool {
    is_secret_name(name) && !is_harmless(name, value.trim())
}

fn is_harmless(name: &str, value: &str) -> bool {
    let switch = value.to_lowercase();
    let name_of_value = value.trim_matches(['<', '>', '[', ']', '.']).to_uppercase();
    let is_number = || value.parse::<f64>().is_ok() && !is_password_name(name);
    let is_placeholder =
        ["VALUE", "TOKEN", "PASSWORD", "SECRET", "KEY"].contains(&name_of_value.as_str());
    is_placeholder
        || [
            "", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null", MASK,
        ]
        .contains(&switch.as_str())
        || value.starts_with(['$', '\u{2026}'])
        || is_number()
        || is_place(value)
}

/// Returns whether a value is the path of a file, as `key=/etc/buildkit/key.pem` has it.
fn is_place(value: &str) -> bool {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"^(~|\.{0,2})/[\w.@/-]*(\.[a-z]{2,5}|/run/secrets/[\w.-]+)$"));
    value.starts_with("/run/secrets/") || PLACE.is_match(value)
}

/// Returns the value of a variable, an argument or an option as it may be shown.
pub fn shown_value<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret(name, value) {
        Cow::Borrowed(MASK)
    } else {
        shown_name(value)
    }
}

/// Returns `NAME=VALUE` or a record of such fields (`type=registry,ref=…`) as it may be shown.
pub fn shown_assignment(text: &str) -> Cow<'_, str> {
    let masked = masked_fields(text).map_or(Cow::Borrowed(text), Cow::Owned);
    also(masked, shown_name)
}

/// Masks the values of fields that are named like a secret. What follows such a value without a
/// name of its own is taken for its rest, since commas need no quotes for whoever does not know.
fn masked_fields(text: &str) -> Option<String> {
    let mut is_rest = false;
    let mut is_changed = false;
    let mut fields = Vec::new();
    for field in text.split(',') {
        match secret_part(field) {
            Some(before) => {
                (is_rest, is_changed) = (true, true);
                fields.push(format!("{before}{MASK}"));
            }
            None if is_rest && !field.contains('=') => {}
            None => {
                is_rest = false;
                fields.push(field.to_owned());
            }
        }
    }
    is_changed.then(|| fields.join(","))
}

/// Returns what stands before the secret in a field such as `volume-opt=password=…`, if there is
/// one.
fn secret_part(field: &str) -> Option<&str> {
    let mut start = 0;
    loop {
        let (name, value) = field[start..].split_once('=')?;
        let end = start + name.len() + 1;
        let bare = |text: &'_ str| text.trim_matches(['"', '\'', ' ']).to_owned();
        if is_secret(&bare(name), &bare(value)) {
            return Some(&field[..end]);
        }
        start = end;
    }
}

/// Masks a password in the name of an image or a registry, as in `user:password@registry/name`,
/// and what [`shown_text`] masks.
fn shown_name(text: &str) -> Cow<'_, str> {
    static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"(^|[=,\s"'])[^\s/@:=,"']+:[^\s/@"']+@([A-Za-z0-9.-]+(?:/|:\d+(?:/|$)))"#)
    });
    let masked = LOGIN.replace_all(text, |found: &Captures<'_>| {
        format!("{}{MASK}@{}", &found[1], &found[2])
    });
    also(masked, shown_text)
}

/// Masks what is left to mask in a text.
pub(super) fn also(text: Cow<'_, str>, mask: impl Fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => mask(text),
        Cow::Owned(text) => Cow::Owned(mask(&text).into_owned()),
    }
}

/// Returns the words of a command as they may be shown: also `--api-key VALUE`.
pub fn shown_command(words: &[String]) -> Vec<String> {
    let mut option: Option<&str> = None;
    let shown = words.iter().map(|word| {
        let named = option.take();
        let bare = word.trim_start_matches('-');
        if word.starts_with('-') && !bare.contains('=') {
            option = Some(bare);
        }
        match named {
            Some(name) if !word.starts_with('-') && is_secret(name, word) => MASK.to_owned(),
            _ if word.contains(char::is_whitespace) => shown_source(word).into_owned(),
            _ => shown_assignment(word).into_owned(),
        }
    });
    shown.collect()
}

/// Returns a message as it may be shown: what it quotes in backticks may be an assignment, a record
/// or a command.
pub fn shown_message(text: &str) -> Cow<'_, str> {
    let mut is_quoted = true;
    let parts = text.split('`').map(|part| {
        is_quoted = !is_quoted;
        match (is_quoted, part.contains(char::is_whitespace)) {
            (false, _) => shown_text(part),
            (true, false) => shown_assignment(part),
            (true, true) => shown_source(part),
        }
    });
    let shown = parts.collect::<Vec<_>>().join("`");
    if shown == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(shown)
    }
}

/// Returns a JSON value as it may be shown: fields by their names, lists of texts as commands.
pub fn shown_json(value: Value) -> Value {
    let field = |(name, value): (String, Value)| {
        let value = match value {
            Value::String(text) => shown_value(bare_name(&name), &text).into_owned().into(),
            other => shown_json(other),
        };
        (name, value)
    };
    match value {
        Value::Object(fields) => fields.into_iter().map(field).collect(),
        Value::Array(items) => match texts(&items) {
            Some(words) => shown_command(&words).into(),
            None => items.into_iter().map(shown_json).collect(),
        },
        Value::String(text) => shown_text(&text).into_owned().into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// BuildKit's provenance has arguments as `build-arg:NAME`.
fn bare_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn texts(items: &[Value]) -> Option<Vec<String>> {
    let text = |item: &Value| item.as_str().map(str::to_owned);
    items.iter().map(text).collect()
}

/// Returns lines of a file or a script as they may be shown: without the values that they assign
/// to names of secrets, in whatever language.
pub fn shown_source(text: &str) -> Cow<'_, str> {
    // A name, perhaps in quotes; an equals sign or a colon; a value up to its closing quote, to
    // the next space, or, where spaces stand around the sign, to the end of the line.
    static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"(?m)([A-Za-z_][\w.-]*)(["']?(?:=|\s*[=:][ \t]+|:))("[^"\n]*"?|'[^'\n]*'?|[^\s"'{\[][^\n]*|\[[^\]\n]*\]?)"#,
        )
    });
    let text = mask_private_keys(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(found) = ASSIGNMENT.captures_at(&text, rest) {
        let [name, sign, value] = [1, 2, 3].map(|index| found.get(index));
        let (Some(name), Some(sign), Some(value)) = (name, sign, value) else {
            break;
        };
        let value_text = own_value(sign.as_str(), value.as_str());
        let is_secret = is_secret(name.as_str(), value_text.trim_matches(['"', '\'']));
        shown.push_str(&text[rest..value.start()]);
        // Behind a value that may be shown there may be more of them.
        rest = sign.end();
        if is_secret {
            shown.push_str(MASK);
            rest = value.start() + value_text.len();
        }
    }
    shown.push_str(&text[rest..]);
    let shown = shown_name(&shown).into_owned();
    if shown == text {
        text
    } else {
        Cow::Owned(shown)
    }
}

/// Returns the part of `value` that belongs to an assignment.
fn own_value<'v>(sign: &str, value: &'v str) -> &'v str {
    let is_quoted = value.starts_with(['"', '\'', '[']);
    let is_one_word = !sign.contains([' ', '\t']) && !is_quoted;
    if is_one_word {
        let word = value.split(char::is_whitespace).next();
        word.unwrap_or(value).trim_end_matches([';', ',', ')'])
    } else {
        value.trim_end()
    }
}

/// Masks the lines between the first and the last one of private keys.
fn mask_private_keys(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "PRIVATE KEY-----";
    if !text.contains(BEGIN) {
        return Cow::Borrowed(text);
    }
    let mut is_inside = false;
    let lines = text.split('\n').map(|line| match line.find(BEGIN) {
        Some(_) if line.contains("-----END ") => {
            is_inside = false;
            line
        }
        Some(at) => {
            is_inside = true;
            &line[..at + BEGIN.len()]
        }
        None if is_inside => MASK,
        None => line,
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Returns a text of others as it may be shown: without passwords in addresses, and without what
/// has the form of a token of a well-known service.
pub fn shown_text(text: &str) -> Cow<'_, str> {
    // Tokens are ASCII. Twenty times any letter of Unicode takes a tenth of a second to compile.
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x-u)
            \b(?:
                gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{20,} | glpat-[\w-]{16,}
              | hf_[A-Za-z0-9]{20,} | nvapi-[\w-]{20,} | npm_[A-Za-z0-9]{30,} | pypi-[\w-]{30,}
              | sk-(?:proj-|ant-|or-)?[A-Za-z0-9_]{20,} | xox[abprs]-[\w-]{10,} | AIza[\w-]{30,}
              | dckr_[a-z]{3}_[\w-]{20,} | (?:AKIA|ASIA)[A-Z0-9]{16}\b
              | eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}
            )",
        )
    });
    static HEADER: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i-u)(\bauthorization:\s*[a-z]+\s+|\bbearer\s+)[\w.~+/-]{8,}=*"));
    let mut shown = mask_addresses(text).map_or(Cow::Borrowed(text), Cow::Owned);
    for (regex, mask) in [(&*TOKEN, MASK), (&*HEADER, "${1}****")] {
        if let Cow::Owned(masked) = regex.replace_all(&shown, mask) {
            shown = Cow::Owned(masked);
        }
    }
    shown
}

#[expect(
    clippy::expect_used,
    reason = "they are constants, and each is used by a test"
)]
fn regex(text: &str) -> Regex {
    let regex = RegexBuilder::new(text).size_limit(LARGEST).build();
    regex.expect("a regular expression")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("TOKEN", "x" => "****")]
    #[test_case("DB_PASS", "12345678" => "****"; "a password of digits")]
    #[test_case("MAX_TOKENS", "4096" => "4096")]
    #[test_case("PREFILL_TOKENS", "4096" => "4096")]
    #[test_case("USE_AUTH", "true" => "true"; "a switch")]
    #[test_case("key", "/etc/buildkit/key.pem" => "/etc/buildkit/key.pem"; "a file")]
    #[test_case("HF_TOKEN", "/run/secrets/hf-token" => "/run/secrets/hf-token"; "a secret file")]
    #[test_case("TOKEN", "$CI_JOB_TOKEN" => "$CI_JOB_TOKEN"; "a reference")]
    #[test_case("HTTPS_PROXY", "http://me:canary@proxy:3128" => "http://****@proxy:3128"; "an address")]
    #[test_case("FTP_PROXY", "me:canary@proxy:3128" => "****@proxy:3128"; "an address without a scheme")]
    #[test_case("BASE_IMAGE_TAG", "13.0@sha256:0123456789abcdef" => "13.0@sha256:0123456789abcdef"; "a digest behind a tag")]
    fn values(name: &str, value: &str) -> String {
        shown_value(name, value).into_owned()
    }

    #[test_case("MY_TOKEN=canary" => "MY_TOKEN=****")]
    #[test_case("splunk-token=a,b=c" => "splunk-token=****,b=c")]
    #[test_case("type=s3,secret_access_key=can,ary,bucket=b" => "type=s3,secret_access_key=****,bucket=b"; "a comma in a secret")]
    #[test_case("type=registry,ref=u:canary@registry.example/x:1" => "type=registry,ref=****@registry.example/x:1"; "a login in a name")]
    #[test_case("type=registry,ref=u:canary@localhost:5000" => "type=registry,ref=****@localhost:5000"; "a registry alone")]
    #[test_case("x=https://u:canary@h/y" => "x=https://****@h/y")]
    #[test_case("x:1@sha256:0123456789abcdef0123456789abcdef" => "x:1@sha256:0123456789abcdef0123456789abcdef"; "a digest")]
    #[test_case("type=volume,\"volume-opt=o=addr=1.2.3.4,password=canary\",dst=/x" => "type=volume,\"volume-opt=o=addr=1.2.3.4,password=****,dst=/x"; "options of a volume")]
    #[test_case("id=hf-token,env=HF_TOKEN" => "id=hf-token,env=HF_TOKEN"; "where a secret is")]
    #[test_case("npm:foo@1.2.3" => "npm:foo@1.2.3"; "a package")]
    #[test_case("/host:/container:ro" => "/host:/container:ro"; "a volume")]
    fn assignments(text: &str) -> String {
        shown_assignment(text).into_owned()
    }

    #[test_case(&["--api-key", "canary", "--port", "8000"] => "--api-key **** --port 8000")]
    #[test_case(&["--api-key=canary", "--max-tokens", "8"] => "--api-key=**** --max-tokens 8")]
    #[test_case(&["--tokenizer", "t", "--key", "--port"] => "--tokenizer t --key --port")]
    #[test_case(&["sh", "-c", "TOKEN=canary serve; curl https://u:canary@h"] => "sh -c TOKEN=**** serve; curl https://****@h")]
    fn commands(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        shown_command(&words).join(" ")
    }

    #[test_case("Invalid value `MY_TOKEN=canary` for `--label`" => "Invalid value `MY_TOKEN=****` for `--label`")]
    #[test_case("Run `export API_KEY=canary; make`" => "Run `export API_KEY=****; make`"; "a command")]
    #[test_case("Set it: `export HF_TOKEN=\u{2026}`" => "Set it: `export HF_TOKEN=\u{2026}`"; "a placeholder")]
    #[test_case("Invalid value `x` for `--filter <KEY=VALUE>`" => "Invalid value `x` for `--filter <KEY=VALUE>`"; "a form in brackets")]
    #[test_case("Write it as `--label KEY=VALUE`" => "Write it as `--label KEY=VALUE`"; "a form")]
    #[test_case("`DOCKER_HOST` is wrong: it's \"a=b\"" => "`DOCKER_HOST` is wrong: it's \"a=b\""; "nothing")]
    fn messages(text: &str) -> String {
        shown_message(text).into_owned()
    }

    #[test]
    fn values_of_json() {
        let value = serde_json::json!({
            "Env": ["DB_PASS=canary", "PROXY=http://u:canary@h", "A=b"],
            "Cmd": ["serve", "--api-key", "canary"],
            "Labels": { "my-token": "canary", "title": "x" },
            "args": { "build-arg:API_KEY": "canary", "n": 1 },
        });
        let shown = shown_json(value).to_string();
        assert!(!shown.contains("canary"), "{shown}");
        assert!(
            shown.contains("A=b") && shown.contains(r#""title":"x""#),
            "{shown}"
        );
    }

    #[test_case("token = \"canary" => "token = ****"; "a quote that is not closed")]
    #[test_case("API_KEY = canary of mine # here" => "API_KEY = ****"; "no quotes")]
    #[test_case("ENV MY_TOKEN=canary OTHER=2 DB_PASS=\"can ary\" X=1" => "ENV MY_TOKEN=**** OTHER=2 DB_PASS=**** X=1"; "a Dockerfile")]
    #[test_case("  \"password\": \"canary\", \"user\": \"me\"" => "  \"password\": ****, \"user\": \"me\""; "JSON")]
    #[test_case("RUN --mount=type=secret,id=hf-token,env=HF_TOKEN TOKEN=$(cat x) make" => "RUN --mount=type=secret,id=hf-token,env=HF_TOKEN TOKEN=$(cat x) make"; "references")]
    #[test_case("a = { token = \"canary\" }" => "a = { token = **** }"; "within a table")]
    #[test_case("tokens = [\"canary\"]" => "tokens = ****"; "a list")]
    #[test_case("max-tokens = 5\nname = \"x\"" => "max-tokens = 5\nname = \"x\""; "nothing")]
    #[test_case("-----BEGIN RSA PRIVATE KEY-----\nMIIcanary\n-----END RSA PRIVATE KEY-----\nx" => "-----BEGIN RSA PRIVATE KEY-----\n****\n-----END RSA PRIVATE KEY-----\nx"; "a private key")]
    #[test_case("FROM a:b\nRUN x" => "FROM a:b\nRUN x"; "no assignment")]
    fn sources(text: &str) -> String {
        shown_source(text).into_owned()
    }

    #[test_case("login with ghp_0123456789abcdefghij failed" => "login with **** failed")]
    #[test_case("hf_abcdefghijklmnopqrstuvwxyz" => "****")]
    #[test_case("Authorization: Basic dTpwYXNzd29yZA== was sent" => "Authorization: Basic **** was sent")]
    #[test_case("a bearer of news, sk-learn and hf_hub" => "a bearer of news, sk-learn and hf_hub"; "words")]
    #[test_case("plain text" => "plain text")]
    fn texts(text: &str) -> String {
        shown_text(text).into_owned()
    }
}
