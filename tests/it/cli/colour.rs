//! Colours: only where they are shown or asked for.

use test_case::test_case;

use super::test_env::TestEnv;

#[test_case("--target runtme --dry-run", &[] => false; "a pipe")]
#[test_case("--target runtme --dry-run --color always", &[] => true; "always")]
#[test_case("--target runtme --dry-run --color always", &[("NO_COLOR", "1")] => true; "the flag wins")]
#[test_case("--target runtme --dry-run --color never", &[("CLICOLOR_FORCE", "1")] => false; "never")]
#[test_case("--target runtme --dry-run", &[("CLICOLOR_FORCE", "1")] => true; "forced")]
#[test_case("--target runtme --dry-run", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")] => false; "no colour")]
#[test_case("--help", &[] => false; "help in a pipe")]
#[test_case("--targt", &[] => false; "a wrong flag in a pipe")]
fn escape_codes(args: &str, variables: &[(&'static str, &str)]) -> bool {
    let mut env = TestEnv::new();
    for (name, value) in variables {
        env = env.with(name, value);
    }
    env.run(args).to_string().contains('\x1b')
}
