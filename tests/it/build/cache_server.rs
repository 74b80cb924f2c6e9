//! Servers that keep compiled objects: real ones, started for one test and gone with it.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::engines::Engine;
use crate::support::processes::eventually;

/// The name that every server takes.
pub(super) const USER: &str = "ali-baba";

/// The password, or secret key.
pub(super) const PASSWORD: &str = "open-sesame";

/// The bucket that is there.
pub(super) const BUCKET: &str = "objects";

/// A server on the address at which build steps see this machine. It ends with this value.
pub(super) struct CacheServer {
    child: Child,
    address: SocketAddr,
}

/// Starts servers, and keeps what they keep.
pub(super) struct CacheServers {
    programs: PathBuf,
    data: TempDir,
}

impl CacheServers {
    /// With the directory that `ci/cache-servers` prints.
    pub(super) fn new(programs: &Path) -> Self {
        Self {
            programs: programs.to_owned(),
            data: tempfile::tempdir().expect("a directory"),
        }
    }

    /// An S3 server that checks signatures.
    pub(super) fn s3(&self, engine: &Engine) -> CacheServer {
        let data = self.directory("s3");
        fs_err::create_dir_all(data.join(BUCKET)).expect("a bucket");
        let address = free_port(engine.gateway());
        let mut nanio = self.program("nanio");
        nanio
            .args(["serve", "--no-access-log", "--log-level", "warning"])
            .args(["--host", &address.ip().to_string()])
            .args(["--port", &address.port().to_string()])
            .arg("--data-dir")
            .arg(data)
            .env("NANIO_ACCESS_KEY", USER)
            .env("NANIO_SECRET_KEY", PASSWORD);
        CacheServer::start(&mut nanio, address)
    }

    /// A Redis server that wants a password.
    pub(super) fn redis(&self, engine: &Engine) -> CacheServer {
        let address = free_port(engine.gateway());
        let mut redis = self.program("redis-server");
        redis
            .args(["--bind", &address.ip().to_string()])
            .args(["--port", &address.port().to_string()])
            .args(["--user", USER, "on", &format!(">{PASSWORD}"), "~*", "+@all"])
            .args(["--user", "default", "off", "--save", "", "--dir"])
            .arg(self.directory("redis"));
        CacheServer::start(&mut redis, address)
    }

    /// A `WebDAV` server that wants a login.
    pub(super) fn webdav(&self, engine: &Engine) -> CacheServer {
        let address = free_port(engine.gateway());
        let settings = self.data.path().join("wsgidav.json");
        let text = serde_json::json!({
            "host": address.ip().to_string(),
            "port": address.port(),
            "provider_mapping": { "/": self.directory("webdav") },
            "http_authenticator": {
                "accept_basic": true,
                "accept_digest": false,
                "default_to_digest": false,
            },
            "simple_dc": { "user_mapping": { "*": { USER: { "password": PASSWORD } } } },
        });
        fs_err::write(&settings, text.to_string()).expect("written");
        let mut wsgidav = self.program("wsgidav");
        CacheServer::start(wsgidav.arg("--config").arg(settings), address)
    }

    fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join("bin").join(name))
    }

    fn directory(&self, name: &str) -> PathBuf {
        let path = self.data.path().join(name);
        fs_err::create_dir_all(&path).expect("a directory");
        path
    }
}

impl CacheServer {
    fn start(command: &mut Command, address: SocketAddr) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("started");
        let mut server = Self { child, address };
        eventually("the server's answer", || {
            let end = server.child.try_wait().expect("a child");
            assert!(end.is_none(), "{command:?} ended: {end:?}");
            TcpStream::connect(address).is_ok()
        });
        server
    }

    /// `ADDRESS:PORT`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for CacheServer {
    /// Ends it at once, as a crash would.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address with a port that nothing listens on.
pub(super) fn free_port(host: IpAddr) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).expect("a port");
    listener.local_addr().expect("bound")
}
