//! Which platforms a machine runs the programs of, by the rules of containerd.

use super::platform::Platform;

impl Platform {
    /// Returns the platforms whose programs run on a machine of this one, the best first: itself,
    /// older variants, and processors of 32 bits.
    pub fn compatible(&self) -> Vec<Self> {
        let own = self.clone().normalized();
        let mut all = vec![own.clone()];
        match own.architecture.as_str() {
            "amd64" => {
                all.extend(own.older(1).map(|number| own.of("amd64", number)));
                all.push(own.of("386", String::new()));
            }
            "arm" => all.extend(own.older(5).map(|number| own.of("arm", number))),
            "arm64" => {
                let older = minors(&own.variant);
                all.extend(older.into_iter().map(|variant| own.of("arm64", variant)));
                all.extend(own.of("arm", "v8".into()).compatible());
            }
            _ => {}
        }
        all
    }

    fn of(&self, architecture: &str, variant: String) -> Self {
        let platform = Self {
            architecture: architecture.to_owned(),
            variant,
            ..self.clone()
        };
        platform.normalized()
    }

    /// Returns the variants below this one, down to a number: `v2` and `v1` of `v3`.
    fn older(&self, least: u8) -> impl Iterator<Item = String> + use<> {
        let number = self.variant.strip_prefix('v').map(str::parse::<u8>);
        let number = number.and_then(Result::ok).unwrap_or(least);
        (least..number).rev().map(|number| format!("v{number}"))
    }
}

/// Returns the variants of ARM below one that has a minor number. Version 9.0 went its own way after
/// 8.5, and runs the programs of that.
fn minors(variant: &str) -> Vec<String> {
    let named = |major: u8, minor: u8| match minor {
        0 => format!("v{major}"),
        minor => format!("v{major}.{minor}"),
    };
    let below = |major: u8, minor: u8| (0..minor).rev().map(move |minor| named(major, minor));
    let version = variant.trim_start_matches('v');
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major.parse(), minor.parse::<u8>()) {
        (Ok(9), Ok(minor)) => {
            let eighth = minor.saturating_add(5);
            let own = below(9, minor).chain([named(8, eighth)]);
            own.chain(below(8, eighth)).collect()
        }
        (Ok(8), Ok(minor)) => below(8, minor).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("linux/amd64" => "linux/amd64 linux/386")]
    #[test_case("linux/amd64/v3" => "linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386")]
    #[test_case("linux/386" => "linux/386")]
    #[test_case("linux/arm/v6" => "linux/arm/v6 linux/arm/v5")]
    #[test_case("linux/arm64" => "linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5")]
    #[test_case("linux/arm64/v8.2" => "linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5")]
    #[test_case("linux/arm64/v9.1" => "linux/arm64/v9.1 linux/arm64/v9 linux/arm64/v8.6 linux/arm64/v8.5 linux/arm64/v8.4 linux/arm64/v8.3 linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5")]
    #[test_case("linux/riscv64" => "linux/riscv64")]
    fn machines_run_programs_of_less(platform: &str) -> String {
        let platform: Platform = platform.parse().unwrap();
        let all: Vec<_> = platform
            .compatible()
            .iter()
            .map(ToString::to_string)
            .collect();
        all.join(" ")
    }
}
