//! One cache to import from or to export to.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::actions::ActionsService;
use super::kind::CacheKind;
use super::local::LocalCache;
use crate::buildkit::layout::NoDigest;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::secret::Secret;

/// Attributes whose values open doors.
const SECRET_ATTRIBUTES: [&str; 6] = [
    "token",
    "ghtoken",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "account_key",
];

/// Returns whether the value of an attribute (in lower case) opens doors.
pub fn is_secret_attribute(name: &str) -> bool {
    SECRET_ATTRIBUTES.contains(&name)
}

/// A cache to import from or to export to.
#[derive(Clone)]
pub struct CacheEntry {
    kind: CacheKind,
    attributes: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    local: Option<LocalCache>,
}

/// What a build does with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// It reads it (`--cache-from`).
    Read,
    /// It writes it (`--cache-to`).
    Write,
}

/// Why a cache cannot be used as written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CacheError {
    /// No such kind.
    #[error("Unknown cache type `{kind}`")]
    UnknownKind {
        /// What was written.
        kind: String,
        /// The kind that it looks like.
        closest: Option<String>,
    },
    /// An attribute is missing.
    #[error("Cache type `{kind}` needs `{attribute}=…`")]
    Missing {
        /// The kind.
        kind: CacheKind,
        /// What it lacks.
        attribute: &'static str,
    },
    /// The cache service of GitHub Actions is not known.
    #[error("Cache type `gha` needs a job of GitHub Actions: {} not set", and_are(.missing))]
    NoService {
        /// The variables that would say it.
        missing: Vec<&'static str>,
    },
    /// The digest is none.
    #[error("`{digest}` is no digest of a cache: it is {reason}")]
    Digest {
        /// What was written.
        digest: String,
        /// What is wrong with it.
        reason: NoDigest,
    },
}

fn and_are(variables: &[&str]) -> String {
    let verb = if variables.len() == 1 { "is" } else { "are" };
    format!("`{}` {verb}", variables.join("` and `"))
}

impl From<CacheError> for Problem {
    fn from(error: CacheError) -> Self {
        let problem = Self::from_error(Exit::Usage, &error);
        match error {
            CacheError::UnknownKind {
                closest: Some(kind),
                ..
            } => problem.hint(format!("Did you mean `{kind}`?")),
            CacheError::UnknownKind { closest: None, .. } => {
                let kinds = CacheKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
                problem.hint(format!("Use one of {kinds}"))
            }
            CacheError::Missing { kind, attribute } => {
                problem.hint(format!("Write `type={kind},{attribute}=…`"))
            }
            CacheError::NoService { .. } => problem.hint(
                "Only actions see these variables: export them in a step before, with \
                 `actions/github-script`",
            ),
            CacheError::Digest { .. } => {
                problem.hint("Leave `digest=…` out to take what is tagged `latest`")
            }
        }
    }
}

impl CacheEntry {
    /// Takes a cache apart that is written as attributes, as in `type=registry,ref=…`.
    ///
    /// Without `type` it is `registry`, as for docker.
    pub fn new(
        usage: CacheUse,
        mut attributes: BTreeMap<String, String>,
    ) -> Result<Self, CacheError> {
        let kind = attributes.remove("type");
        let kind = kind.map_or(Ok(CacheKind::Registry), |kind| kind.parse())?;
        let missing = kind
            .required(usage)
            .iter()
            .find(|name| attributes.get(**name).is_none_or(String::is_empty));
        if let Some(attribute) = missing {
            return Err(CacheError::Missing { kind, attribute });
        }
        let local = (kind == CacheKind::Local)
            .then(|| LocalCache::new(usage, &attributes))
            .transpose()?;
        let (secrets, attributes): (BTreeMap<_, _>, BTreeMap<_, _>) = attributes
            .into_iter()
            .partition(|(name, _)| is_secret_attribute(name));
        let secrets = secrets
            .into_iter()
            .map(|(name, value)| (name, Secret::new(value)))
            .collect();
        Ok(Self {
            kind,
            attributes,
            secrets,
            local,
        })
    }

    /// Adds what a `type=gha` cache does not say itself; others stay as they are.
    ///
    /// # Errors
    /// Fails when neither says it: the engine would fail at the end of the build.
    pub fn complete(&mut self, service: &ActionsService) -> Result<(), CacheError> {
        if self.kind != CacheKind::Gha {
            return Ok(());
        }
        if let Some(token) = &service.token {
            let own = self.secrets.entry("token".to_owned());
            own.or_insert_with(|| token.clone());
        }
        let version = self.attributes.get("version").cloned();
        for (name, url) in service.addresses(version.as_deref()) {
            let own = self.attributes.entry(name.to_owned());
            own.or_insert_with(|| url.clone());
        }
        self.check_service()
    }

    fn check_service(&self) -> Result<(), CacheError> {
        let token = self.secrets.contains_key("token");
        let address = ["url", "url_v2"].map(|name| self.attributes.contains_key(name));
        let needs = [
            ("ACTIONS_RUNTIME_TOKEN", token),
            ("ACTIONS_RESULTS_URL", address.contains(&true)),
        ];
        let missing = needs.iter().filter(|(_, is_there)| !is_there);
        let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(CacheError::NoService { missing })
        }
    }

    /// Returns where it is, as the attributes that tell it from others of its kind; none if it is
    /// part of the image. Of two builds that write there, only one is kept.
    pub fn place(&self) -> Option<String> {
        let mut place = vec![format!("type={}", self.kind)];
        for (name, default) in self.kind.identity()? {
            let value = self.attributes.get(*name).map_or(*default, String::as_str);
            if !value.is_empty() {
                place.push(format!("{name}={value}"));
            }
        }
        Some(place.join(","))
    }

    /// Returns the kind.
    pub fn kind(&self) -> CacheKind {
        self.kind
    }

    /// Returns what there is to know of it if it is a directory of ours.
    pub(in super::super) fn local(&self) -> Option<&LocalCache> {
        self.local.as_ref()
    }

    pub(in super::super) fn local_mut(&mut self) -> Option<&mut LocalCache> {
        self.local.as_mut()
    }

    /// Returns everything that the engine is told, keys of services included.
    pub(in super::super) fn exposed(&self) -> BTreeMap<String, String> {
        let expose = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        let secrets = self
            .secrets
            .iter()
            .map(|(name, secret)| (name.clone(), expose(secret)));
        let local = self.local.iter().flat_map(LocalCache::told);
        let attributes = self.attributes.clone().into_iter();
        attributes.chain(secrets).chain(local).collect()
    }
}

impl fmt::Debug for CacheEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for CacheEntry {
    /// Writes it as docker's command line has it, with secrets masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            attributes,
            secrets,
            local: _,
        } = self;
        write!(f, "type={kind}")?;
        attributes
            .iter()
            .try_for_each(|(name, value)| write!(f, ",{name}={value}"))?;
        secrets
            .iter()
            .try_for_each(|(name, secret)| write!(f, ",{name}={secret}"))
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn entry(pairs: &[(&str, &str)]) -> Result<CacheEntry, CacheError> {
        CacheEntry::new(
            CacheUse::Read,
            pairs
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect(),
        )
    }

    #[test]
    fn keys_of_services_go_to_the_engine_but_are_not_shown() {
        let s3 = [
            ("type", "s3"),
            ("bucket", "b"),
            ("region", "r"),
            ("secret_access_key", "hunter2"),
        ];
        let s3 = entry(&s3).unwrap();
        assert_eq!(s3.exposed()["secret_access_key"], "hunter2");
        assert_eq!(
            s3.to_string(),
            "type=s3,bucket=b,region=r,secret_access_key=****"
        );
        assert_eq!(format!("{s3:?}"), s3.to_string());
    }

    fn job() -> ActionsService {
        ActionsService {
            token: Some(Secret::new("canary")),
            results_url: Some("https://results.example/".into()),
            cache_url: None,
            is_second: true,
        }
    }

    #[test_case(&[], &job() => "canary - results results"; "all from the job")]
    #[test_case(&[("version", "1")], &job() => "canary 1 results -"; "version 1")]
    #[test_case(&[("token", "own"), ("url", "https://own.example/")], &job() => "own - own results"; "the cache itself wins")]
    #[test_case(&[], &ActionsService { cache_url: Some("https://cache.example/".into()), is_second: false, ..job() } => "canary - cache -"; "a server of one's own")]
    fn a_job_completes_its_cache(pairs: &[(&str, &str)], service: &ActionsService) -> String {
        let mut cache = entry(&[&[("type", "gha")], pairs].concat()).unwrap();
        cache.complete(service).unwrap();
        let told = cache.exposed();
        let values = ["token", "version", "url", "url_v2"].map(|name| {
            let value = told.get(name).map_or("-", String::as_str);
            let value = value.trim_start_matches("https://");
            value.trim_end_matches(".example/").to_owned()
        });
        values.join(" ")
    }

    #[test]
    fn only_caches_of_github_need_a_job() {
        let nothing = ActionsService::default();
        let mut registry = entry(&[("ref", "a:1")]).unwrap();
        assert_eq!(registry.complete(&nothing), Ok(()));
        assert_eq!(registry.exposed().len(), 1);
        let refused = |service| {
            let mut gha = entry(&[("type", "gha")]).unwrap();
            gha.complete(service).unwrap_err().to_string()
        };
        let texts = [
            refused(&nothing),
            refused(&ActionsService {
                token: None,
                ..job()
            }),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r"
        Cache type `gha` needs a job of GitHub Actions: `ACTIONS_RUNTIME_TOKEN` and `ACTIONS_RESULTS_URL` are not set
        Cache type `gha` needs a job of GitHub Actions: `ACTIONS_RUNTIME_TOKEN` is not set
        ");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |pairs| Problem::from(entry(pairs).unwrap_err());
        let typo = message(&[("type", "regisrty")]);
        assert_eq!(typo.message, "Unknown cache type `regisrty`");
        assert_eq!(typo.hints, ["Did you mean `registry`?"]);
        let missing = message(&[("mode", "max")]);
        assert_eq!(missing.message, "Cache type `registry` needs `ref=…`");
        assert_eq!(message(&[("type", "x")]).hints.len(), 1);
        let place = message(&[("type", "local"), ("dest", "d"), ("src", "")]);
        assert_eq!(place.message, "Cache type `local` needs `src=…`");
        let digest = message(&[("type", "local"), ("src", "d"), ("digest", "sha256:1")]);
        assert!(
            digest
                .message
                .starts_with("`sha256:1` is no digest of a cache")
        );
    }
}
