//! The directory itself.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::error::LayoutError;
use super::index::Index;
use super::lock::Lock;
use super::manifest::{Descriptor, Manifest, Named};
use crate::docker::digest::BlobDigest;
use crate::docker::layout_image::{LATEST, LayoutImage};

/// Texts that name blobs are larger by no cache that there is; layers are.
const TEXT_LIMIT: u64 = 32 << 20;

/// How much of a blob is hashed at once, in bytes.
const PIECE: usize = 1 << 18;

/// The file that names some of the blobs.
const INDEX: &str = "index.json";

/// The file that says what the directory is.
const MARKER: &str = "oci-layout";

/// The beginning of the names of files that are being written.
const UNFINISHED: &str = ".dynbuild-";

/// A directory in the OCI image layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    directory: PathBuf,
}

/// What was found in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A manifest, complete with all that it names.
    Manifest(BlobDigest),
    /// Nothing has the tag; these are there.
    OtherTags(Vec<String>),
}

impl Layout {
    /// Opens a directory, unless it is missing or empty.
    ///
    /// # Errors
    /// Fails when it cannot be read, or has other things in it than a layout.
    pub fn open(directory: &Path) -> Result<Option<Self>, LayoutError> {
        let layout = Self {
            directory: directory.to_owned(),
        };
        let entries = match fs_err::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(layout.unreadable(error)),
        };
        let names: Vec<_> = entries
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()
            .map_err(|source| layout.unreadable(source))?;
        if names.iter().any(|name| name == INDEX || name == MARKER) {
            Ok(Some(layout))
        } else if names.iter().all(|name| is_unfinished(name)) {
            Ok(None)
        } else {
            Err(LayoutError::NotALayout {
                directory: layout.directory,
            })
        }
    }

    /// Opens a directory for writing, and makes what is missing of it.
    ///
    /// # Errors
    /// Fails when it cannot be written, or has other things in it than a layout.
    pub fn create(directory: &Path) -> Result<Self, LayoutError> {
        Self::open(directory)?;
        let layout = Self {
            directory: directory.to_owned(),
        };
        let made = layout.make();
        made.map_err(|source| layout.unwritable(source))?;
        Ok(layout)
    }

    fn make(&self) -> io::Result<()> {
        fs_err::create_dir_all(&self.directory)?;
        let marker = self.directory.join(MARKER);
        if !marker.try_exists()? {
            self.replace(&marker, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        }
        fs_err::create_dir_all(self.blobs())?;
        fs_err::create_dir_all(self.ingest())?;
        self.unfinished().map(drop)
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Finds a manifest, and checks that all is there that it names.
    ///
    /// Layers are not read for that, only measured.
    ///
    /// # Errors
    /// Fails when the index cannot be read, and when something is missing or was changed.
    pub fn find(&self, wanted: &LayoutImage) -> Result<Found, LayoutError> {
        let index = self.index()?;
        let found = match wanted {
            LayoutImage::Default => index.find(LATEST).or_else(|| index.only()),
            LayoutImage::Tag(tag) => index.find(tag),
            LayoutImage::Digest(digest) => Some(digest.clone()),
        };
        let Some(digest) = found else {
            return Ok(Found::OtherTags(index.tags()));
        };
        self.check_manifest(&digest)?;
        Ok(Found::Manifest(digest))
    }

    /// Gives a tag to a manifest that is there.
    pub(in super::super) fn tag(
        &self,
        tag: Option<&str>,
        manifest: &Descriptor,
    ) -> Result<(), LayoutError> {
        let _alone = Lock::exclusive(&self.directory);
        let mut index = self.index()?;
        index.put(tag.unwrap_or(LATEST), manifest);
        let replaced = self.replace(&self.index_path(), &index.to_text());
        replaced.map_err(|source| self.unwritable(source))
    }

    /// Describes a blob, if it is there and is a manifest or an index.
    pub(in super::super) fn describe(&self, digest: &BlobDigest) -> Option<Descriptor> {
        let size = self.size(digest).ok()?.filter(|size| *size <= TEXT_LIMIT)?;
        let text = fs_err::read(self.blob(digest)).ok()?;
        let manifest: Manifest = serde_json::from_slice(&text).ok()?;
        Some(Descriptor {
            media_type: manifest.media_type,
            digest: digest.clone(),
            size,
        })
    }

    /// Returns where a blob is, or would be.
    pub(in super::super) fn blob(&self, digest: &BlobDigest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    /// Returns the size of a blob in bytes, if it is there.
    pub(in super::super) fn size(&self, digest: &BlobDigest) -> io::Result<Option<u64>> {
        match fs_err::metadata(self.blob(digest)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the directory of the blobs.
    pub(in super::super) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs/sha256")
    }

    /// Returns the directory of blobs that are being written.
    pub(in super::super) fn ingest(&self) -> PathBuf {
        self.directory.join("ingest")
    }

    /// Makes a file that becomes a blob when it is complete.
    pub(in super::super) fn unfinished(&self) -> io::Result<NamedTempFile> {
        temporary(&self.ingest())
    }

    /// Removes what programs of ours left behind that did not come to their end.
    pub(in super::super) fn sweep(&self) -> io::Result<()> {
        for entry in fs_err::read_dir(self.ingest())? {
            let entry = entry?;
            if is_unfinished(&entry.file_name()) {
                fs_err::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    pub(in super::super) fn unwritable(&self, source: io::Error) -> LayoutError {
        LayoutError::Write {
            directory: self.directory.clone(),
            source,
        }
    }

    fn unreadable(&self, source: io::Error) -> LayoutError {
        LayoutError::Read {
            directory: self.directory.clone(),
            source,
        }
    }

    fn index_path(&self) -> PathBuf {
        self.directory.join(INDEX)
    }

    fn index(&self) -> Result<Index, LayoutError> {
        let path = self.index_path();
        match fs_err::read(&path) {
            Ok(text) => Index::parse(&text).map_err(|source| LayoutError::Form { path, source }),
            // The first export into it did not come to its end.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Index::default()),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// A program that is killed leaves the old text or the new one.
    fn replace(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        let mut file = temporary(&self.directory)?;
        file.write_all(text)?;
        file.as_file().sync_data()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }

    fn check_manifest(&self, digest: &BlobDigest) -> Result<(), LayoutError> {
        self.check_text(digest)?;
        let path = self.blob(digest);
        let text = fs_err::read(&path).map_err(|source| self.unreadable(source))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|source| LayoutError::Form { path, source })?;
        manifest.named().try_for_each(|named| self.check(named))
    }

    fn check(&self, named: &Named) -> Result<(), LayoutError> {
        // Other algorithms are for the engine to judge.
        let Ok(digest) = named.digest.parse() else {
            return Ok(());
        };
        let size = self
            .size(&digest)
            .map_err(|source| self.unreadable(source))?;
        match size {
            None => Err(self.missing(digest)),
            Some(size) if size != named.size => Err(self.damaged(digest)),
            Some(_) if named.is_manifest() => self.check_manifest(&digest),
            Some(_) if named.is_text() => self.check_text(&digest),
            Some(_) => Ok(()),
        }
    }

    fn check_text(&self, digest: &BlobDigest) -> Result<(), LayoutError> {
        match hash_file(&self.blob(digest)) {
            Ok(actual) if actual == *digest => Ok(()),
            Ok(_) => Err(self.damaged(digest.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.missing(digest.clone()))
            }
            Err(error) => Err(self.unreadable(error)),
        }
    }

    fn missing(&self, digest: BlobDigest) -> LayoutError {
        LayoutError::Missing {
            directory: self.directory.clone(),
            digest,
        }
    }

    /// Says that a blob has other bytes than it should.
    pub(in super::super) fn damaged(&self, digest: BlobDigest) -> LayoutError {
        LayoutError::Damaged {
            directory: self.directory.clone(),
            digest,
        }
    }
}

fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// As any new file: the umask decides who may read it.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory)
}

fn hash_file(path: &Path) -> io::Result<BlobDigest> {
    let mut file = fs_err::File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(BlobDigest::of(hash)),
            length => hash.update(&piece[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256_hex;
    use crate::problem::Problem;

    /// Writes a blob, and returns its descriptor as JSON.
    fn blob(layout: &Layout, kind: &str, data: &str) -> String {
        let hex = sha256_hex(data);
        fs_err::write(layout.blobs().join(&hex), data).unwrap();
        let size = data.len();
        format!(r#"{{"mediaType":"{kind}","digest":"sha256:{hex}","size":{size}}}"#)
    }

    /// Writes a cache of one layer, tagged, and returns its manifest.
    fn cache(layout: &Layout, tag: &str, layer: &str) -> BlobDigest {
        let layer = blob(layout, "application/vnd.oci.image.layer.v1.tar+gzip", layer);
        let config = blob(layout, "application/vnd.buildkit.cacheconfig.v0", "{}");
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let text = format!(r#"{{"mediaType":"{kind}","config":{config},"layers":[{layer}]}}"#);
        blob(layout, kind, &text);
        let digest = format!("sha256:{}", sha256_hex(&text)).parse().unwrap();
        let descriptor = layout.describe(&digest).expect("a manifest");
        layout.tag(Some(tag), &descriptor).unwrap();
        digest
    }

    fn layout() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::create(&folder.path().join("cache")).unwrap();
        (folder, layout)
    }

    fn told(layout: &Layout, error: LayoutError) -> String {
        let problem = Problem::from(error);
        let text = format!("{problem} ({})", problem.hints.join("; "));
        text.replace(&layout.directory.display().to_string(), "DIR")
    }

    #[test]
    fn what_was_tagged_is_found() {
        let (_folder, layout) = layout();
        let layout = Layout::open(layout.directory()).unwrap().expect("there");
        let none = Found::OtherTags(vec![]);
        assert_eq!(layout.find(&LayoutImage::Default).unwrap(), none);
        let main = cache(&layout, "main", "layer");
        let found = |wanted| layout.find(&wanted).unwrap();
        let manifest = Found::Manifest(main.clone());
        assert_eq!(found(LayoutImage::Tag("main".into())), manifest);
        assert_eq!(found(LayoutImage::Digest(main)), manifest);
        // As long as it is the only one.
        assert_eq!(found(LayoutImage::Default), manifest);
        let latest = cache(&layout, "latest", "another");
        assert_eq!(found(LayoutImage::Default), Found::Manifest(latest));
        let others = vec!["main".into(), "latest".into()];
        assert_eq!(
            found(LayoutImage::Tag("x".into())),
            Found::OtherTags(others)
        );
    }

    #[test]
    fn nothing_is_not_yet_a_layout_and_anything_else_never_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a/b");
        assert_eq!(Layout::open(&place).unwrap(), None);
        fs_err::create_dir_all(&place).unwrap();
        assert_eq!(Layout::open(&place).unwrap(), None);
        // A program that was killed while it made the directory.
        fs_err::write(place.join(".dynbuild-x"), "").unwrap();
        assert_eq!(Layout::open(&place).unwrap(), None);
        Layout::create(&place).unwrap();
        assert!(Layout::open(&place).unwrap().is_some());

        let home = folder.path().join("home");
        fs_err::create_dir(&home).unwrap();
        fs_err::write(home.join("letter"), "dear").unwrap();
        for error in [
            Layout::open(&home).unwrap_err(),
            Layout::create(&home).unwrap_err(),
        ] {
            assert!(matches!(error, LayoutError::NotALayout { .. }), "{error}");
        }
        assert_eq!(fs_err::read_dir(&home).unwrap().count(), 1);
        let error = Layout::create(&home.join("letter/cache")).unwrap_err();
        assert!(
            matches!(error, LayoutError::Read { .. } | LayoutError::Write { .. }),
            "{error}"
        );
    }

    #[test]
    fn damage_is_found_and_named() {
        let damages: [fn(&Layout, &BlobDigest); 5] = [
            |layout, manifest| fs_err::write(layout.blob(manifest), "{}").unwrap(),
            |layout, _| fs_err::remove_file(layout.blobs().join(sha256_hex("layer"))).unwrap(),
            |layout, _| fs_err::write(layout.blobs().join(sha256_hex("layer")), "lay").unwrap(),
            |layout, _| fs_err::write(layout.blobs().join(sha256_hex("{}")), "[]").unwrap(),
            |layout, _| fs_err::write(layout.index_path(), "{").unwrap(),
        ];
        let texts = damages.map(|damage| {
            let (_folder, layout) = layout();
            let manifest = cache(&layout, "latest", "layer");
            damage(&layout, &manifest);
            told(&layout, layout.find(&LayoutImage::Default).unwrap_err())
        });
        insta::assert_snapshot!(texts.join("\n"), @r"
        The image layout `DIR` is damaged: `sha256:20c4fe392f008253500ef2a3ee8115120ccb1771c65d023137268f68b6a8dde2` has other bytes than its name says (Remove it and write it again: `rm -r DIR`)
        The image layout `DIR` lacks `sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85` (Remove it and write it again: `rm -r DIR`)
        The image layout `DIR` is damaged: `sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85` has other bytes than its name says (Remove it and write it again: `rm -r DIR`)
        The image layout `DIR` is damaged: `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a` has other bytes than its name says (Remove it and write it again: `rm -r DIR`)
        `DIR/index.json` is no image index or manifest (Remove the directory and write it again)
        ");
    }

    #[test]
    fn several_writers_lose_no_tag() {
        let (_folder, layout) = layout();
        let digest = cache(&layout, "0", "layer");
        let descriptor = layout.describe(&digest).expect("a manifest");
        std::thread::scope(|scope| {
            for number in 1..8 {
                let (layout, descriptor) = (&layout, &descriptor);
                scope.spawn(move || layout.tag(Some(&number.to_string()), descriptor).unwrap());
            }
        });
        assert_eq!(layout.index().unwrap().tags().len(), 8);
    }
}
