//! One cache to import from or to export to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::error::CacheError;
use super::kind::CacheKind;
use super::known::{check_values, names};
use super::masked::Masked;
use super::usage::CacheUse;
use crate::docker::attributes::Attributes;
use crate::docker::digest::BlobDigest;
use crate::redact::is_secret_name;
use crate::secret::Secret;
use crate::text::Words as _;

/// A cache to import from or to export to. It shows and serialises itself with `****` for tokens
/// and keys.
#[derive(Clone, PartialEq, Eq)]
pub struct CacheSpec {
    text: String,
    /// What a build does with it.
    pub usage: CacheUse,
    /// The kind.
    pub kind: CacheKind,
    /// Its attributes without those that are secret.
    pub attributes: BTreeMap<String, String>,
    /// Tokens and keys by the names of their attributes.
    pub secrets: BTreeMap<String, Secret>,
    /// The manifest that is meant, of a directory.
    pub digest: Option<BlobDigest>,
    /// Whether a build goes on where the cache cannot be written.
    pub ignores_errors: bool,
}

impl CacheSpec {
    /// Reads a cache that is written as attributes, as in `type=registry,ref=…`, or as the name of
    /// an image.
    pub fn parse(usage: CacheUse, text: &str) -> Result<Self, CacheError> {
        let shown = Masked(text);
        let mut attributes = Attributes::read("cache", text, &shown, "ref")?;
        // Without `type` it is `registry`, as for docker.
        let kind = attributes.fields.remove("type");
        let kind = kind.as_deref().unwrap_or(CacheKind::Registry.as_str());
        let kind =
            CacheKind::from_word(kind).ok_or_else(|| CacheError::UnknownKind(kind.to_owned()))?;
        attributes.check_known(kind.as_str(), &names(kind))?;
        let mut required = kind.required(usage).iter();
        let missing = required.find(|name| attributes.get(name).is_none_or(str::is_empty));
        if let Some(attribute) = missing {
            return Err(CacheError::Missing { kind, attribute });
        }
        check_values(kind, usage, &attributes)?;
        let ignores_errors = attributes.boolean("ignore-error")? == Some(true);
        let (secrets, fields): (BTreeMap<_, _>, BTreeMap<_, _>) = attributes
            .fields
            .into_iter()
            .partition(|(name, _)| is_secret_name(name));
        let secrets = secrets.into_iter();
        Ok(Self {
            text: text.to_owned(),
            usage,
            kind,
            secrets: secrets
                .map(|(name, value)| (name, Secret::new(value)))
                .collect(),
            digest: digest(kind, &fields)?,
            ignores_errors,
            attributes: fields,
        })
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
}

fn digest(
    kind: CacheKind,
    fields: &BTreeMap<String, String>,
) -> Result<Option<BlobDigest>, CacheError> {
    let written = fields.get("digest").filter(|_| kind == CacheKind::Local);
    let digest = written.map(|digest| {
        digest.parse().map_err(|reason| CacheError::Digest {
            digest: digest.clone(),
            reason,
        })
    });
    digest.transpose()
}

impl fmt::Display for CacheSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Masked(&self.text).fmt(f)
    }
}

impl fmt::Debug for CacheSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for CacheSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::attributes::AttributeError;
    use crate::docker::hinted::Hinted as _;

    fn read(text: &str) -> Result<CacheSpec, CacheError> {
        CacheSpec::parse(CacheUse::Read, text)
    }

    #[test]
    fn credentials_are_kept_but_not_shown() {
        let spec = read("type=s3,bucket=b,region=r,secret_access_key=hunter2").unwrap();
        assert_eq!(spec.secrets["secret_access_key"].expose(), b"hunter2");
        let shown = "type=s3,bucket=b,region=r,secret_access_key=****";
        assert_eq!(spec.to_string(), shown);
        assert_eq!(format!("{spec:?}"), shown);
        assert_eq!(serde_json::to_value(&spec).unwrap(), shown);
        assert!(!spec.attributes.values().any(|value| value == "hunter2"));
    }

    #[test]
    fn attributes_of_the_other_use_do_no_harm() {
        for text in [
            "type=registry,ref=r/x,mode=max,compression=zstd,registry.insecure=true",
            "type=registry,ref=r/x,compression=zstd,force-compression=",
            "type=inline,mode=max",
            "type=gha,scope=s,mode=max,timeout=10m,ghtoken=t,repository=o/r",
            "type=s3,bucket=b,region=r,name=a;b,use_path_style=1,touch_refresh=24h",
            "type=azblob,account_url=https://a,account_name=n,container=c,prefix=p",
            "type=local,src=d,dest=e,tag=t,image-manifest=true",
        ] {
            assert!(read(text).is_ok(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let written = |text| CacheSpec::parse(CacheUse::Write, text);
        assert!(matches!(
            written("type=inline,mode=maxi"),
            Err(CacheError::Attribute(AttributeError::Word { .. }))
        ));
        // Docker takes it, and pipelines write it, though an image holds its own steps only.
        assert!(written("type=inline,mode=max").is_ok());
        assert!(written("type=inline,ref=r/x").is_ok());
        for name in ["type=registry,ref=r/X", "r/$TAG"] {
            assert!(matches!(written(name), Err(CacheError::Reference(_))));
        }
    }

    #[test]
    fn mistakes_have_a_fix() {
        let texts = [
            "type=regisrty",
            "type=x",
            "mode=max",
            "type=local,dest=d,src=",
            "type=local,src=d,digest=sha256:1",
            "type=gha,token=canary,scope",
            "type=gha,token=canary,ignore-error=maybe",
            "type=registry,ref=r/x,mode=maxi",
            "type=registry,ref=r/x,mode=MAX",
            "type=registry,ref=r/x,mode=all",
            "type=registry,ref=r/x,moed=max",
            "type=registry,ref=r/x,compression=gz",
            "type=registry,ref=r/x,oci-mediatypes=yes",
            "type=registry,ref=r/x,image-manifest=",
            "type=gha,scop=x",
            "type=s3,bucket=b,region=r,secret_acess_key=canary",
            "type=azblob,account_url=https://a,conatiner=c",
            "type=local,source=d",
        ];
        let mistakes = texts.map(|text| {
            let error = read(text).unwrap_err();
            format!("{error} ({})", error.hint().unwrap())
        });
        insta::assert_snapshot!(mistakes.join("\n"), @"
        Unknown cache type `regisrty` (Did you mean `registry`?)
        Unknown cache type `x` (Use one of `registry`, `inline`, `gha`, `s3`, `azblob`, `local`)
        Cache type `registry` needs `ref=…` (Write `type=registry,ref=…`)
        Cache type `local` needs `src=…` (Write `type=local,src=…`)
        Invalid cache digest `sha256:1`: it is not of the form `sha256:` and 64 hexadecimal digits (Leave `digest=…` out to take what is tagged `latest`)
        Invalid cache `type=gha,token=****,****`: `scope` is not of the form `key=value` (Write it as `type=registry,ref=NAME`)
        Invalid cache `type=gha,token=****,ignore-error=maybe`: `maybe` is neither true nor false (Write `true` or `false`)
        Invalid value `maxi` of the cache attribute `mode` (Did you mean `max`?)
        Invalid value `MAX` of the cache attribute `mode` (Did you mean `max`?)
        Invalid value `all` of the cache attribute `mode` (Write one of `max`, `min`)
        Cache type `registry` has no attribute `moed` (Did you mean `mode`?)
        Invalid value `gz` of the cache attribute `compression` (Did you mean `gzip`?)
        Invalid cache `type=registry,ref=r/x,oci-mediatypes=yes`: `yes` is neither true nor false (Write `true` or `false`)
        Invalid cache `type=registry,ref=r/x,image-manifest=`: `` is neither true nor false (Write `true` or `false`)
        Cache type `gha` has no attribute `scop` (Did you mean `scope`?)
        Cache type `s3` has no attribute `secret_acess_key` (Did you mean `secret_access_key`?)
        Cache type `azblob` has no attribute `conatiner` (Did you mean `container`?)
        Cache type `local` has no attribute `source` (Did you mean `src`?)
        ");
    }
}
