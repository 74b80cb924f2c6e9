//! Platforms such as `linux/amd64`, by the rules of containerd.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use super::as_text::as_text;
use super::hinted::hinted;

/// An operating system and a processor.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system, such as `linux`.
    pub os: String,
    /// Its version; only Windows has one. Empty if not given.
    pub os_version: String,
    /// What the image needs of the operating system.
    pub os_features: Vec<String>,
    /// The processor as Go names it, such as `amd64`.
    pub architecture: String,
    /// The variant of the processor, such as `v7`; empty if not given.
    pub variant: String,
}

/// Why a platform could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// It has a `*`.
    #[error("platform `{0}` has a wildcard")]
    Wildcard(String),
    /// It has more than three parts.
    #[error("platform `{0}` has more than three parts")]
    TooManyParts(String),
    /// A part holds something that it may not.
    #[error("platform `{platform}` has a wrong part `{part}`")]
    Part {
        /// The whole text.
        platform: String,
        /// The part.
        part: String,
    },
    /// A single word that is neither a known system nor a known processor.
    #[error("`{0}` is neither an operating system nor a processor")]
    Unknown(String),
}

hinted!(
    PlatformError,
    "write OS/PROCESSOR, for example `linux/amd64` or `linux/arm64`"
);

#[rustfmt::skip]
const SYSTEMS: &[&str] = &[
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux",
    "nacl", "netbsd", "openbsd", "plan9", "solaris", "windows", "zos",
];

#[rustfmt::skip]
const ARCHITECTURES: &[&str] = &[
    "386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64",
    "mips64le", "mips64p32", "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64",
    "s390", "s390x", "sparc", "sparc64", "wasm",
];

static SYSTEM: LazyLock<Regex> = LazyLock::new(|| {
    let word = "[A-Za-z0-9_.%-]";
    Regex::new(&format!(
        r"^([A-Za-z0-9_-]+)(?:\(({word}*)((?:\+{word}+)*)\))?$"
    ))
    .expect("a valid pattern")
});

impl Platform {
    /// Returns the platform of containers on this machine: always Linux, as in Docker Desktop.
    pub fn host() -> Self {
        let (architecture, variant) = normalized_architecture(std::env::consts::ARCH, "");
        Self {
            os: "linux".to_owned(),
            architecture,
            variant,
            ..Self::default()
        }
    }

    /// Returns the form in which equal platforms are equal: `linux/arm64/v8` is `linux/arm64`.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        (self.architecture, self.variant) =
            normalized_architecture(&self.architecture, &self.variant);
        self.os = normalized_system(&self.os);
        self.os_features.sort();
        self.os_features.dedup();
        self
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        if text.contains('*') {
            return Err(PlatformError::Wildcard(text.to_owned()));
        }
        let parts: Vec<_> = text.splitn(4, '/').collect();
        let wrong = |part: &str| PlatformError::Part {
            platform: text.to_owned(),
            part: part.to_owned(),
        };
        let mut platform = system(parts[0]).ok_or_else(|| wrong(parts[0]))?;
        if let Some(part) = parts[1..].iter().find(|part| !is_word(part)) {
            return Err(wrong(part));
        }
        match parts[..] {
            [only] => platform.fill_in(only)?,
            [_, architecture] => platform.set_architecture(architecture),
            [_, architecture, variant] => {
                (platform.architecture, platform.variant) =
                    normalized_architecture(architecture, variant);
                // A variant that was written is kept.
                if platform.architecture == "arm64" && platform.variant.is_empty() {
                    "v8".clone_into(&mut platform.variant);
                }
            }
            _ => return Err(PlatformError::TooManyParts(text.to_owned())),
        }
        Ok(platform)
    }
}

impl Platform {
    /// Completes a platform of one word, which is a system or a processor.
    fn fill_in(&mut self, word: &str) -> Result<(), PlatformError> {
        if SYSTEMS.contains(&self.os.as_str()) {
            let host = Self::host();
            (self.architecture, self.variant) = (host.architecture, host.variant);
            return Ok(());
        }
        self.set_architecture(word);
        if !ARCHITECTURES.contains(&self.architecture.as_str()) {
            return Err(PlatformError::Unknown(word.to_owned()));
        }
        "linux".clone_into(&mut self.os);
        Ok(())
    }

    /// Sets a processor that was written without a variant; the most usual one is left out.
    fn set_architecture(&mut self, word: &str) {
        (self.architecture, self.variant) = normalized_architecture(word, "");
        if self.architecture == "arm" && self.variant == "v7" {
            self.variant.clear();
        }
    }
}

/// Reads the first part: `windows`, or `windows(10.0.17763+feature)`.
fn system(part: &str) -> Option<Platform> {
    let captures = SYSTEM.captures(part)?;
    let group = |nth| captures.get(nth).map_or("", |group| group.as_str());
    let features = group(3).split('+').filter(|feature| !feature.is_empty());
    Some(Platform {
        os: normalized_system(group(1)),
        os_version: unescape(group(2))?,
        os_features: features.map(unescape).collect::<Option<_>>()?,
        ..Platform::default()
    })
}

fn is_word(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !part.is_empty() && part.chars().all(allowed)
}

/// Decodes `%2F` and its like; nothing if a `%` is followed by something else.
fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// Encodes everything that could not stand in a platform.
fn escape(text: &str) -> String {
    let byte = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || "_.-".contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn normalized_system(os: &str) -> String {
    match os.to_lowercase().as_str() {
        "macos" => "darwin".to_owned(),
        os => os.to_owned(),
    }
}

fn normalized_architecture(architecture: &str, variant: &str) -> (String, String) {
    let (architecture, variant) = (architecture.to_lowercase(), variant.to_lowercase());
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64" | "arm64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (architecture.to_owned(), variant.to_owned())
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if !self.os_version.is_empty() || !self.os_features.is_empty() {
            let features = self
                .os_features
                .iter()
                .map(|feature| format!("+{}", escape(feature)));
            write!(
                f,
                "({}{})",
                escape(&self.os_version),
                features.collect::<String>()
            )?;
        }
        write!(f, "/{}", self.architecture)?;
        if self.variant.is_empty() {
            Ok(())
        } else {
            write!(f, "/{}", self.variant)
        }
    }
}

as_text!(Platform);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64")]
    #[test_case("windows(1+b+a)/amd64", "windows(1+b+a)/amd64")]
    #[test_case("linux(%2F)/arm64", "linux(%2F)/arm64")]
    #[test_case("linux(a%20%c3%a9)/arm64", "linux(a%20%C3%A9)/arm64")]
    #[test_case("macos/aarch64", "darwin/arm64")]
    #[test_case("armel", "linux/arm/v6")]
    #[test_case("linux/i386", "linux/386")]
    fn platforms_are_printed_with_go_names(text: &str, printed: &str) {
        assert_eq!(text.parse::<Platform>().unwrap().to_string(), printed);
    }

    #[test_case("")]
    #[test_case("linux/")]
    #[test_case("linux/amd 64")]
    #[test_case("nothing")]
    #[test_case("linux(%2)/arm64")]
    fn broken_platforms_are_refused(text: &str) {
        assert!(text.parse::<Platform>().is_err());
    }

    reads_back!(
        Platform,
        "(linux|Windows|macos)(\\([0-9.%]{0,3}(\\+[a-z]{0,2}){0,2}\\))?(/(amd64|ARM|arm64|x86_64|s390x)(/v[1-9])?)?",
        "[a-z/()+%*é.]{0,12}",
    );
}
