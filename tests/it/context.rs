//! Build contexts on real engines: what arrives is what docker would have sent, or an error names
//! the file.

use std::ffi::OsStr;
use std::fs::{File, FileTimes, Permissions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dynbuild::internals::buildkit::{
    Agents, Credentials, Destination, LocalDir, SecretStore, Session, SessionOptions, local,
};
use dynbuild::internals::buildkit::{Archive, ArchiveFormat, Export, ImageOptions};
use dynbuild::internals::buildkit::{Client, SolveError, SolveRequest};
use dynbuild::internals::buildkit::{DockerfileOptions, ImageResolve};
use dynbuild::internals::buildkit::{Transfer, TransferIssue};
use dynbuild::internals::credentials::Keyring;
use dynbuild::internals::dial::{Address, Endpoint};
use rustix::fs::{CWD, FileType, Mode};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::engines::{self, Engine};
use crate::support::tree::Tree;

/// Copies everything; the directory that it makes has the time of the build.
const COPY_ALL: &str = "FROM scratch\nCOPY . /c\n";

/// The base image that is on every test engine.
const BASE: &str = "debian:bookworm-slim";

/// What came of a build with our client.
struct Built {
    result: Result<Option<Tree>, SolveError>,
    issues: Vec<Arc<TransferIssue>>,
}

impl Built {
    fn tree(self) -> Tree {
        self.result.expect("built").expect("exported").without("c")
    }

    /// The engine's words and ours, for a build that failed.
    fn failure(self) -> (String, Vec<String>) {
        let error = self.result.expect_err("the build fails").to_string();
        (error, self.issues.iter().map(ToString::to_string).collect())
    }
}

async fn connect(engine: &Engine) -> Client {
    let socket = engine.host.strip_prefix("unix://").expect("a unix socket");
    let endpoint = Endpoint::engine(Address::Unix(socket.into()));
    Client::connect(&endpoint)
        .await
        .expect("the engine answers")
}

async fn session(client: &Client, context: &Path, dockerfile: &str) -> Session {
    session_with_key(&engines::unique("context"), client, context, dockerfile).await
}

/// Opens a session for which the engine looks at what it kept under that key.
async fn session_with_key(key: &str, client: &Client, context: &Path, dockerfile: &str) -> Session {
    let dockerfile = [("Dockerfile", dockerfile.to_owned())];
    let options = SessionOptions {
        shared_key: key.to_owned(),
        directories: vec![
            LocalDir::memory(local::DOCKERFILE, dockerfile),
            LocalDir::directory(local::CONTEXT, context),
        ],
        secrets: SecretStore::default(),
        credentials: Credentials::new(Keyring::default()),
        agents: Agents::default(),
    };
    client.open_session(options).await.expect("a session")
}

/// Runs a build to its end.
async fn solve(client: &Client, session: &Session, exports: Vec<Export>) -> Result<(), SolveError> {
    let dockerfile = DockerfileOptions {
        image_resolve: ImageResolve::PreferLocal,
        ..DockerfileOptions::default()
    };
    let request = SolveRequest {
        dockerfile,
        exports,
        ..SolveRequest::default()
    };
    let (events, mut received) = mpsc::channel(16);
    let cancel = CancellationToken::new();
    let build = client.solve(session, request, events, &cancel);
    let drain = async { while received.recv().await.is_some() {} };
    tokio::join!(build, drain).0.map(|_| ())
}

fn issues(session: &Session) -> Vec<Arc<TransferIssue>> {
    session
        .files()
        .transfers()
        .iter()
        .flat_map(Transfer::issues)
        .collect()
}

/// Builds with our client and returns the image's files.
async fn build(engine: &Engine, context: &Path, dockerfile: &str) -> Built {
    let client = connect(engine).await;
    let session = session(&client, context, dockerfile).await;
    build_with(&client, &session).await
}

async fn build_with(client: &Client, session: &Session) -> Built {
    let output = tempfile::tempdir().expect("a directory");
    let archive = output.path().join("image.tar");
    let export = Export::Archive(Archive {
        format: ArchiveFormat::Tar,
        image: ImageOptions::default(),
        destination: Destination::File(archive.clone()),
    });
    let result = solve(client, session, vec![export]).await;
    let result = result.map(|()| File::open(&archive).ok().map(Tree::from_tar));
    Built {
        result,
        issues: issues(session),
    }
}

/// Builds with docker's own client.
fn docker_build(engine: &Engine, context: &Path, dockerfile: &str) -> Tree {
    let output = tempfile::tempdir().expect("a directory");
    let [dockerfile_path, archive] =
        ["Dockerfile", "image.tar"].map(|name| output.path().join(name));
    fs_err::write(&dockerfile_path, dockerfile).expect("written");
    let destination = format!("type=tar,dest={}", archive.display());
    let mut buildx = engine.buildx();
    buildx.args(["build", "--quiet", "--output", &destination, "--file"]);
    engine.run(buildx.arg(&dockerfile_path).arg(context));
    Tree::from_tar(File::open(&archive).expect("an archive")).without("c")
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn write(context: &Path, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
    let path = context.join(name);
    fs_err::create_dir_all(path.parent().expect("a parent")).expect("created");
    fs_err::write(path, text).expect("written");
}

fn set_mode(context: &Path, path: &str, mode: u32) {
    fs_err::set_permissions(context.join(path), Permissions::from_mode(mode)).expect("set");
}

/// Everything that file systems can hold and images have a place for.
fn awkward_tree(context: &Path) {
    write(
        context,
        ".dockerignore",
        "ignored\n**/*.tmp\n!keep.tmp\n# comment\n/left/out/\n",
    );
    for path in [
        "plain",
        "with space",
        "line\nbreak",
        "\u{e9}t\u{e9}/\u{1f980}",
        ".hidden/.file",
    ] {
        write(context, path, path);
    }
    for path in [
        "ignored/a",
        "drop.tmp",
        "keep.tmp",
        "d/drop.tmp",
        "left/out/a",
        "left/in",
    ] {
        write(context, path, path);
    }
    fs_err::create_dir_all(context.join("empty/nested")).expect("created");
    for (target, link) in [
        ("missing", "dangling"),
        ("/etc/hostname", "absolute"),
        ("../../../etc", "outside"),
        ("loop-b", "loop-a"),
        ("loop-a", "loop-b"),
        (".", "itself"),
        ("plain", "to plain"),
    ] {
        symlink(target, context.join(link)).expect("linked");
    }
    for (target, link) in [
        ("plain", "z-same"),
        ("plain", "d/same"),
        ("ignored/a", "of-ignored-1"),
        ("ignored/a", "of-ignored-2"),
    ] {
        fs_err::hard_link(context.join(target), context.join(link)).expect("linked");
    }
    for (path, mode) in [
        ("setuid", 0o4755),
        ("setgid", 0o2711),
        ("secret", 0o600),
        ("none", 0),
    ] {
        write(context, path, path);
        set_mode(context, path, mode);
    }
    fs_err::create_dir(context.join("sticky")).expect("created");
    set_mode(context, "sticky", 0o1777);
    set_mode(context, "empty", 0o2750);
    rustix::fs::mknodat(CWD, context.join("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("made");
    drop(UnixListener::bind(context.join("socket")).expect("bound"));
    write(context, "old", "old");
    let old = SystemTime::UNIX_EPOCH + Duration::new(981_173_106, 123_456_789);
    let file = File::options()
        .write(true)
        .open(context.join("old"))
        .expect("opened");
    file.set_times(FileTimes::new().set_modified(old))
        .expect("set");
    let sparse = File::create(context.join("sparse")).expect("created");
    sparse.set_len(5 << 20).expect("sparse");
    // Not every file system has them; where they are, both must send them.
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(context.join("plain"), "user.dynbuild", b"value", flags).ok();
}

#[tokio::test]
async fn an_awkward_tree_arrives_as_docker_sends_it() {
    for engine in engines::all() {
        let context = directory();
        awkward_tree(context.path());
        let ours = build(&engine, context.path(), COPY_ALL).await.tree();
        let theirs = docker_build(&engine, context.path(), COPY_ALL);
        assert_eq!(ours.differences(&theirs), [""; 0], "on {}", engine.name);
        assert!(ours.len() > 30, "{ours:?}");
        assert_eq!(ours.get("c/socket").size, 0);
    }
}

#[tokio::test]
async fn copied_paths_are_followed_through_links() {
    for engine in engines::all() {
        let context = directory();
        let path = context.path();
        for file in [
            "real/sub/file",
            "real/other",
            "unused/file",
            "shared/a",
            "shared/b",
        ] {
            write(path, file, file);
        }
        for (target, link) in [
            ("real/sub", "link"),
            ("/shared", "absolute"),
            ("absolute", "again"),
        ] {
            symlink(target, path.join(link)).expect("linked");
        }
        let dockerfile = "FROM scratch\nCOPY link/file again/a /c/\nCOPY re*/other /c/\n";
        let ours = build(&engine, path, dockerfile).await.tree();
        let theirs = docker_build(&engine, path, dockerfile);
        assert_eq!(ours.differences(&theirs), [""; 0], "on {}", engine.name);
    }
}

#[tokio::test]
async fn a_second_build_sends_only_what_changed() {
    for engine in engines::all() {
        let context = directory();
        let path = context.path();
        for number in 0..20 {
            write(path, format!("file{number}"), [b'x'; 1000]);
        }
        fs_err::hard_link(path.join("file1"), path.join("same")).expect("linked");
        let key = engines::unique("context");
        let client = connect(&engine).await;
        // Within one session the engine takes a directory for unchanged, so each build has its own.
        let build = async || {
            let session = session_with_key(&key, &client, path, COPY_ALL).await;
            let tree = build_with(&client, &session).await.tree();
            (tree, session.files().transfers()[0].size().bytes)
        };
        assert_eq!(build().await.1, 20_000, "on {}", engine.name);
        assert_eq!(build().await.1, 0, "nothing changed, on {}", engine.name);
        // The same length: only the time tells.
        write(path, "file7", [b'y'; 1000]);
        let (tree, sent) = build().await;
        assert_eq!(sent, 1_000, "one file changed, on {}", engine.name);
        let theirs = docker_build(&engine, path, COPY_ALL);
        assert_eq!(tree.differences(&theirs), [""; 0], "on {}", engine.name);
    }
}

#[tokio::test]
async fn a_name_that_is_not_utf8_is_refused_by_name() {
    for engine in engines::all() {
        let context = directory();
        write(context.path(), "src/good", "");
        write(
            context.path(),
            Path::new("src").join(OsStr::from_bytes(b"bad\xff.txt")),
            "",
        );
        let (error, issues) = build(&engine, context.path(), COPY_ALL).await.failure();
        let expected = r"`src/bad\xff.txt` of the build context has a name that is not UTF-8";
        assert!(error.contains(expected), "on {}: {error}", engine.name);
        assert_eq!(issues, [expected]);
    }
}

/// Runs a build whose files are read by somebody who is not root.
fn as_nobody<T>(build: impl Future<Output = T>) -> T {
    let nobody = rustix::process::Uid::from_raw(65_534);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Files are read by threads that the runtime starts; this one goes on as it is, as it may
        // need root to reach the engine.
        .on_thread_start(move || {
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).expect("not root");
            }
        })
        .build()
        .expect("a runtime");
    runtime.block_on(build)
}

#[test]
fn a_file_that_cannot_be_read_is_refused_by_name() {
    for engine in engines::all() {
        let context = directory();
        set_mode(context.path(), ".", 0o755);
        write(context.path(), "readable", "");
        write(context.path(), "private/key", "");
        set_mode(context.path(), "private/key", 0);
        let built = as_nobody(build(&engine, context.path(), COPY_ALL));
        let (error, issues) = built.failure();
        let expected = "Cannot read `private/key` of the build context";
        assert!(error.contains(expected), "on {}: {error}", engine.name);
        assert_eq!(issues, [expected]);

        fs_err::write(context.path().join(".dockerignore"), "private").expect("written");
        let tree = as_nobody(build(&engine, context.path(), COPY_ALL)).tree();
        assert_eq!(tree.get("c/readable").size, 0);
    }
}

#[test]
fn a_directory_that_cannot_be_listed_is_refused_by_name() {
    for engine in engines::newest() {
        let context = directory();
        set_mode(context.path(), ".", 0o755);
        write(context.path(), "private/key", "");
        set_mode(context.path(), "private", 0);
        let built = as_nobody(build(&engine, context.path(), COPY_ALL));
        let (error, issues) = built.failure();
        let expected = "Cannot list `private` of the build context";
        assert!(error.contains(expected), "on {}: {error}", engine.name);
        assert_eq!(issues, [expected]);
    }
}

/// Builds, and does something to the context as soon as all of it has been announced.
async fn build_disturbed(engine: &Engine, context: &Path, disturb: impl FnOnce()) -> Built {
    let entries = u64::try_from(fs_err::read_dir(context).expect("listed").count()).expect("few");
    let client = connect(engine).await;
    let session = session(&client, context, COPY_ALL).await;
    let disturb = async {
        let announced = || session.files().transfers()[0].size().entries;
        while announced() < entries {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        disturb();
    };
    tokio::join!(build_with(&client, &session), disturb).0
}

/// Files that keep the readers busy, and one behind them.
fn slow_context() -> TempDir {
    let context = directory();
    for number in 0..16 {
        write(
            context.path(),
            format!("large{number:02}"),
            vec![b'x'; 4 << 20],
        );
    }
    write(context.path(), "z", "content");
    context
}

#[tokio::test]
async fn a_file_that_vanishes_is_never_an_empty_file() {
    for engine in engines::newest() {
        let context = slow_context();
        let file = context.path().join("z");
        let remove = || fs_err::remove_file(&file).expect("removed");
        let built = build_disturbed(&engine, context.path(), remove).await;
        // Either it was read before it vanished, or the error names it.
        if built.result.is_ok() {
            assert_eq!(built.tree().get("c/z").size, 7, "on {}", engine.name);
        } else {
            let (error, _) = built.failure();
            assert!(
                error.contains("Cannot read `z`"),
                "on {}: {error}",
                engine.name
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_grows_is_sent_and_reported() {
    for engine in engines::newest() {
        let context = slow_context();
        let path = context.path().join("z");
        let grow = || {
            let mut file = File::options().append(true).open(&path).expect("opened");
            file.write_all(b" and more").expect("written");
        };
        let built = build_disturbed(&engine, context.path(), grow).await;
        let reported = built
            .issues
            .iter()
            .any(|issue| issue.to_string().contains("`z`"));
        let size = built.tree().get("c/z").size;
        assert!(
            (size, reported) == (7, false) || (size, reported) == (16, true),
            "{size} {reported}"
        );
    }
}

#[tokio::test]
async fn fifty_thousand_files_arrive() {
    let Some(engine) = engines::newest().into_iter().next() else {
        return;
    };
    let context = directory();
    for number in 0..50_000 {
        let (directory, file) = (number / 500, number % 500);
        if file == 0 {
            fs_err::create_dir(context.path().join(format!("d{directory}"))).expect("created");
        }
        let path = context.path().join(format!("d{directory}/f{file}"));
        fs_err::write(path, number.to_string()).expect("written");
    }
    let ours = build(&engine, context.path(), COPY_ALL).await.tree();
    assert_eq!(ours.len(), 50_100);
    let theirs = docker_build(&engine, context.path(), COPY_ALL);
    assert_eq!(ours.differences(&theirs), [""; 0]);
}

/// The most memory that this process has had, in bytes.
fn peak_memory() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").expect("read");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    let kibibytes: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    kibibytes << 10
}

/// The name of the test that follows, as the test harness knows it.
const ALONE: &str = "context::a_large_file_in_a_process_of_its_own";

#[tokio::test]
#[ignore = "run by a_large_file_takes_little_memory, in a process whose memory is only its own"]
async fn a_large_file_in_a_process_of_its_own() {
    const SIZE: u64 = 3 << 30;
    let engine = engines::newest().into_iter().next().expect("an engine");
    let context = directory();
    let large = File::create(context.path().join("large")).expect("created");
    large.set_len(SIZE).expect("sparse");
    // Mounted, as a copy would take the engine as long again.
    let dockerfile = format!(
        "FROM {BASE}\nRUN --mount=type=bind,target=/c [ $(stat -c %s /c/large) = {SIZE} ]\n"
    );
    let client = connect(&engine).await;
    let session = session(&client, context.path(), &dockerfile).await;
    solve(&client, &session, Vec::new()).await.expect("built");
    let peak = peak_memory();
    let sent = session.files().transfers()[0].size();
    assert_eq!((sent.files, sent.bytes), (1, SIZE));
    assert!(peak < 60 << 20, "peak memory {peak} bytes");

    drop(session);
    // 3 GiB; how many digits docker gives depends on its version.
    forget(&engine, "3.22");
}

/// Removes the entries of the engine's build cache whose size begins so: its disk would fill up.
fn forget(engine: &Engine, size: &str) {
    let format = "{{range .BuildCache}}{{.ID}} {{.Size}}\n{{end}}";
    let listed = engine
        .docker()
        .args(["system", "df", "--verbose", "--format", format])
        .output()
        .expect("docker starts");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let lines = listed.lines().filter_map(|line| line.split_once(' '));
    let found: Vec<_> = lines
        .filter(|(_, found)| found.starts_with(size) && found.ends_with("GB"))
        .collect();
    assert!(!found.is_empty(), "{listed}");
    for (id, _) in found {
        let prune = ["builder", "prune", "--force", "--all", "--filter"];
        let mut docker = engine.docker();
        let pruned = docker.args(prune).arg(format!("id={id}")).output();
        assert!(pruned.expect("docker starts").status.success());
    }
}

#[test]
fn a_large_file_takes_little_memory() {
    if engines::newest().is_empty() {
        return;
    }
    let this = std::env::current_exe().expect("a path");
    let output = Command::new(this)
        .args(["--exact", ALONE, "--ignored", "--nocapture"])
        .output()
        .expect("started");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}
