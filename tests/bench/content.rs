//! Whether two images hold the same files.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::Stdio;

use sha2::{Digest as _, Sha256};
use tar::{Archive, Entry};

use crate::Result;
use crate::engine::Engine;

/// What the engine puts into every container by itself.
const PUT_THERE_BY_THE_ENGINE: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

/// All that can be said of a file but the time of what steps made.
#[derive(PartialEq, Eq)]
struct Description {
    kind: u8,
    mode: u32,
    owner: (u64, u64),
    link: Option<PathBuf>,
    digest: Vec<u8>,
    /// Of what was copied from the context.
    modified: Option<u64>,
}

/// Fails unless both images hold the same files.
pub(crate) fn compare(engine: &Engine, ours: &str, theirs: &str) -> Result<()> {
    let (ours, theirs) = (files(engine, ours)?, files(engine, theirs)?);
    let mut different: Vec<_> = ours.keys().chain(theirs.keys()).collect();
    different.retain(|path| ours.get(*path) != theirs.get(*path));
    different.sort();
    different.dedup();
    if different.is_empty() {
        let (count, store) = (ours.len(), &engine.store);
        eprintln!("Same content on {store}: {count} entries.");
        return Ok(());
    }
    let (count, some) = (different.len(), &different[..different.len().min(10)]);
    Err(format!("the images differ in {count} files, such as {some:?}").into())
}

fn files(engine: &Engine, image: &str) -> Result<BTreeMap<PathBuf, Description>> {
    let container = engine.docker(&["create", image])?;
    let described = exported(engine, &container);
    engine.docker(&["rm", &container])?;
    described
}

fn exported(engine: &Engine, container: &str) -> Result<BTreeMap<PathBuf, Description>> {
    let mut export = engine.command(&["export", container]);
    let mut export = export.stdout(Stdio::piped()).spawn()?;
    let mut output = export.stdout.take().ok_or("no output of docker export")?;
    let mut found = BTreeMap::new();
    for entry in Archive::new(&mut output).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if !PUT_THERE_BY_THE_ENGINE
            .iter()
            .any(|known| path.ends_with(known))
        {
            found.insert(path, describe(&mut entry)?);
        }
    }
    // Behind the last entry there is filling, which is read so that docker can end.
    io::copy(&mut output, &mut io::sink())?;
    if !export.wait()?.success() {
        return Err("docker export failed".into());
    }
    Ok(found)
}

fn describe(entry: &mut Entry<impl Read>) -> Result<Description> {
    let header = entry.header();
    let was_copied = header.entry_type().is_file() && entry.path()?.starts_with("context");
    let mut description = Description {
        kind: header.entry_type().as_byte(),
        mode: header.mode()?,
        owner: (header.uid()?, header.gid()?),
        link: entry.link_name()?.map(PathBuf::from),
        digest: Vec::new(),
        modified: was_copied.then(|| header.mtime()).transpose()?,
    };
    let mut hasher = Sha256::new();
    let mut buffer = [0; 1 << 13];
    loop {
        let count = entry.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    description.digest = hasher.finalize().to_vec();
    Ok(description)
}
