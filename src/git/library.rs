//! Reading a repository with libgit2.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use git2::{
    Commit, ErrorClass, ErrorCode, Index, IndexEntryExtendedFlag, Oid, Reference, Repository,
    RepositoryOpenFlags, Status, StatusOptions,
};
use jiff::Timestamp;

use super::checkout::{Checkout, SourceRevision};
use super::error::GitError;
use super::place::Place;
use super::program::GitProgram;
use super::remote::public_url;
use super::version::Version;

/// The shortest abbreviation that git makes by itself.
const SHORTEST: usize = 7;

/// What libgit2 says.
pub(super) struct Reading {
    /// What is checked out.
    pub(super) checkout: Checkout,
    /// Whether git would say the same.
    pub(super) is_certain: bool,
}

/// Reads what is checked out in `directory`.
pub(super) fn read(directory: &Path, program: &GitProgram) -> Result<Reading, GitError> {
    let place = Place::around(directory);
    if let Some(dangling) = place.as_ref().and_then(Place::dangling) {
        return Err(dangling);
    }
    let refused = |error: &git2::Error| match error.code() {
        ErrorCode::Owner => {
            let top = place.as_ref().map_or(directory, |place| &place.top);
            GitError::Owner(top.to_owned())
        }
        _ => GitError::Library {
            path: directory.to_owned(),
            reason: reason(error),
        },
    };
    let ceilings = program.ceilings();
    let flags = RepositoryOpenFlags::empty();
    let repository = match Repository::open_ext(directory, flags, ceilings) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => {
            return Ok(Reading {
                checkout: Checkout::NoRepository,
                is_certain: place.is_none(),
            });
        }
        Err(error) => return Err(refused(&error)),
    };
    let checkout = checkout(&repository).map_err(|error| refused(&error))?;
    Ok(Reading {
        is_certain: !program.is_configured() && is_certain(&repository, &checkout),
        checkout,
    })
}

/// The names that libgit2 has for parts of an index are not meant for people.
fn reason(error: &git2::Error) -> String {
    let message = error.message();
    if message.contains("'sdir'") {
        "libgit2 cannot read its sparse index".to_owned()
    } else if message.contains("'link'") {
        "libgit2 cannot read its split index".to_owned()
    } else {
        format!("libgit2 cannot read it: {message}")
    }
}

fn checkout(repository: &Repository) -> Result<Checkout, git2::Error> {
    let head = match repository.head() {
        Ok(head) => head,
        Err(error) if is_unborn(&error) => return Ok(Checkout::NoCommit),
        Err(error) => return Err(error),
    };
    let commit = head.peel_to_commit()?;
    let (exact, tags) = tags(repository, commit.id())?;
    let version = Version::pick(&exact, &remote_branches(repository)?, &tags);
    let time = commit.committer().when().seconds();
    Ok(Checkout::At(SourceRevision {
        root: repository.workdir().unwrap_or(repository.path()).to_owned(),
        commit: commit.id().to_string(),
        short_commit: short_id(repository, &commit)?,
        committed_at: Timestamp::from_second(time).unwrap_or_default(),
        dirty: is_dirty(repository)?,
        branch: branch_name(&head),
        version,
        remote: remote_url(repository),
        shallow: repository.is_shallow(),
    }))
}

fn is_unborn(error: &git2::Error) -> bool {
    // A branch that was deleted below HEAD is reported as not found.
    matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound)
        && error.class() == ErrorClass::Reference
}

/// Returns whether git would say the same.
///
/// libgit2 runs no filters, knows no working-tree encodings, reports untracked files of submodules
/// as changes, and passes over replaced objects and files that reappeared outside of a sparse
/// checkout.
fn is_certain(repository: &Repository, checkout: &Checkout) -> bool {
    let is_dirty = checkout.revision().is_some_and(|revision| revision.dirty);
    !is_dirty && !has_replacements(repository) && !is_sparse(repository) && !has_filters(repository)
}

fn has_replacements(repository: &Repository) -> bool {
    let replacements = repository.references_glob("refs/replace/*");
    replacements.map_or(true, |mut found| found.next().is_some())
}

fn is_sparse(repository: &Repository) -> bool {
    let config = repository.config();
    config.is_ok_and(|config| config.get_bool("core.sparseCheckout").unwrap_or(false))
}

/// Files that are converted may differ although they have the bytes of the commit.
fn has_filters(repository: &Repository) -> bool {
    let in_the_tree = repository.workdir().map(|top| top.join(".gitattributes"));
    let own = repository.commondir().join("info/attributes");
    in_the_tree.into_iter().chain([own]).any(|file| {
        let text = fs_err::read_to_string(file).unwrap_or_default();
        text.contains("filter") || text.contains("working-tree-encoding")
    })
}

/// As git abbreviates: `core.abbrev`, else the more digits the more objects there are, and always
/// as many as tell the commit from all other objects.
fn short_id(repository: &Repository, commit: &Commit<'_>) -> Result<String, git2::Error> {
    let id = commit.as_object().short_id()?;
    let short = String::from_utf8_lossy(&id).into_owned();
    let is_configured = repository
        .config()
        .is_ok_and(|config| config.get_entry("core.abbrev").is_ok());
    if is_configured {
        return Ok(short);
    }
    let digits = abbreviation(packed_objects(repository)).max(short.len());
    Ok(commit.id().to_string().chars().take(digits).collect())
}

/// Returns how many digits git takes where there are so many packed objects: at 16,384 of them, an
/// abbreviation of 8 digits is about as safe as one of 7 is at half as many.
fn abbreviation(objects: u64) -> usize {
    let bits = u64::BITS - objects.leading_zeros();
    let digits = usize::try_from(bits.div_ceil(2)).unwrap_or(SHORTEST);
    digits.max(SHORTEST)
}

/// Counts the objects in packs, which alone count for git.
fn packed_objects(repository: &Repository) -> u64 {
    let packs = repository.commondir().join("objects/pack");
    let entries = fs_err::read_dir(packs).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let indexes = paths.filter(|path| path.extension() == Some(OsStr::new("idx")));
    indexes.filter_map(|index| indexed_objects(&index)).sum()
}

/// Reads the last entry of the fan-out table of a pack's index, which counts all objects.
fn indexed_objects(index: &Path) -> Option<u64> {
    use std::os::unix::fs::FileExt as _;
    const LAST: u64 = 255 * 4;
    let file = std::fs::File::open(index).ok()?;
    let word = |offset| {
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, offset).ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    // Since its second version, an index begins with a mark and its version.
    let header = if word(0)? == 0xff74_4f63 { 8 } else { 0 };
    word(header + LAST).map(u64::from)
}

fn branch_name(head: &Reference<'_>) -> Option<String> {
    if !head.is_branch() {
        return None;
    }
    head.shorthand().ok().map(str::to_owned)
}

/// As `git describe --dirty`: files that git does not track change nothing.
fn is_dirty(repository: &Repository) -> Result<bool, git2::Error> {
    if repository.is_bare() {
        return Ok(false);
    }
    let mut options = StatusOptions::new();
    options.include_untracked(false).update_index(false);
    let statuses = repository.statuses(Some(&mut options))?;
    let index = repository.index()?;
    let mut changes = statuses.iter().filter(|entry| {
        let missing = entry.status() == Status::WT_DELETED;
        !(missing && is_left_out(&index, entry.path_bytes()))
    });
    Ok(changes.next().is_some())
}

/// Returns whether a sparse checkout leaves a file out, which libgit2 takes for a deletion.
fn is_left_out(index: &Index, path: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    let entry = index.get_path(path, 0);
    entry.is_some_and(|entry| {
        let flags = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
        flags.contains(IndexEntryExtendedFlag::SKIP_WORKTREE)
    })
}

/// Returns the tags that point to the commit, and all tags that point to a commit.
fn tags(repository: &Repository, commit: Oid) -> Result<(Vec<String>, Vec<String>), git2::Error> {
    let mut exact = Vec::new();
    let mut all = Vec::new();
    for reference in repository.references_glob("refs/tags/*")? {
        let reference = reference?;
        // An annotated tag points to the commit through a tag object.
        let Ok(tagged) = reference.peel_to_commit() else {
            continue;
        };
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        let Some(name) = name.strip_prefix("refs/tags/") else {
            continue;
        };
        all.push(name.to_owned());
        if tagged.id() == commit {
            exact.push(name.to_owned());
        }
    }
    Ok((exact, all))
}

fn remote_branches(repository: &Repository) -> Result<Vec<String>, git2::Error> {
    let mut names = Vec::new();
    for branch in repository.branches(Some(git2::BranchType::Remote))? {
        let (branch, _) = branch?;
        names.extend(branch.name().ok().flatten().map(str::to_owned));
    }
    Ok(names)
}

/// `origin`, or the first of the other remotes.
fn remote_url(repository: &Repository) -> Option<String> {
    let remote = repository.find_remote("origin").ok().or_else(|| {
        let names = repository.remotes().ok()?;
        let name = names.get(0).ok().flatten()?.to_owned();
        repository.find_remote(&name).ok()
    })?;
    public_url(remote.url().ok()?)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::abbreviation;

    #[test_case(0 => 7)]
    #[test_case(8_191 => 7; "below eight thousand")]
    #[test_case(16_383 => 7; "fourteen bits")]
    #[test_case(16_384 => 8; "fifteen bits")]
    #[test_case(200_000 => 9; "a large project")]
    #[test_case(10_000_000 => 12; "a kernel")]
    fn more_objects_need_more_digits(objects: u64) -> usize {
        abbreviation(objects)
    }
}
