//! A root directory of its own, in which the scripts of the stages run as they do in an image.
//!
//! It has the programs and libraries of this machine, read-only in effect, and everything else is
//! empty: `/opt`, `/etc`, `/dist`. Programs that would download or compile are written by a test. Where
//! the kernel gives no namespaces, or there is no Python, nothing is tested and one line says so.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::engines::notice;

/// Where the environment of an image has its packages.
pub(super) const OURS: &str = "opt/dynamo/venv/lib/python3/site-packages";

/// Where the engine's image has its own.
pub(super) const ENGINES: &str = "engine/dist-packages";

/// Mounts this machine's programs and goes in; `$0` is the root, `$1` Python's directory.
const ENTER: &str = r#"set -e
root=$0 python=$1; shift
for from in /usr /proc /dev "$python"; do
  mkdir -p "$root$from"; mount --rbind "$from" "$root$from"
done
for name in bin sbin lib lib64; do
  if [ -L "/$name" ]; then ln -sfn "usr/$name" "$root/$name"
  elif [ -d "/$name" ]; then mkdir -p "$root/$name"; mount --rbind "/$name" "$root/$name"; fi
done
if [ -d /etc/alternatives ]; then
  mkdir -p "$root/etc/alternatives"; mount --bind /etc/alternatives "$root/etc/alternatives"
fi
exec chroot "$root" /usr/bin/env -i "$@""#;

/// The directory, and how it is entered.
pub(super) struct FakeRoot {
    directory: TempDir,
    /// Where Python is installed, and its program there.
    python: (String, String),
}

/// How a script ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) succeeded: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(super) fn fails_with(&self, text: &str) {
        assert!(!self.succeeded, "it succeeded: {self:?}");
        assert!(
            self.stderr.contains(text),
            "no `{text}` in:\n{}",
            self.stderr
        );
    }

    #[track_caller]
    pub(super) fn succeeds(&self) {
        assert!(self.succeeded, "{}{}", self.stdout, self.stderr);
    }
}

impl FakeRoot {
    /// Makes one with the scripts of the stages, an environment, and an engine's packages behind it.
    pub(super) fn new() -> Option<Self> {
        let python = python()?;
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--mount", "true"]);
        if !unshare.status().is_ok_and(|status| status.success()) {
            notice("skipped: this machine gives no namespaces");
            return None;
        }
        let root = Self {
            directory: tempfile::tempdir().expect("a directory"),
            python,
        };
        for folder in ["tmp", "etc/ld.so.conf.d", "etc/profile.d", "stubs", ENGINES] {
            fs_err::create_dir_all(root.path(folder)).expect("a directory");
        }
        root.write("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
        root.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        root.write("etc/group", "root:x:0:\n");
        root.add_scripts();
        root.add_pythons();
        Some(root)
    }

    fn add_scripts(&self) {
        let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles/bin");
        for entry in fs_err::read_dir(bin).expect("the scripts") {
            let path = entry.expect("a script").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs_err::read_to_string(&path).expect("readable");
            self.program(&format!("opt/build/bin/{name}"), &text);
        }
    }

    /// Two environments as `uv venv` and `python -m venv` make them; the helpers' own has pip.
    fn add_pythons(&self) {
        let (_, program) = &self.python;
        let home = Path::new(program).parent().expect("a directory");
        let home = home.display().to_string();
        let version = output(program, "import sys; print('%d.%d' % sys.version_info[:2])");
        for place in ["opt/dynamo/venv", "opt/build/python"] {
            self.write(&format!("{place}/pyvenv.cfg"), &format!("home = {home}\n"));
            fs_err::create_dir_all(self.path(&format!("{place}/bin"))).expect("a directory");
            fs_err::os::unix::fs::symlink(program, self.path(&format!("{place}/bin/python3")))
                .expect("a link");
            let lib = self.path(&format!("{place}/lib"));
            fs_err::create_dir_all(lib.join("python3/site-packages")).expect("a directory");
            fs_err::os::unix::fs::symlink("python3", lib.join(format!("python{version}")))
                .expect("a link");
        }
        let engines = format!("import site; site.addsitedir('/{ENGINES}')\n");
        self.write(&format!("{OURS}/engine.pth"), &engines);
        self.program(
            "engine/python3",
            &format!("#!/bin/sh\necho /{ENGINES}\necho /{ENGINES}\n"),
        );
        self.write("opt/dynamo/venv/engine-python", "/engine/python3\n");
        let packaging = output(
            program,
            "import pip._vendor.packaging as p; print(p.__path__[0])",
        );
        let vendor = "opt/build/python/lib/python3/site-packages/pip/_vendor";
        fs_err::create_dir_all(self.path(vendor)).expect("a directory");
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(packaging).arg(self.path(vendor));
        assert!(copy.status().expect("cp").success());
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs_err::write(path, text).expect("written");
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Writes a program.
    pub(super) fn program(&self, path: &str, text: &str) {
        self.write(path, text);
        self.set_mode(path, 0o755);
    }

    /// Writes a program that notes in `/asked` how it was called, and then does as it says.
    pub(super) fn stub(&self, name: &str, then: &str) {
        let text = format!("#!/bin/sh\necho \"{name} $*\" >>/asked\n{then}\n");
        self.program(&format!("stubs/{name}"), &text);
    }

    pub(super) fn set_mode(&self, path: &str, mode: u32) {
        let permissions = std::fs::Permissions::from_mode(mode);
        fs_err::set_permissions(self.path(path), permissions).expect("a mode");
    }

    pub(super) fn mode(&self, path: &str) -> u32 {
        let metadata = fs_err::metadata(self.path(path)).expect("it is there");
        metadata.permissions().mode() & 0o777
    }

    /// Adds an installed package to [`OURS`] or [`ENGINES`], with further lines of its metadata.
    pub(super) fn package(&self, site: &str, name: &str, version: &str, lines: &[&str]) {
        let info = format!("{site}/{}-{version}.dist-info", name.replace('-', "_"));
        let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        for line in lines {
            text += line;
            text += "\n";
        }
        self.write(&format!("{info}/METADATA"), &text);
    }

    /// Compiles an empty library that wants the libraries `needs`.
    pub(super) fn library(&self, path: &str, needs: &[&str]) {
        let path = self.path(path);
        let folder = path.parent().expect("a parent");
        fs_err::create_dir_all(folder).expect("a directory");
        let name = path.file_name().expect("a name").to_string_lossy();
        let mut cc = Command::new("cc");
        cc.args([
            "-shared",
            "-Wl,--no-as-needed",
            "-x",
            "c",
            "/dev/null",
            "-x",
            "none",
        ]);
        cc.arg(format!("-Wl,-soname,{name}")).arg("-o").arg(&path);
        cc.args(needs.iter().map(|need| folder.join(need)));
        assert!(cc.status().expect("a compiler").success());
    }

    /// Runs words in there, of which the first ones may be variables, as `NAME=VALUE`.
    pub(super) fn run(&self, words: &[&str]) -> Ran {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ENTER]);
        command.arg(self.directory.path()).arg(&self.python.0);
        command
            .arg("PATH=/stubs:/opt/build/bin:/opt/dynamo/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(["VIRTUAL_ENV=/opt/dynamo/venv", "DYNAMO_HOME=/opt/dynamo"]);
        let output = command.args(words).output().expect("a shell");
        Ran {
            succeeded: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Returns where Python is installed and its program, if this machine has one with pip.
fn python() -> Option<(String, String)> {
    let code = "import os, sys, pip._vendor.packaging; \
                print(os.path.realpath(sys.base_prefix)); \
                print(os.path.realpath(getattr(sys, '_base_executable', sys.executable)))";
    let asked = Command::new("python3").args(["-c", code]).output().ok();
    let Some(asked) = asked.filter(|asked| asked.status.success()) else {
        notice("skipped: no python3 with pip");
        return None;
    };
    let text = String::from_utf8_lossy(&asked.stdout).into_owned();
    let (prefix, program) = text.trim().split_once('\n')?;
    Some((prefix.to_owned(), program.to_owned()))
}

fn output(program: &str, code: &str) -> String {
    let asked = Command::new(program).args(["-c", code]).output();
    String::from_utf8_lossy(&asked.expect("Python").stdout)
        .trim()
        .to_owned()
}
