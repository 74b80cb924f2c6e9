//! A server of OpenSSH on this machine, behind which an engine is as if it were elsewhere.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::engines::{Engine, notice};
use super::processes::eventually;

/// Logins that may be under way at once. The default is 10, and then one in three is refused.
const LOGINS_AT_ONCE: u16 = 4;

const CLIENT: &str = "/usr/bin/ssh";

/// The server, and a client that knows it.
pub(crate) struct Sshd {
    folder: TempDir,
    server: Child,
    port: u16,
}

impl Sshd {
    /// Starts one, if this machine can have it.
    pub(crate) fn start(engine: &Engine) -> Option<Self> {
        let program = engine.run_dir.join("bin/sshd");
        if !program.exists() {
            notice("skipped: no server of OpenSSH; `ci/engine up` says why");
            return None;
        }
        if !Path::new(CLIENT).exists() {
            notice("skipped: no client of OpenSSH; install it, on Debian `openssh-client`");
            return None;
        }
        let folder = tempfile::tempdir().expect("a directory");
        let port = free_port();
        write(
            &folder.path().join("sshd_config"),
            &config(engine, folder.path(), port),
        );
        for key in ["host", "key", "stranger"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            engine.run(keygen.arg(folder.path().join(key)));
        }
        let host = fs_err::read_to_string(folder.path().join("host.pub")).expect("a key");
        write(
            &folder.path().join("known"),
            &format!("[127.0.0.1]:{port} {host}"),
        );
        write(&folder.path().join("empty"), "");
        let sshd = Self {
            server: serve(&program, folder.path()),
            folder,
            port,
        };
        eventually("an answer of sshd", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(sshd)
    }

    /// Returns the address of an engine behind it.
    pub(crate) fn address(&self, engine: &Engine) -> String {
        let socket = engine.host.trim_start_matches("unix://");
        format!("ssh://root@127.0.0.1:{}{socket}", self.port)
    }

    /// Returns a `PATH` whose `ssh` has the key and knows the server.
    pub(crate) fn path(&self) -> String {
        self.client("known", "key", "known")
    }

    /// Returns one whose `ssh` has a key that the server does not know.
    pub(crate) fn path_of_a_stranger(&self) -> String {
        self.client("stranger", "stranger", "known")
    }

    /// Returns one whose `ssh` has never been there.
    pub(crate) fn path_of_a_newcomer(&self) -> String {
        self.client("newcomer", "key", "empty")
    }

    fn client(&self, name: &str, key: &str, known: &str) -> String {
        let folder = self.folder.path();
        let bin = folder.join(format!("bin-{name}"));
        fs_err::create_dir_all(&bin).expect("a directory");
        let ssh = bin.join("ssh");
        let options = format!(
            "-i '{0}/{key}' -o IdentitiesOnly=yes -o UserKnownHostsFile='{0}/{known}' \
             -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes",
            folder.display()
        );
        write(
            &ssh,
            &format!("#!/bin/sh\nexec {CLIENT} -F none {options} \"$@\"\n"),
        );
        let executable = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(&ssh, executable).expect("a program");
        format!("{}:/usr/bin:/bin", bin.display())
    }

    /// Returns how many logins there were.
    pub(crate) fn logins(&self) -> usize {
        let log = fs_err::read_to_string(self.folder.path().join("log")).expect("a log");
        log.matches("Accepted publickey").count()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// The account's shell over there finds docker's client; no module of PAM is asked.
fn config(engine: &Engine, folder: &Path, port: u16) -> String {
    format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nPidFile none\n\
         AuthorizedKeysFile {0}/key.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nMaxStartups {LOGINS_AT_ONCE}\n\
         SetEnv PATH={1}/bin:/usr/bin:/bin\n",
        folder.display(),
        engine.run_dir.display()
    )
}

/// Starts the server where its user and its directory are, which this machine may lack.
fn serve(program: &Path, folder: &Path) -> Child {
    let users = fs_err::read_to_string("/etc/passwd").expect("users");
    write(
        &folder.join("passwd"),
        &format!("{users}sshd:x:74:65534::/run/sshd:/usr/sbin/nologin\n"),
    );
    let script = format!(
        "set -e\nmount --make-rprivate /\nmount --bind '{0}/passwd' /etc/passwd\n\
         mount -t tmpfs tmpfs /run\nmkdir -m 755 /run/sshd\n\
         exec '{1}' -D -e -f '{0}/sshd_config' 2>'{0}/log'\n",
        folder.display(),
        program.display()
    );
    let mut server = Command::new("unshare");
    server.args(["--mount", "sh", "-c", &script]);
    server.stdin(Stdio::null()).stdout(Stdio::null());
    server.spawn().expect("sshd starts")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn write(path: &Path, text: &str) {
    fs_err::write(path, text).expect("written");
}
