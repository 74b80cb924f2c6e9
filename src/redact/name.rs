//! Which names promise a secret.
//!
//! Names are taken apart into words, so that `TOKEN_HF`, `hf-token`, `hfToken2` and `GITHUBTOKEN`
//! are found, and `TOKENIZERS_PARALLELISM`, `PATH`, `KEYBOARD`, `AUTHOR` and `COMPASS` are not.

/// Words that promise a secret wherever they stand in a name.
const SECRETS: &[&str] = &[
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "cred",
    "creds",
    "jwt",
    "key",
    "keys",
    "netrc",
    "npmrc",
    "oauth",
    "otp",
    "pass",
    "passcode",
    "pat",
    "phpsessid",
    "psk",
    "pw",
    "pwd",
    "pypirc",
    "sas",
    "token",
    "tokens",
    "totp",
    "webhook",
    "webhooks",
];

/// Words that make an address a secret: who knows it may use it.
const SECRET_ADDRESSES: &[&str] = &["presigned", "sas", "signed", "webhook", "webhooks"];

/// What a name promises a secret by, also within a word.
const ANYWHERE: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authkey",
    "authtoken",
    "connectionstring",
    "credential",
    "dockerconfigjson",
    "encryptionkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "sessionid",
    "signingkey",
    "sshkey",
];

/// Files that hold logins, and what a name ends with if its value is such a file, not its path.
const FILES_WITH_LOGINS: &[&str] = &["dockerconfig", "gitcredentials", "kubeconfig"];
const CONTENTS: &[&str] = &[
    "b", "base", "content", "contents", "data", "json", "text", "yaml", "yml",
];

/// What words that are run together end with.
const ENDINGS: &[&str] = &["auth", "key", "pass", "pwd", "token"];

/// Words with such an ending that promise nothing.
const HARMLESS: &[&str] = &[
    "bypass",
    "compass",
    "donkey",
    "encompass",
    "hockey",
    "hotkey",
    "jockey",
    "monkey",
    "oldpwd",
    "overpass",
    "pubkey",
    "publickey",
    "surpass",
    "trespass",
    "turkey",
    "underpass",
    "whiskey",
];

/// Last words of names whose values only say where a secret is, or something about it.
const ABOUT: &[&str] = &[
    "algorithm",
    "count",
    "dir",
    "directory",
    "disabled",
    "enabled",
    "endpoint",
    "env",
    "expiry",
    "file",
    "files",
    "format",
    "host",
    "kind",
    "len",
    "length",
    "limit",
    "location",
    "mode",
    "name",
    "names",
    "parallelism",
    "path",
    "paths",
    "policy",
    "port",
    "prefix",
    "required",
    "size",
    "sock",
    "socket",
    "stdin",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "version",
];

/// Words that make tokens those of a language model.
const OF_MODELS: &[&str] = &[
    "batched", "bos", "budget", "cls", "count", "eos", "max", "min", "num", "number", "pad", "per",
    "sep", "special", "stop", "total", "unk",
];

/// Words that make keys those of a table, or public.
const OF_TABLES: &[&str] = &[
    "cache",
    "foreign",
    "index",
    "object",
    "partition",
    "primary",
    "pub",
    "public",
    "sort",
];

/// Returns whether a variable, an argument, a label or an option of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if is_secret_address(&words) || is_file_with_logins(&words) {
        return true;
    }
    if says_only_where(&words) || is_working_directory(&words) {
        return false;
    }
    let harmless = |word: &str| match word {
        "token" | "tokens" => says(OF_MODELS),
        "key" | "keys" => says(OF_TABLES),
        word => HARMLESS.contains(&word),
    };
    has_anywhere(&words) || words.iter().any(|word| promises(word) && !harmless(word))
}

/// Returns whether a name promises a password or the like, which may well be a number.
pub(super) fn is_password_name(name: &str) -> bool {
    let words = words(name);
    let is_password = |word: &String| ["pass", "passcode", "pw", "pwd"].contains(&word.as_str());
    has_anywhere(&words) || words.iter().any(is_password)
}

fn has_anywhere(words: &[String]) -> bool {
    let joined = words.concat();
    ANYWHERE.iter().any(|part| joined.contains(part))
}

fn promises(word: &str) -> bool {
    SECRETS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending))
}

fn says_only_where(words: &[String]) -> bool {
    words
        .last()
        .is_some_and(|word| words.len() > 1 && ABOUT.contains(&word.as_str()))
}

fn is_secret_address(words: &[String]) -> bool {
    let is_address = matches!(words, [.., last] if last == "url" || last == "uri");
    is_address
        && words
            .iter()
            .any(|word| SECRET_ADDRESSES.contains(&word.as_str()))
}

/// `KUBECONFIG` is a path, `KUBECONFIG_DATA` and `KUBE_CONFIG_B64` are what stands in the file.
fn is_file_with_logins(words: &[String]) -> bool {
    let Some((last, file)) = words.split_last() else {
        return false;
    };
    let file = file.concat();
    CONTENTS.contains(&last.as_str()) && FILES_WITH_LOGINS.iter().any(|name| file.ends_with(name))
}

/// `PWD` alone is the shell's working directory.
fn is_working_directory(words: &[String]) -> bool {
    matches!(words, [word] if word == "pwd" || word == "oldpwd")
}

/// Splits a name at everything that is neither letter nor digit and where capital letters begin a
/// word; digits at the end of a word are left out.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let characters: Vec<char> = name.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(index + 1);
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    let bare = |word: String| {
        word.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let words = words.into_iter().map(bare);
    words.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::is_secret_name;

    #[test_case("HF_TOKEN HF_TOKEN_2 TOKEN_HF TOKEN hf-token hfToken token2 GITHUBTOKEN CI_JOB_TOKEN"; "tokens")]
    #[test_case("TOKENS API_TOKENS _authToken NPM_CONFIG__AUTH //registry/:_authToken"; "several, and those of npm")]
    #[test_case("DB_PASS MYSQL_PWD PASSWORD PGPASSWORD passwd SSHPASS DB_PW dbPassword VAULT_PASSPHRASE"; "passwords")]
    #[test_case("PRIVATE_KEY SSH_KEY OPENAI_KEY OPENAI_API_KEY APIKEY openaikey KEY API_KEYS aws_access_key_id account_key X-Api-Key"; "keys")]
    #[test_case("GH_PAT PAT githubPAT AUTH BASIC_AUTH REDISCLI_AUTH Authorization OAUTH_CLIENT AUTH_HEADER"; "who one is")]
    #[test_case("CREDENTIALS CREDENTIAL GOOGLE_CREDENTIALS_JSON CREDS CLIENT_SECRET SECRET secrets clientsecret"; "secrets")]
    #[test_case("splunk-token com.docker.token JWT NETRC SESSION_COOKIE AZURE_STORAGE_CONNECTION_STRING SAS"; "others")]
    #[test_case("SLACK_WEBHOOK SLACK_WEBHOOK_URL DISCORD_WEBHOOKS SAS_URL PRESIGNED_URL webhookUri SIGNED_URL"; "addresses")]
    #[test_case("OTP GITHUB_OTP TOTP_SEED"; "passwords of one use")]
    #[test_case("SESSION_ID sessionId JSESSIONID ADMIN_SESSIONID PHPSESSID"; "sessions")]
    #[test_case("KUBECONFIG_DATA KUBE_CONFIG_B64 KUBECONFIG_BASE64 kubeconfigYaml DOCKER_CONFIG_JSON .dockerconfigjson NPMRC PYPIRC"; "files with logins")]
    fn promises_a_secret(names: &str) {
        for name in names.split(' ') {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test_case("PATH PATTERN COMPAT DISPATCH PATCH_LEVEL"; "not a personal access token")]
    #[test_case("KEYBOARD KEYRING_NAME MONKEY HOTKEY CACHE_KEY SCCACHE_S3_KEY_PREFIX PRIMARY_KEY SSH_PUBLIC_KEY PUBKEY publicKey"; "not a key")]
    #[test_case("AUTHOR AUTHORS org.opencontainers.image.authors SSH_AUTH_SOCK AUTH_TYPE"; "not a login")]
    #[test_case("COMPASS BYPASS PASSENGER PASSIVE PASSTHROUGH PWD OLDPWD"; "not a password")]
    #[test_case("TOKENIZERS_PARALLELISM TOKENIZER MAX_TOKENS MAX_NUM_BATCHED_TOKENS TIME_PER_TOKEN EOS_TOKEN pad-token"; "not a token")]
    #[test_case("HF_TOKEN_PATH TOKEN_FILE PASSWORD_FILE SECRET_NAME TOKEN_ENV SECRETS_DIR password-stdin TOKEN_TTL"; "about a secret")]
    #[test_case("DATABASE_URL TOKEN_URL OAUTH_REDIRECT_URI WEBHOOK_PORT WEBHOOK_TIMEOUT SIGNED"; "an address that all may know")]
    #[test_case("SESSION XDG_SESSION_TYPE SESSION_MANAGER SESSION_TIMEOUT TMUX_SESSION"; "not a session's name for its owner")]
    #[test_case("KUBECONFIG KUBE_CONFIG_PATH DOCKER_CONFIG NPM_CONFIG_USERCONFIG DATA MODEL_DATA BASE64"; "not a file with logins")]
    #[test_case("MAX_JOBS HTTP_PROXY SECTION SECOND tag ref mode id src '' _ = -"; "nothing of the kind")]
    fn promises_nothing(names: &str) {
        for name in names.split(' ') {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
