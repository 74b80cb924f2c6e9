//! Reading a mount. Options may come before the type that they belong to, so they are collected
//! first and put together at the end.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::error::{MountError, OptionFault};
use super::spec::{
    BindOptions, BindRecursion, ImageOptions, Mount, MountKind, TmpfsOptions, VolumeOptions,
};
use crate::docker::csv;
use crate::text::Words as _;

impl FromStr for Mount {
    type Err = MountError;

    fn from_str(text: &str) -> Result<Self, MountError> {
        let fields = csv::record(text.trim()).map_err(|source| MountError::Fields {
            text: text.to_owned(),
            source,
        })?;
        let mut draft = Draft::default();
        for field in &fields {
            draft.field(field).map_err(|fault| MountError::Option {
                field: field.clone(),
                fault,
            })?;
        }
        draft.finish()
    }
}

/// A mount whose type is not known yet. An option group is present once one of its options is,
/// together with the name of that option.
#[derive(Default)]
struct Draft {
    kind: Option<String>,
    source: String,
    target: String,
    read_only: bool,
    consistency: String,
    bind: Group<BindOptions>,
    volume: Group<VolumeOptions>,
    tmpfs: Group<TmpfsOptions>,
    image: Group<ImageOptions>,
}

#[derive(Default)]
struct Group<T> {
    option: Option<String>,
    values: T,
}

impl<T> Group<T> {
    fn with(&mut self, option: &str) -> &mut T {
        self.option.get_or_insert_with(|| option.to_owned());
        &mut self.values
    }
}

impl Draft {
    fn field(&mut self, field: &str) -> Result<(), OptionFault> {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (field, None),
        };
        let padded = |text: &str| text.trim() != text;
        match value {
            _ if padded(key) => Err(OptionFault::WhiteSpace),
            Some(value) if value.trim().is_empty() => Err(OptionFault::NoValue),
            Some(value) if padded(value) => Err(OptionFault::WhiteSpace),
            Some(value) => self.option(&key.to_lowercase(), value),
            None => self.switch(&key.to_lowercase()),
        }
    }

    /// Sets an option that was given without a value.
    fn switch(&mut self, key: &str) -> Result<(), OptionFault> {
        match key {
            "readonly" | "ro" | "volume-nocopy" | "bind-create-src" => self.option(key, "true"),
            "bind-nonrecursive" => Err(OptionFault::Removed),
            _ if super::error::OPTIONS.contains(&key) => Err(OptionFault::NoValue),
            _ => Err(OptionFault::Unknown),
        }
    }

    fn option(&mut self, key: &str, value: &str) -> Result<(), OptionFault> {
        let text = || value.to_owned();
        match key {
            "type" => self.kind = Some(value.to_lowercase()),
            "source" | "src" => self.source = text(),
            "target" | "dst" | "destination" => self.target = text(),
            "readonly" | "ro" => self.read_only = boolean(value)?,
            "consistency" => self.consistency = value.to_lowercase(),
            "bind-nonrecursive" => return Err(OptionFault::Removed),
            _ if key.starts_with("bind-") => self.bind_option(key, value)?,
            _ if key.starts_with("volume-") => self.volume_option(key, value)?,
            "image-subpath" => self.image.with(key).subpath = Some(text()),
            "tmpfs-size" => {
                let size = value.parse().map_err(|_| OptionFault::NotASize)?;
                self.tmpfs.with(key).size = Some(size);
            }
            "tmpfs-mode" => self.tmpfs.with(key).mode = Some(octal(value)?),
            _ => return Err(OptionFault::Unknown),
        }
        Ok(())
    }

    fn bind_option(&mut self, key: &str, value: &str) -> Result<(), OptionFault> {
        match key {
            "bind-propagation" => {
                self.bind.with(key).propagation = Some(value.to_lowercase());
            }
            "bind-recursive" => {
                match BindRecursion::from_word(value).ok_or(OptionFault::NotAWord)? {
                    // The default: no sign of a bind mount for docker.
                    BindRecursion::Enabled => self.bind.values.recursion = BindRecursion::Enabled,
                    other => self.bind.with(key).recursion = other,
                }
            }
            "bind-create-src" => {
                let on = boolean(value)?;
                self.bind.with(key).create_source = on;
            }
            _ => return Err(OptionFault::Unknown),
        }
        Ok(())
    }

    fn volume_option(&mut self, key: &str, value: &str) -> Result<(), OptionFault> {
        match key {
            "volume-subpath" => self.volume.with(key).subpath = Some(value.to_owned()),
            "volume-nocopy" => {
                let on = boolean(value)?;
                self.volume.with(key).no_copy = on;
            }
            "volume-label" => insert(&mut self.volume.with(key).labels, value),
            "volume-driver" => {
                let driver = self.volume.with(key).driver.get_or_insert_default();
                value.clone_into(&mut driver.name);
            }
            "volume-opt" => {
                let driver = self.volume.with(key).driver.get_or_insert_default();
                insert(&mut driver.options, value);
            }
            _ => return Err(OptionFault::Unknown),
        }
        Ok(())
    }

    fn finish(self) -> Result<Mount, MountError> {
        let kind = self.kind.unwrap_or_else(|| "volume".to_owned());
        let groups = [
            ("bind", self.bind.option),
            ("volume", self.volume.option),
            ("image", self.image.option),
            ("tmpfs", self.tmpfs.option),
        ];
        for (group, option) in groups {
            if let Some(option) = option.filter(|_| group != kind) {
                return Err(MountError::Mixed { option, kind });
            }
        }
        let kind = match kind.as_str() {
            "bind" => MountKind::Bind(checked(self.bind.values, self.read_only)?),
            "volume" => MountKind::Volume(self.volume.values),
            "tmpfs" => MountKind::Tmpfs(self.tmpfs.values),
            "image" => MountKind::Image(self.image.values),
            "npipe" => MountKind::Npipe,
            "cluster" => MountKind::Cluster,
            _ => MountKind::Other(kind),
        };
        let Self {
            source,
            target,
            read_only,
            consistency,
            ..
        } = self;
        Ok(Mount {
            kind,
            source,
            target,
            read_only,
            consistency,
        })
    }
}

fn checked(bind: BindOptions, read_only: bool) -> Result<BindOptions, MountError> {
    let private = bind.propagation.as_deref() == Some("rprivate");
    match bind.recursion {
        BindRecursion::Writable if !read_only => Err(MountError::Needs {
            value: "writable",
            needs: "readonly",
        }),
        BindRecursion::ReadOnly if !read_only => Err(MountError::Needs {
            value: "readonly",
            needs: "readonly",
        }),
        BindRecursion::ReadOnly if !private => Err(MountError::Needs {
            value: "readonly",
            needs: "bind-propagation=rprivate",
        }),
        _ => Ok(bind),
    }
}

fn boolean(value: &str) -> Result<bool, OptionFault> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(OptionFault::NotABoolean),
    }
}

fn octal(value: &str) -> Result<u32, OptionFault> {
    let digits = (!value.starts_with('+'))
        .then_some(value)
        .ok_or(OptionFault::NotAMode)?;
    u32::from_str_radix(digits, 8).map_err(|_| OptionFault::NotAMode)
}

/// Adds `key=value`, or `key` with an empty value. One without a key is dropped, as docker does.
fn insert(pairs: &mut BTreeMap<String, String>, pair: &str) {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    if !key.is_empty() {
        pairs.insert(key.to_owned(), value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Hinted as _;
    use crate::docker::reads_back::reads_back;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("type=bind,source=/a,target=/b,ro", "type=bind,src=/a,dst=/b,readonly")]
    #[test_case("dst=/b", "type=volume,dst=/b")]
    #[test_case(
        "type=tmpfs,dst=/t,tmpfs-size=1g,tmpfs-mode=1777",
        "type=tmpfs,dst=/t,tmpfs-size=1g,tmpfs-mode=1777"
    )]
    #[test_case("\"src=a,b\",dst=/c", "type=volume,\"src=a,b\",dst=/c")]
    #[test_case(
        "volume-opt=o=size=1g,volume-opt=type=tmpfs,src=x",
        "type=volume,src=x,volume-opt=o=size=1g,volume-opt=type=tmpfs"
    )]
    fn mounts_are_printed_as_docker_reads_them(text: &str, printed: &str) {
        assert_eq!(text.parse::<Mount>().unwrap().to_string(), printed);
    }

    #[test_case(
        "type=bind,src=a,dst=b,raedonly",
        "field `raedonly` of the mount is not an option; did you mean `readonly`?"
    )]
    #[test_case(
        "src=/a, dst=/b",
        "field ` dst=/b` of the mount has white space around its name or value; remove the white space around `,` and `=`"
    )]
    #[test_case("src", "field `src` of the mount has no value; write `src=VALUE`")]
    #[test_case(
        "type=bind,volume-nocopy",
        "`volume-nocopy` does not go with a mount of type `bind`; write `type=volume`, or leave `volume-nocopy` out"
    )]
    #[test_case(
        "type=bind,bind-recursive=writable",
        "`bind-recursive=writable` needs `readonly`; add `,readonly`"
    )]
    #[test_case(
        "type=bind,bind-nonrecursive",
        "field `bind-nonrecursive` of the mount is no longer supported; write `bind-recursive=disabled`"
    )]
    #[test_case(
        "type=tmpfs,tmpfs-mode=9",
        "field `tmpfs-mode=9` of the mount is not an octal number of permissions; write permissions such as `tmpfs-mode=1777`"
    )]
    fn refusals_say_what_is_wrong_and_how_to_mend_it(text: &str, expected: &str) {
        let error = text.parse::<Mount>().unwrap_err();
        assert_eq!(format!("{error}; {}", error.hint().unwrap()), expected);
    }

    #[test]
    fn only_a_source_that_begins_with_a_dot_is_made_absolute() {
        let resolved = |text: &str| text.parse::<Mount>().unwrap().resolved("/work/here").source;
        assert_eq!(resolved("type=bind,src=./a,dst=/b"), "/work/here/a");
        assert_eq!(resolved("type=bind,src=../a,dst=/b"), "/work/a");
        assert_eq!(resolved("src=name,dst=/b"), "name");
    }

    /// Texts that are often mounts.
    fn texts() -> impl Strategy<Value = String> {
        let key = prop::sample::select(&super::super::error::OPTIONS[1..]);
        let value = "(true|64m|777|enabled|disabled|/a|a=b|x y)";
        let field = (key, value).prop_map(|(key, value)| format!("{key}={value}"));
        let kind = prop::sample::select(vec!["bind", "volume", "tmpfs", "image", "npipe", "x"]);
        (kind, prop::collection::vec(field, 0..3))
            .prop_map(|(kind, fields)| [vec![format!("type={kind}")], fields].concat().join(","))
    }

    reads_back!(Mount, texts(), ".{0,16}");
}
