//! The server of a remote compiler cache.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use http::Uri;
use thiserror::Error;

use super::SWITCH;
use crate::docker::host::before_port;
use crate::profile::SccacheBackend;

/// The server that the compilations of a build talk to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheServer {
    /// The name or address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// What is wrong with an endpoint. Never shows it: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Neither a URL nor `HOST:PORT`.
    #[error("is no address")]
    NoAddress,
    /// A protocol that the backend does not speak, or that does not leave the machine.
    #[error("must begin with {}", list(.valid))]
    Scheme {
        /// What it may begin with.
        valid: &'static [&'static str],
    },
    /// A user name or password, which would be a build argument.
    #[error("holds a login, which every image would show as a build argument")]
    Login,
}

fn list(schemes: &[&str]) -> String {
    let quoted: Vec<_> = schemes
        .iter()
        .map(|scheme| format!("`{scheme}://`"))
        .collect();
    quoted.join(" or ")
}

impl CacheServer {
    /// Returns the server that a build with these arguments compiles with, if it is known: that of
    /// GitHub's cache is not.
    pub fn of(build_args: &BTreeMap<String, String>) -> Option<Self> {
        let backend = remote_backend(build_args)?;
        match given(build_args, "SCCACHE_ENDPOINT") {
            Some(endpoint) => Self::parse(backend, endpoint).ok(),
            None if backend == SccacheBackend::S3 => {
                let region = given(build_args, "SCCACHE_REGION")?;
                Some(Self {
                    host: format!("s3.{region}.amazonaws.com"),
                    port: 443,
                })
            }
            None => None,
        }
    }

    /// Reads the endpoint of a backend: a URL, or `HOST:PORT` where the backend takes that.
    pub(super) fn parse(backend: SccacheBackend, endpoint: &str) -> Result<Self, EndpointError> {
        let uri: Uri = endpoint.parse().map_err(|_| EndpointError::NoAddress)?;
        let scheme = uri.scheme_str();
        let valid = schemes(backend);
        let bare = scheme.is_none() && backend != SccacheBackend::Webdav;
        if !bare && !scheme.is_some_and(|scheme| valid.contains(&scheme)) {
            return Err(EndpointError::Scheme { valid });
        }
        let authority = uri.authority().ok_or(EndpointError::NoAddress)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::Login);
        }
        let port = match (backend, scheme) {
            (SccacheBackend::Redis, _) => 6379,
            (_, Some("http")) => 80,
            (_, Some(_) | None) => 443,
        };
        let host = authority.host();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(port),
        })
    }

    /// Returns whether the server is the machine that asks, which in a step is the step itself.
    pub fn is_loopback(&self) -> bool {
        let address: Option<IpAddr> = self.host.parse().ok();
        self.host.eq_ignore_ascii_case("localhost")
            || address.is_some_and(|address| address.is_loopback())
    }
}

impl fmt::Display for CacheServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", before_port(&self.host), self.port)
    }
}

/// Returns the backend of a build with these arguments, if it is one with a server.
pub(super) fn remote_backend(build_args: &BTreeMap<String, String>) -> Option<SccacheBackend> {
    if given(build_args, SWITCH) != Some("true") {
        return None;
    }
    let word = given(build_args, "SCCACHE_BACKEND");
    word.map_or(Some(SccacheBackend::S3), SccacheBackend::from_word)
}

fn given<'a>(build_args: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let value = build_args.get(name).map(String::as_str);
    value.filter(|value| !value.is_empty())
}

/// What a URL of the backend may begin with.
const fn schemes(backend: SccacheBackend) -> &'static [&'static str] {
    match backend {
        SccacheBackend::Redis => &["redis", "rediss", "tcp"],
        SccacheBackend::S3
        | SccacheBackend::Webdav
        | SccacheBackend::Gha
        | SccacheBackend::Local
        | SccacheBackend::Off => &["http", "https"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(SccacheBackend::S3, "minio.example:9000" => "minio.example:9000"; "host and port")]
    #[test_case(SccacheBackend::S3, "https://minio.example" => "minio.example:443"; "https")]
    #[test_case(SccacheBackend::S3, "http://10.0.0.1/" => "10.0.0.1:80"; "http")]
    #[test_case(SccacheBackend::S3, "http://[::1]:9000" => "[::1]:9000"; "ipv6")]
    #[test_case(SccacheBackend::S3, "ftp://x" => "must begin with `http://` or `https://`"; "a protocol that S3 does not speak")]
    #[test_case(SccacheBackend::S3, "http://me:secret@x" => "holds a login, which every image would show as a build argument"; "a password")]
    #[test_case(SccacheBackend::S3, "http://" => "is no address"; "nothing")]
    #[test_case(SccacheBackend::Redis, "redis://cache" => "cache:6379"; "redis")]
    #[test_case(SccacheBackend::Redis, "rediss://cache:1" => "cache:1"; "redis with TLS")]
    #[test_case(SccacheBackend::Redis, "cache:6380" => "cache:6380"; "redis without protocol")]
    #[test_case(SccacheBackend::Redis, "redis://:secret@cache" => "holds a login, which every image would show as a build argument"; "a password of redis")]
    #[test_case(SccacheBackend::Redis, "unix://host/run/redis.sock" => "must begin with `redis://` or `rediss://` or `tcp://`"; "a socket")]
    #[test_case(SccacheBackend::Webdav, "https://dav.example/cache" => "dav.example:443"; "webdav")]
    #[test_case(SccacheBackend::Webdav, "dav.example:80" => "must begin with `http://` or `https://`"; "webdav without protocol")]
    fn endpoints(backend: SccacheBackend, endpoint: &str) -> String {
        match CacheServer::parse(backend, endpoint) {
            Ok(server) => server.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test_case(&[("USE_SCCACHE", "true"), ("SCCACHE_REGION", "eu-west-1")] => Some("s3.eu-west-1.amazonaws.com:443".to_owned()); "the server of the region")]
    #[test_case(&[("USE_SCCACHE", "true"), ("SCCACHE_BACKEND", "redis"), ("SCCACHE_ENDPOINT", "c:1")] => Some("c:1".to_owned()); "an endpoint")]
    #[test_case(&[("USE_SCCACHE", "true"), ("SCCACHE_BACKEND", "gha")] => None; "github")]
    #[test_case(&[("USE_SCCACHE", "false"), ("SCCACHE_ENDPOINT", "c:1")] => None; "off")]
    fn the_server_of_a_plan(args: &[(&str, &str)]) -> Option<String> {
        let args = args.iter();
        let args = args.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        CacheServer::of(&args.collect()).map(|server| server.to_string())
    }

    #[test_case("localhost" => true; "by name")]
    #[test_case("127.0.0.2" => true; "by address")]
    #[test_case("::1" => true; "by address of version 6")]
    #[test_case("10.0.0.1" => false; "another machine")]
    fn loopback(host: &str) -> bool {
        let host = host.to_owned();
        CacheServer { host, port: 1 }.is_loopback()
    }
}
