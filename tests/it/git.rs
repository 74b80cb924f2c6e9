//! Many states and formats of repositories, each compared to what git says of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use dynbuild::internals::git::{Checkout, GitProgram, SourceRevision, VersionOrigin};

/// How most repositories begin.
const BEGIN: &str = "git init -q -b main . && echo one > file && git add . && git commit -qm one \
                     && git tag v1.0.0\n";

/// Repositories: what they are, how they are made after [`BEGIN`], and what is read below them.
const BEGUN: &[(&str, &str)] = &[
    ("clean", ""),
    ("changed", "echo two > file"),
    (
        "changed back",
        "echo two > file; git status -s; echo one > file",
    ),
    ("touched", "touch -d '2001-01-01' file"),
    ("staged", "echo two > file; git add file"),
    (
        "staged and changed back",
        "echo two > file; git add file; echo one > file",
    ),
    ("removed", "rm file"),
    ("removed from the index", "git rm -q --cached file"),
    ("untracked", "echo x > other"),
    ("intent to add", "echo x > other; git add -N other"),
    (
        "assume unchanged",
        "git update-index --assume-unchanged file; echo two > file",
    ),
    (
        "skip worktree",
        "git update-index --skip-worktree file; echo two > file",
    ),
    (
        "skip worktree, gone",
        "git update-index --skip-worktree file; rm file",
    ),
    ("mode", "chmod +x file"),
    (
        "mode ignored",
        "git config core.fileMode false; chmod +x file",
    ),
    ("type", "rm file; ln -s nowhere file"),
    (
        "a directory for a file",
        "rm file; mkdir file; echo x > file/x",
    ),
    (
        "symbolic link",
        "ln -s file link; git add .; git commit -qm two; git tag v1.1.0",
    ),
    (
        "symbolic link moved",
        "ln -s file link; git add .; git commit -qm two; ln -sfn other link",
    ),
    (
        "no symbolic links",
        "ln -s file link; git add .; git commit -qm two; git config core.symlinks false; rm link; printf file > link",
    ),
    ("two commits", "echo two > file; git commit -qam two"),
    (
        "detached",
        "echo two > file; git commit -qam two; git checkout -q HEAD~1",
    ),
    ("annotated", "git tag -am x v2.0.0"),
    (
        "a tag of a tag",
        "git tag -am x inner; git tag -am y v2.0.0 inner; git tag -d v1.0.0 inner",
    ),
    (
        "a tag of a blob",
        "git tag -d v1.0.0; git tag v9.0.0 HEAD:file",
    ),
    (
        "a tag of a tree",
        "git tag -d v1.0.0; git tag v9.0.0 HEAD^{tree}",
    ),
    (
        "a tag of a missing object",
        "git tag -d v1.0.0; printf '%040d\\n' 7 > .git/refs/tags/v9.0.0",
    ),
    ("a broken tag", "echo nonsense > .git/refs/tags/v9.0.0"),
    (
        "packed references",
        "git tag -am x v1.2.0; git pack-refs --all",
    ),
    ("packed objects", "git gc -q"),
    (
        "an abbreviation",
        "git config core.abbrev 12; echo two > file; git commit -qam two",
    ),
    (
        "no abbreviation",
        "git config core.abbrev no; echo two > file; git commit -qam two",
    ),
    (
        "automatic abbreviation",
        "git config core.abbrev auto; echo two > file; git commit -qam two",
    ),
    (
        "many objects",
        "i=0; while [ $i -lt 9000 ]; do printf 'blob\\ndata <<E\\n%d\\nE\\n' $i; i=$((i+1)); done > /tmp/in.$$; git fast-import --quiet < /tmp/in.$$; rm /tmp/in.$$; git fast-import --quiet < /dev/null",
    ),
    (
        "split index",
        "git update-index --split-index; echo two > file",
    ),
    ("split index, clean", "git update-index --split-index"),
    ("index version 4", "git update-index --index-version 4"),
    (
        "index with a skipped hash",
        "git config index.skipHash true; echo x > y; git add y; git commit -qm two",
    ),
    (
        "untracked cache",
        "git update-index --untracked-cache || true",
    ),
    (
        "partial clone",
        "git config core.repositoryFormatVersion 1; git config extensions.partialClone origin; git config remote.origin.url https://example.invalid/x; git config remote.origin.promisor true",
    ),
    (
        "partial clone with a missing tag",
        "git config core.repositoryFormatVersion 1; git config extensions.partialClone origin; git config remote.origin.url https://example.invalid/x; git config remote.origin.promisor true; printf '%040d\\n' 7 > .git/refs/tags/v9.0.0",
    ),
    (
        "worktree configuration",
        "git config extensions.worktreeConfig true; git config --worktree core.abbrev 9",
    ),
    (
        "precious objects",
        "git config core.repositoryFormatVersion 1; git config extensions.preciousObjects true",
    ),
    (
        "ident",
        "echo '$Id$' > id; echo 'id ident' > .gitattributes; git add .; git commit -qm two; rm id; git checkout -q id",
    ),
    (
        "crlf",
        "printf 'a\\r\\n' > text; echo '* text=auto' > .gitattributes; git add . 2>&1; git commit -qm two; touch -d 2001-01-01 text",
    ),
    (
        "automatic crlf",
        "git config core.autocrlf true; rm file; git checkout -q file; touch -d 2001-01-01 file",
    ),
    (
        "crlf as input",
        "git config core.autocrlf input; printf 'one\\r\\n' > file",
    ),
    (
        "crlf in the commit",
        "git config core.autocrlf false; printf 'a\\r\\n' > text; git add .; git commit -qm two; git config core.autocrlf true; touch -d 2001-01-01 text",
    ),
    (
        "eol",
        "echo '* text eol=crlf' > .gitattributes; git add .; git commit -qm two; rm file; git checkout -q file; touch -d 2001-01-01 file",
    ),
    (
        "a filter",
        "git config filter.up.clean 'tr A-Z a-z'; git config filter.up.smudge 'tr a-z A-Z'; echo '*.t filter=up' > .gitattributes; echo HELLO > x.t; git add .; git commit -qm two; touch -d 2001-01-01 x.t",
    ),
    (
        "a filter, changed",
        "git config filter.up.clean 'tr A-Z a-z'; echo '*.t filter=up' > .gitattributes; echo HELLO > x.t; git add .; git commit -qm two; echo OTHER > x.t",
    ),
    (
        "a filter that is gone",
        "git config filter.up.clean 'tr A-Z a-z'; echo '*.t filter=up' > .gitattributes; echo HELLO > x.t; git add .; git commit -qm two; git config --unset filter.up.clean; touch -d 2001-01-01 x.t",
    ),
    (
        "a filter in info",
        "git config filter.up.clean 'tr A-Z a-z'; echo '*.t filter=up' > .git/info/attributes; echo HELLO > x.t; git add .; git commit -qm two; touch -d 2001-01-01 x.t",
    ),
    (
        "a filter below",
        "git config filter.up.clean 'tr A-Z a-z'; mkdir d; echo '*.t filter=up' > d/.gitattributes; echo HELLO > d/x.t; git add .; git commit -qm two; touch -d 2001-01-01 d/x.t",
    ),
    (
        "working-tree encoding",
        "echo '*.u working-tree-encoding=UTF-16' > .gitattributes; printf 'a' | iconv -t UTF-16 > x.u; git add .; git commit -qm two; touch -d 2001-01-01 x.u",
    ),
    (
        "an untracked file in a submodule",
        "git init -q -b main ../inner; (cd ../inner; echo i > i; git add .; git commit -qm i); git -c protocol.file.allow=always submodule --quiet add ../inner sub; git commit -qm two; git tag v5.0.0; echo x > sub/new",
    ),
    (
        "a changed file in a submodule",
        "git init -q -b main ../inner; (cd ../inner; echo i > i; git add .; git commit -qm i); git -c protocol.file.allow=always submodule --quiet add ../inner sub; git commit -qm two; echo x > sub/i",
    ),
    (
        "a moved submodule",
        "git init -q -b main ../inner; (cd ../inner; echo i > i; git add .; git commit -qm i); git -c protocol.file.allow=always submodule --quiet add ../inner sub; git commit -qm two; (cd sub; git commit -q --allow-empty -m more)",
    ),
    (
        "an ignored submodule",
        "git init -q -b main ../inner; (cd ../inner; echo i > i; git add .; git commit -qm i); git -c protocol.file.allow=always submodule --quiet add ../inner sub; git commit -qm two; git config submodule.sub.ignore all; (cd sub; git commit -q --allow-empty -m more)",
    ),
    (
        "a submodule that is not there",
        "git init -q -b main ../inner; (cd ../inner; echo i > i; git add .; git commit -qm i); git -c protocol.file.allow=always submodule --quiet add ../inner sub; git commit -qm two; git submodule --quiet deinit -f sub",
    ),
    (
        "sparse",
        "mkdir a b; echo a > a/f; echo b > b/f; git add .; git commit -qm two; git sparse-checkout set a",
    ),
    (
        "sparse index",
        "mkdir a b; echo a > a/f; echo b > b/f; git add .; git commit -qm two; git sparse-checkout set --sparse-index a",
    ),
    (
        "a file that is back",
        "mkdir a b; echo a > a/f; echo b > b/f; git add .; git commit -qm two; git sparse-checkout set a; mkdir b; echo other > b/f",
    ),
    (
        "replaced",
        "echo two > file; git commit -qam two; git replace HEAD HEAD~1",
    ),
    (
        "merging",
        "git checkout -qb x; echo x > file; git commit -qam x; git checkout -q main; echo y > file; git commit -qam y; git merge -q x || true",
    ),
    (
        "rebasing",
        "git checkout -qb x; echo x > file; git commit -qam x; git checkout -q main; echo y > file; git commit -qam y; git rebase -q x 2>/dev/null || true",
    ),
    (
        "an odd branch",
        "git checkout -qb 'feature/x.y+z'; echo two > file; git commit -qam two",
    ),
    (
        "a branch like a tag",
        "git branch v1.0.0; git checkout -q refs/heads/v1.0.0; git checkout -q v1.0.0 2>/dev/null || true",
    ),
    (
        "release branch",
        "echo two > file; git commit -qam two; git update-ref refs/remotes/origin/release/2.0.0 HEAD",
    ),
    (
        "remote",
        "git remote add origin https://user:secret@example.com/x.git",
    ),
    (
        "another remote",
        "git remote add upstream git@example.com:x/y.git",
    ),
    (
        "a url that is replaced",
        "git remote add origin gh:x/y; git config url.https://example.com/.insteadOf gh:",
    ),
    (
        "a file name that is odd",
        "printf x > \"$(printf 'a\\tb\\303\\244')\"; git add .; git commit -qm two",
    ),
    ("an empty .git inside", "mkdir -p d/.git"),
    (
        "a racy file",
        "echo two > file; git add file; git commit -qm two; echo tow > file",
    ),
    (
        "trust of times",
        "git config core.trustctime false; git config core.checkStat minimal; touch -d 2001-01-01 file",
    ),
    (
        "a monitor that must not run",
        "git config core.fsmonitor \"$PWD/evil\"; printf '#!/bin/sh\\ntouch \"%s/../ran\"\\n' \"$PWD\" > evil; chmod +x evil; echo evil > .git/info/exclude; echo two > file",
    ),
    (
        "hooks that must not run",
        "for h in post-index-change reference-transaction; do printf '#!/bin/sh\\ntouch \"%s/../ran\"\\n' \"$PWD\" > .git/hooks/$h; chmod +x .git/hooks/$h; done; touch -d 2001-01-01 file; echo two > file",
    ),
    (
        "a signature that must not be checked",
        "git config log.showSignature true; git config gpg.program \"$PWD/.git/evil\"; printf '#!/bin/sh\\ntouch \"%s/../ran\"\\n' \"$PWD\" > .git/evil; chmod +x .git/evil; echo two > file",
    ),
    (
        "an alias that must not run",
        "git config alias.describe '!touch ../ran'; git config core.pager 'touch ../ran'; git config diff.external 'touch ../ran'; echo two > file",
    ),
];

/// Repositories that begin otherwise.
const OTHERS: &[(&str, &str)] = &[
    ("none", "true"),
    ("no commit", "git init -q -b main ."),
    (
        "no commit, something staged",
        "git init -q -b main .; echo x > x; git add x",
    ),
    (
        "sha256",
        "git init -q -b main --object-format=sha256 .; echo one > file; git add .; git commit -qm one; git tag v1.0.0",
    ),
    (
        "sha256, changed",
        "git init -q -b main --object-format=sha256 .; echo one > file; git add .; git commit -qm one; echo two > file",
    ),
    (
        "reftable",
        "git init -q -b main --ref-format=reftable .; echo one > file; git add .; git commit -qm one; git tag v1.0.0; git tag -am x v1.1.0",
    ),
    (
        "reftable, no commit",
        "git init -q -b main --ref-format=reftable .",
    ),
    (
        "sha256 and reftable",
        "git init -q -b main --object-format=sha256 --ref-format=reftable .; echo one > file; git add .; git commit -qm one; git tag v1.0.0",
    ),
    (
        "separate directory",
        "git init -q -b main --separate-git-dir ../data .; echo one > file; git add .; git commit -qm one; git tag v1.0.0",
    ),
    (
        "separate directory, changed",
        "git init -q -b main --separate-git-dir ../data .; echo one > file; git add .; git commit -qm one; echo two > file",
    ),
    (
        "linked",
        "git init -q -b main .; echo one > file; git add .; git commit -qm one; git tag v1.0.0; mv .git ../data; ln -s ../data .git",
    ),
    (
        "linked, parent with files",
        "git init -q -b main .; echo one > file; git add .; git commit -qm one; git tag v1.0.0; mv .git ../data; ln -s ../data .git; echo other > ../file",
    ),
    (
        "linked, changed",
        "git init -q -b main .; echo one > file; git add .; git commit -qm one; mv .git ../data; ln -s ../data .git; echo two > file",
    ),
    (
        "worktree",
        "git init -q -b main ../main; cd ../main; echo one > file; git add .; git commit -qm one; git tag v1.0.0; rmdir ../tree; git worktree add -q ../tree",
    ),
    (
        "worktree, changed",
        "git init -q -b main ../main; cd ../main; echo one > file; git add .; git commit -qm one; rmdir ../tree; git worktree add -q ../tree; echo two > ../tree/file",
    ),
    (
        "worktree, detached",
        "git init -q -b main ../main; cd ../main; echo one > file; git add .; git commit -qm one; git tag v1.0.0; rmdir ../tree; git worktree add -q --detach ../tree",
    ),
    (
        "worktree with a sparse checkout",
        "git init -q -b main ../main; cd ../main; mkdir a b; echo a > a/f; echo b > b/f; git add .; git commit -qm one; rmdir ../tree; git worktree add -q ../tree; cd ../tree; git sparse-checkout set a",
    ),
    (
        "relative worktree",
        "git init -q -b main ../main; cd ../main; echo one > file; git add .; git commit -qm one; git tag v1.0.0; rmdir ../tree; git worktree add -q --relative-paths ../tree",
    ),
    (
        "bare",
        "git init -q --bare -b main ../b; git init -q -b main ../w; cd ../w; echo one > file; git add .; git commit -qm one; git tag v1.0.0; git push -q ../b main v1.0.0; cd ..; rmdir tree; mv b tree",
    ),
    (
        "shallow",
        "git init -q -b main ../o; cd ../o; echo one > file; git add .; git commit -qm one; git tag v1.0.0; echo two > file; git commit -qam two; cd ..; rmdir tree; git clone -q --depth 1 file://$PWD/o tree",
    ),
    (
        "a clone without blobs",
        "git init -q -b main ../o; cd ../o; git config uploadpack.allowFilter true; echo one > file; git add .; git commit -qm one; git tag v1.0.0; cd ..; rmdir tree; git clone -q --filter=blob:none file://$PWD/o tree",
    ),
    (
        "a clone without trees",
        "git init -q -b main ../o; cd ../o; git config uploadpack.allowFilter true; echo one > file; git add .; git commit -qm one; echo two > file; git commit -qam two; git tag v1.0.0; cd ..; rmdir tree; git clone -q --filter=tree:0 file://$PWD/o tree; echo x > tree/file",
    ),
    (
        "alternates",
        "git init -q -b main ../o; cd ../o; echo one > file; git add .; git commit -qm one; git tag v1.0.0; cd ..; rmdir tree; git clone -q --shared o tree",
    ),
    (
        "a single branch",
        "git init -q -b main ../o; cd ../o; echo one > file; git add .; git commit -qm one; git tag v1.0.0; git branch release/3.0.0; echo two > file; git commit -qam two; cd ..; rmdir tree; git clone -q o tree",
    ),
    (
        "another working tree",
        "git init -q -b main .; git config core.worktree \"$PWD\"; echo one > file; git add .; git commit -qm one; git tag v1.0.0",
    ),
    ("a dangling file", "echo 'gitdir: /no/such/place' > .git"),
    (
        "a broken head",
        "git init -q -b main .; echo nonsense > .git/HEAD",
    ),
    (
        "a missing head commit",
        "git init -q -b main .; printf '%040d\\n' 7 > .git/refs/heads/main",
    ),
    (
        "an unknown extension",
        "git init -q -b main .; git config core.repositoryFormatVersion 1; git config extensions.frobnicate true",
    ),
];

/// What git itself says, in the words of [`SourceRevision`].
#[derive(Debug, PartialEq, Eq)]
enum Said {
    NoRepository,
    NoCommit,
    Unreadable,
    At {
        commit: String,
        short: String,
        dirty: bool,
        branch: Option<String>,
        exact: bool,
    },
}

struct Lab {
    directory: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Lab {
    #[expect(clippy::disallowed_methods, reason = "tests are no commands of ours")]
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs_err::create_dir(directory.path().join("tree")).expect("created");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let home = directory.path().display().to_string();
        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), path.to_string_lossy().into_owned()),
            ("HOME".to_owned(), home),
        ]);
        for name in ["AUTHOR", "COMMITTER"] {
            environment.insert(format!("GIT_{name}_NAME"), "A".into());
            environment.insert(format!("GIT_{name}_EMAIL"), "a@example.com".into());
            environment.insert(format!("GIT_{name}_DATE"), "1700000000 +0000".into());
        }
        Self {
            directory,
            environment,
        }
    }

    fn tree(&self) -> std::path::PathBuf {
        self.directory.path().join("tree")
    }

    fn run(&self, program: &str, words: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment);
        let output = command.args(words).current_dir(self.tree()).output();
        output.expect("it runs")
    }

    /// Makes the repository; says why if this git cannot.
    fn make(&self, script: &str) -> Result<(), String> {
        let made = self.run("sh", &["-euc", script]);
        let complaint = String::from_utf8_lossy(&made.stderr).into_owned();
        made.status.success().then_some(()).ok_or(complaint)
    }

    fn ask(&self, words: &[&str]) -> Result<String, String> {
        let said = self.run("git", words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if said.status.success() {
            Ok(text(&said.stdout))
        } else {
            Err(text(&said.stderr))
        }
    }

    fn git_says(&self) -> Said {
        if let Err(error) = self.ask(&["rev-parse", "--git-dir"]) {
            return if error.contains("or any of the parent") || error.contains("or any parent") {
                Said::NoRepository
            } else {
                Said::Unreadable
            };
        }
        let head = self.ask(&["rev-parse", "--verify", "-q", "HEAD^{commit}"]);
        let branch = self.ask(&["symbolic-ref", "-q", "HEAD"]).ok();
        let branch = branch.map(|name| name.trim_start_matches("refs/heads/").to_owned());
        let Ok(commit) = head else {
            let unborn = self.ask(&["rev-parse", "--verify", "-q", "HEAD"]).is_err();
            return if unborn && branch.is_some() {
                Said::NoCommit
            } else {
                Said::Unreadable
            };
        };
        let bare = self.ask(&["rev-parse", "--is-bare-repository"]) == Ok("true".into());
        let flag: &[_] = if bare { &[] } else { &["--dirty"] };
        let words = [&["describe", "--always", "--exclude=*"], flag].concat();
        let described = self.ask(&words).expect("a description");
        let (short, dirty) = match described.strip_suffix("-dirty") {
            Some(short) => (short.to_owned(), true),
            None => (described, false),
        };
        Said::At {
            commit,
            short,
            dirty,
            branch,
            exact: self.ask(&["describe", "--tags", "--exact-match"]).is_ok(),
        }
    }

    fn we_say(&self, program: &GitProgram) -> Said {
        said(&Checkout::read(&self.tree(), program))
    }
}

fn said(checkout: &Checkout) -> Said {
    match checkout {
        Checkout::NoRepository => Said::NoRepository,
        Checkout::NoCommit => Said::NoCommit,
        Checkout::Unreadable(_) => Said::Unreadable,
        Checkout::At(revision) => {
            let SourceRevision {
                commit,
                short_commit,
                dirty,
                branch,
                version,
                ..
            } = revision.clone();
            Said::At {
                commit,
                short: short_commit,
                dirty,
                branch,
                exact: matches!(version.origin, VersionOrigin::ExactTag(_)),
            }
        }
    }
}

fn repositories() -> impl Iterator<Item = (&'static str, String)> {
    let begun = BEGUN
        .iter()
        .map(|(name, script)| (*name, format!("{BEGIN}{script}")));
    let others = OTHERS
        .iter()
        .map(|(name, script)| (*name, (*script).to_owned()));
    begun.chain(others)
}

#[test]
fn every_repository_is_what_git_says_of_it() {
    let mut wrong = Vec::new();
    for (name, script) in repositories() {
        let lab = Lab::new();
        if let Err(reason) = lab.make(&script) {
            eprintln!("skipped: this git makes no repository `{name}`: {reason}");
            continue;
        }
        let before = index_of(&lab.tree());
        let ours = lab.we_say(&GitProgram::new(&lab.environment));
        if lab.directory.path().join("ran").exists() {
            wrong.push(format!("{name}: a program of the repository was run"));
        }
        if index_of(&lab.tree()) != before {
            wrong.push(format!("{name}: the index was written"));
        }
        let theirs = lab.git_says();
        if ours != theirs {
            wrong.push(format!(
                "{name}:\n  git says {theirs:?}\n  we say   {ours:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn index_of(tree: &Path) -> Option<Vec<u8>> {
    fs_err::read(tree.join(".git/index")).ok()
}

/// Without the program, a repository may be unreadable, and a clean tree that needs a filter looks
/// changed; nothing else may differ.
#[test]
fn without_the_program_nothing_is_made_up() {
    let mut wrong = Vec::new();
    for (name, script) in repositories() {
        let lab = Lab::new();
        if lab.make(&script).is_err() {
            continue;
        }
        let ours = lab.we_say(&GitProgram::default());
        let theirs = lab.git_says();
        let is_near = match (&ours, &theirs) {
            (Said::Unreadable, _) => true,
            (Said::At { commit: own, .. }, Said::At { commit, .. }) => own == commit,
            (own, other) => own == other,
        };
        if !is_near {
            wrong.push(format!(
                "{name}:\n  git says {theirs:?}\n  we say   {ours:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn trust_is_what_the_environment_says() {
    let lab = Lab::new();
    lab.make(BEGIN).expect("a repository");
    for path in [lab.tree(), lab.tree().join(".git")] {
        if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
            eprintln!("skipped: not root, so no file can be given away");
            return;
        }
    }
    let parent = lab.directory.path().display().to_string();
    let config = lab.directory.path().join("elsewhere");
    fs_err::write(&config, format!("[safe]\n directory = {parent}/*\n")).expect("written");
    let config = config.display().to_string();
    let trusted: [&[(&str, &str)]; 4] = [
        &[],
        &[("GIT_CONFIG_GLOBAL", &config)],
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
        ],
        &[("GIT_CONFIG_PARAMETERS", "'safe.directory'='*'")],
    ];
    for variables in trusted {
        let mut lab = Lab {
            environment: lab.environment.clone(),
            directory: tempfile::tempdir().expect("a directory"),
        };
        std::os::unix::fs::symlink(Path::new(&parent).join("tree"), lab.tree()).expect("linked");
        let own = variables.iter();
        let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        lab.environment.extend(own);
        let ours = lab.we_say(&GitProgram::new(&lab.environment));
        assert_eq!(ours, lab.git_says(), "{variables:?}");
    }
}

/// A hook of git runs with variables that name its own repository.
#[test]
fn variables_of_another_repository_are_not_followed() {
    let mut lab = Lab::new();
    lab.make(&format!(
        "{BEGIN}git config core.fsmonitor false; echo two > file"
    ))
    .expect("a repository");
    let theirs = lab.git_says();
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        lab.environment
            .insert(name.to_owned(), "/no/such/place".into());
    }
    assert_eq!(lab.we_say(&GitProgram::new(&lab.environment)), theirs);
}
