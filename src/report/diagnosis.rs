//! What usually is behind a failure, and what mends it.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::state::BuildState;
use super::step::Step;
use crate::execute::event::TargetOutcome;
use crate::exit::Exit;
use crate::problem::{Problem, Problems};

/// How many of the last lines of a failed step go into an annotation, which is a small box.
const LOG_LINES: usize = 10;

/// The likely reason of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is behind it, in one line.
    pub cause: String,
    /// The line of output, or the error, that tells so.
    pub evidence: String,
    /// What mends it.
    pub fix: String,
}

impl Diagnosis {
    /// Finds out why a step failed, from its error and the last lines of its output.
    pub fn of(step: &Step) -> Option<Self> {
        let lines: Vec<_> = step.last_lines(usize::MAX).collect();
        diagnose(step.error().unwrap_or_default(), &lines)
    }

    fn explain(&self, problem: &mut Problem) {
        if !problem.causes.contains(&self.cause) {
            problem.causes.push(self.cause.clone());
            problem.hints.push(self.fix.clone());
        }
    }
}

impl BuildState {
    /// Finds out why steps failed, as far as their output tells.
    pub fn diagnoses(&self) -> Vec<Diagnosis> {
        self.failed().filter_map(Diagnosis::of).collect()
    }

    /// Adds the last lines of the failed step of a target to its problems, and the likely reasons
    /// with their fixes.
    #[must_use]
    pub fn explain(&self, target: &str, mut problems: Problems) -> Problems {
        let diagnoses = self.diagnoses();
        let failures = problems
            .0
            .iter_mut()
            .filter(|problem| is_of_a_step(problem));
        for problem in failures {
            for diagnosis in &diagnoses {
                diagnosis.explain(problem);
            }
            let lines = self
                .failed_step(target)
                .map(|step| step.last_lines(LOG_LINES));
            problem.log = lines.into_iter().flatten().map(str::to_owned).collect();
        }
        problems
    }

    /// Returns the step at which a target failed.
    fn failed_step(&self, target: &str) -> Option<&Step> {
        let target = self.targets().iter().find(|known| known.name == target)?;
        let (_, outcome) = target.finished.as_ref()?;
        match outcome {
            TargetOutcome::Failed { vertex, .. } => {
                Some(&self.steps()[self.step_of(vertex.as_ref()?)?])
            }
            TargetOutcome::Built(_) | TargetOutcome::Cancelled => None,
        }
    }
}

/// Whether a problem is what the engine says of a step; a full disk is a problem of the engine.
fn is_of_a_step(problem: &Problem) -> bool {
    let is_full = |cause: &String| cause.contains("no space left on device");
    matches!(problem.exit, Exit::StepFailed | Exit::Registry) || problem.causes.iter().any(is_full)
}

/// Finds out what is behind an error and the lines that were written before it.
///
/// The first rule that fits wins; of the lines, the last one that it fits.
pub fn diagnose(error: &str, lines: &[&str]) -> Option<Diagnosis> {
    let texts = || std::iter::once(without_command(error)).chain(lines.iter().rev().copied());
    PATTERNS.iter().zip(RULES).find_map(|(pattern, rule)| {
        let found = texts().find_map(|text| Some((text, pattern.captures(text)?)));
        found.map(|(text, captures)| rule.apply(text, &captures))
    })
}

/// Cuts `process "/bin/sh -c …" did not complete successfully: ` off: the texts that a command is
/// made of are no evidence, and the step was named before.
pub(super) fn without_command(error: &str) -> &str {
    let ending = error.rsplit_once("did not complete successfully: ");
    ending.map_or(error, |(_, ending)| ending)
}

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = RULES.iter().map(|rule| Regex::new(rule.pattern));
    patterns
        .map(|pattern| pattern.unwrap_or_else(|error| unreachable!("{error}")))
        .collect()
});

/// A text that gives a reason away. Groups of the pattern fill `$1` in the other texts.
struct Rule {
    pattern: &'static str,
    cause: &'static str,
    fix: &'static str,
}

impl Rule {
    fn apply(&self, text: &str, captures: &Captures<'_>) -> Diagnosis {
        let fill = |template| {
            let mut filled = String::new();
            captures.expand(template, &mut filled);
            filled
        };
        Diagnosis {
            cause: fill(self.cause),
            evidence: text.trim().to_owned(),
            fix: fill(self.fix),
        }
    }
}

/// The rules, the more telling before the more general: `pip` says "No matching distribution" also
/// when it could not reach any index.
const RULES: &[Rule] = &[
    Rule {
        pattern: r"(?:error from receiver: .*|on the client: )No space left on device",
        cause: "The disk is full where the result goes",
        fix: "Make room there, or name another place: `--output type=…,dest=PATH`",
    },
    Rule {
        pattern: r"(?i)no space left on device",
        cause: "The disk of the engine is full, or a tmpfs of the step is",
        fix: "See what takes the space with `docker system df`, and remove build cache that is not in use with `docker builder prune`",
    },
    Rule {
        pattern: r#"(?:Head|Get|Post|Put|Patch) "?https?://([^/"]+)[^"]*"?: .*x509: certificate signed by unknown authority"#,
        cause: "The engine does not know the authority that signed the certificate of `$1`",
        fix: "Put that authority's certificate at `/etc/docker/certs.d/$1/ca.crt` on the engine's machine",
    },
    Rule {
        pattern: r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL certificate problem|server certificate verification failed|invalid peer certificate|x509: certificate signed by unknown authority|unable to get local issuer certificate",
        cause: "The step does not know the authority that signed a server's certificate, as behind a company proxy",
        fix: "Give the step this machine's authorities: `--secret id=ca,src=/etc/ssl/certs/ca-certificates.crt`",
    },
    Rule {
        pattern: r"(?:toomanyrequests|429 Too Many Requests|pull rate limit)",
        cause: "The registry allows no more downloads from this address for now",
        fix: "Log in with `docker login`, or wait, or name a mirror of the base image",
    },
    Rule {
        pattern: r#"(?:Head|Get|Post|Put|Patch) "?https?://([^/"]+)[^"]*"?: .*(?:no such host|server misbehaving|i/o timeout|connection refused|network is unreachable|no route to host|TLS handshake timeout|context deadline exceeded)"#,
        cause: "The engine cannot reach `$1`",
        fix: "Check the network, proxy and DNS of the engine with `docker info`, or use a base image that the engine already has",
    },
    Rule {
        pattern: r"(?:Temporary failure resolving|Could not resolve host:|Temporary failure in name resolution|failed to lookup address information|dns error|Name or service not known)(?:.*?'([^']+)')?",
        cause: "The step cannot resolve the name of a server",
        fix: "Check the DNS of the engine's build containers: `docker run --rm busybox nslookup example.com`; behind a proxy, pass `--build-arg HTTPS_PROXY=...`",
    },
    Rule {
        pattern: r"no match for platform in manifest|no matching manifest for (\S+)|does not match the specified platform",
        cause: "The base image does not exist for the platform of the build",
        fix: "See which platforms it has with `docker buildx imagetools inspect IMAGE`, and choose one of them with `--platform`",
    },
    Rule {
        pattern: r"(?:exec format error|Exec format error)",
        cause: "The step runs programs of another platform, and the engine's machine has no emulator for it",
        fix: "Build on a machine of that platform, or install the emulators: `docker run --privileged --rm tonistiigi/binfmt --install all`",
    },
    Rule {
        pattern: r#""?https?://([^/"]+)[^"]*"?: http: server gave HTTP response to HTTPS client"#,
        cause: "The registry `$1` speaks HTTP, and the engine expects HTTPS of it",
        fix: "Give the registry a certificate, or write its name into `insecure-registries` of the engine's `/etc/docker/daemon.json`",
    },
    Rule {
        pattern: r"failed to push .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )|push access denied|requested access to the resource is denied|denied: .*(?:push|permission)",
        cause: "The registry does not let this user push the image",
        fix: "Log in with `docker login REGISTRY` as a user who may write to the repository, and check its name",
    },
    Rule {
        pattern: r"pull access denied|insufficient_scope|authorization failed|(?:401 Unauthorized|403 Forbidden|unauthorized: |no basic auth credentials)",
        cause: "The server wants a login, or this one does not allow it; some registries also say so of images that do not exist",
        fix: "Check the name, and log in with `docker login REGISTRY` (NVIDIA's: user `$$oauthtoken`, an NGC API key as the password)",
    },
    Rule {
        pattern: r#"(?:failed to calculate checksum of ref [^"]*|failed to compute cache key: [^"]*)"([^"]+)": not found"#,
        cause: "`$1` is not in the build context, or `.dockerignore` leaves it out",
        fix: "See what is sent and what is left out by which rule: `dynbuild context ls`",
    },
    Rule {
        pattern: r"secret ([\w.-]+): not found",
        cause: "The step needs the secret `$1`, which was not given",
        fix: "Give it with `--secret id=$1,env=VARIABLE` or `--secret id=$1,src=FILE`",
    },
    Rule {
        pattern: r"failed to resolve source metadata for (\S+):.* not found|(\S+): not found: manifest unknown|manifest unknown",
        cause: "The base image does not exist under this name and tag",
        fix: "Check the name and tag with `docker buildx imagetools inspect IMAGE`",
    },
    Rule {
        pattern: r"computed checksums? did NOT match|DO NOT MATCH THE HASHES|[Hh]ash mismatch|digest mismatch|checksum mismatch|Hash Sum mismatch",
        cause: "A download is not what it was when its checksum was written down",
        fix: "If the new file is meant, write its checksum into the profile; else a proxy or mirror may have changed it: compare with the publisher's",
    },
    Rule {
        pattern: r"E: Failed to fetch \S+\s+404|404\s+Not Found \[IP",
        cause: "The package lists of an earlier step name packages that the archive no longer has",
        fix: "Build again with `--no-cache`, so that the lists are fetched anew; check the suite if it fails again",
    },
    Rule {
        pattern: r"E: Unable to locate package (\S+)|E: Package '([^']+)' has no installation candidate|E: Version '[^']+' for '([^']+)' was not found",
        cause: "The distribution of the base image has no package `$1$2$3` in the wanted version",
        fix: "Search for its name with `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy $1$2$3'`",
    },
    Rule {
        pattern: r"No matching distribution found for (\S+)|[Bb]ecause there is no version of (\S+)|No solution found when resolving",
        cause: "No Python package fits `$1$2` with this version, Python and platform",
        fix: "See which versions there are with `pip index versions PACKAGE`, and correct the version in the profile or with `--build-arg`",
    },
    Rule {
        pattern: r"the lock file .* needs to be updated but --locked was passed|lock file version .* requires",
        cause: "`Cargo.lock` does not belong to the source that is compiled",
        fix: "Bring it up to date in the source tree with `cargo update --workspace`, and commit it",
    },
    Rule {
        pattern: r"fatal error: Killed signal|signal: 9, SIGKILL|exit code: 137$",
        cause: "A program of the step was killed, most likely because the memory ran out",
        fix: "Compile with fewer jobs at once (`--build-arg MAX_JOBS=2`), or give the engine more memory",
    },
    Rule {
        pattern: r"\bOut of memory\b|^MemoryError\b|Cannot allocate memory|std::bad_alloc|memory allocation of \d+ bytes failed",
        cause: "A program of the step got no more memory",
        fix: "Compile with fewer jobs at once (`--build-arg MAX_JOBS=2`), or give the engine more memory",
    },
    Rule {
        pattern: r"(?:sh: \d+: |: line \d+: |^)(\S+): (?:command )?not found$",
        cause: "The program `$1` is not in the image at this step",
        fix: "Install it in an earlier step or stage, or check that the base image is the one meant (`dynbuild plan`)",
    },
];

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    /// Texts as engines (28.5.2, 20.10.24), apt, pip, uv and compilers write them.
    #[test_case(r#"failed to push r:5000/x: failed to do request: Head "https://r:5000/v2/x/blobs/sha256:1": http: server gave HTTP response to HTTPS client"#, "", "insecure-registries"; "registry without tls")]
    #[test_case(r#"failed to push r:5000/x: failed to do request: Put "https://r:5000/v2/x": dial tcp: lookup r: no such host"#, "", "cannot reach `r:5000`"; "push to nowhere")]
    #[test_case("failed to push r/x: push access denied, repository does not exist or may require authorization", "", "does not let this user push"; "push denied")]
    #[test_case("", "MemoryError: Unable to allocate 9 GiB", "got no more memory"; "no memory, python")]
    #[test_case("", "error: could not compile `x` (lib); process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)", "was killed"; "killed compiler")]
    #[test_case("", "cp: error writing '/t/x': No space left on device", "disk of the engine"; "full disk")]
    #[test_case("error from receiver: cannot write `a`: No space left on device (os error 28) (below `out`)", "", "where the result goes"; "full disk of ours, directory")]
    #[test_case("cannot write `x.tar` on the client: No space left on device (os error 28)", "", "where the result goes"; "full disk of ours, archive")]
    #[test_case("failed to resolve source metadata for a: write /x: no space left on device", "", "disk of the engine"; "full disk of the engine")]
    #[test_case("", "OSError: [Errno 28] No space left on device: '/root/.cache/pip'", "disk"; "full disk, python")]
    #[test_case(r#"failed to do request: Head "https://ghcr.io/v2/x/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority"#, "", "/etc/docker/certs.d/ghcr.io/ca.crt"; "registry signed by unknown")]
    #[test_case("", "curl: (60) SSL certificate problem: unable to get local issuer certificate", "id=ca"; "tls, curl")]
    #[test_case("", "  cause: invalid peer certificate: UnknownIssuer", "id=ca"; "tls, uv")]
    #[test_case("", "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:992)'))) - skipping", "id=ca"; "tls, pip")]
    #[test_case("toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit", "", "docker login"; "rate limit")]
    #[test_case(r#"failed to do request: Head "https://registry-1.docker.io/v2/library/debian/manifests/1": dial tcp: lookup registry-1.docker.io on 10.255.255.53:53: no such host"#, "", "reach `registry-1.docker.io`"; "registry out of reach")]
    #[test_case(r#"Get "https://nosuch.invalid/x": dial tcp: lookup nosuch.invalid on 10.255.255.53:53: no such host"#, "", "reach `nosuch.invalid`"; "added file out of reach")]
    #[test_case("", "  Temporary failure resolving 'mirror.example'", "resolve the name"; "dns, apt")]
    #[test_case("", "curl: (6) Could not resolve host: index.example", "resolve the name"; "dns, curl")]
    #[test_case("no match for platform in manifest: not found", "", "platform"; "no such platform")]
    #[test_case("", "exec /bin/sh: exec format error", "emulator"; "foreign programs")]
    #[test_case("failed to push ghcr.io/x/y: denied: permission_denied: write_package", "", "docker login"; "push refused")]
    #[test_case("pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", "", "docker login"; "pull refused")]
    #[test_case("failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://nvcr.io/proxy_auth: 401 Unauthorized", "", "`$oauthtoken`"; "no login at nvidia")]
    #[test_case(r#"failed to calculate checksum of ref d008b779-ed2b-4ccd-8640-c6cc6673dc41::51q47vyd41jltydtc7d9yobbl: "/missing.txt": not found"#, "", "`/missing.txt` is not in"; "missing file")]
    #[test_case("secret hf_token: not found", "", "--secret id=hf_token,env=VARIABLE"; "missing secret")]
    #[test_case("docker.io/library/debian:nosuch: failed to resolve source metadata for docker.io/library/debian:nosuch: docker.io/library/debian:nosuch: not found", "", "does not exist"; "no such image")]
    #[test_case("", "sha256sum: WARNING: 1 computed checksum did NOT match", "checksum"; "sha256sum")]
    #[test_case("", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.", "checksum"; "pip hashes")]
    #[test_case("", "E: Failed to fetch http://mirror.example/debian/dists/nosuchsuite/main/binary-amd64/Packages  404  Not Found [IP: 203.0.113.80 80]", "--no-cache"; "apt 404")]
    #[test_case("", "E: Unable to locate package nosuchpackage-xyz", "no package `nosuchpackage-xyz`"; "apt name")]
    #[test_case("", "ERROR: No matching distribution found for ai-dynamo==9.9.9", "fits `ai-dynamo==9.9.9`"; "pip version")]
    #[test_case("", "  cause: Because there is no version of ai-dynamo==9.9.9 and you require ai-dynamo==9.9.9, we can conclude that your requirements are unsatisfiable.", "fits `ai-dynamo==9.9.9`"; "uv version")]
    #[test_case("", "error: the lock file /src/Cargo.lock needs to be updated but --locked was passed to prevent this", "Cargo.lock"; "cargo lock")]
    #[test_case(r#"process "/bin/sh -c make" did not complete successfully: exit code: 137"#, "", "was killed"; "killed")]
    #[test_case("", "c++: fatal error: Killed signal terminated program cc1plus", "memory"; "compiler killed")]
    #[test_case("", "/bin/sh: 1: nvcc: not found", "`nvcc`"; "no such program")]
    #[test_case("", "bash: line 3: nvcc: command not found", "`nvcc`"; "no such program, bash")]
    fn the_reason_is_found(error: &str, line: &str, expected: &str) {
        let found = diagnose(error, &["something before", line, "something after"]).unwrap();
        let told = format!("{}\n{}", found.cause, found.fix);
        assert!(told.contains(expected), "{told}");
        assert_eq!(
            found.evidence,
            if line.is_empty() {
                without_command(error)
            } else {
                line.trim()
            }
        );
    }

    #[test]
    fn a_cancelled_step_did_not_run_out_of_memory() {
        let error = r#"process "/bin/sh -c sleep 20" did not complete successfully: exit code: 137: context canceled: context canceled"#;
        assert_eq!(diagnose(error, &[]), None);
    }

    #[test]
    fn what_a_command_says_is_no_evidence() {
        let error = r#"process "/bin/sh -c test -e x || echo 'No space left on device'" did not complete successfully: exit code: 1"#;
        assert_eq!(diagnose(error, &[]), None);
    }

    #[test]
    fn the_more_telling_rule_wins() {
        let lines = [
            "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')))",
            "ERROR: No matching distribution found for requests",
        ];
        assert!(
            diagnose("exit code: 1", &lines)
                .unwrap()
                .fix
                .contains("id=ca")
        );
    }

    #[test]
    fn an_unknown_failure_has_no_diagnosis() {
        assert_eq!(diagnose("exit code: 1", &["make: *** [all] Error 2"]), None);
    }

    #[test]
    fn every_rule_compiles() {
        assert_eq!(PATTERNS.len(), RULES.len());
    }
}
