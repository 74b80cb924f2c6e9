//! Registries that we ask through a proxy, as docker's programs do: the names of sets move there.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use test_case::test_case;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::sample::{End, run};
use super::sets::Set;
use crate::support::engines::{self, Engine};
use crate::support::proxy::Proxy;

/// One engine is enough: what is asked here does not differ by its store.
fn engine() -> Option<Engine> {
    engines::newest().into_iter().next()
}

/// A set for the registry without TLS, and a push of it through what the variables say.
fn push(engine: &Engine, variables: &[(&str, &str)]) -> (Set, End) {
    let set = Set::new(&engine.registry);
    let end = run(set.push(engine, "none").envs(variables.iter().copied()));
    for secret in ["canary", "pa@ss", "pa%40ss"] {
        assert!(!end.stderr.contains(secret), "{}", end.stderr);
    }
    (set, end)
}

fn assert_says(end: &End, words: &[&str]) {
    for word in words {
        assert!(end.stderr.contains(word), "{word}:\n{}", end.stderr);
    }
}

#[test_case("http", "HTTP_PROXY", "HTTPS_PROXY"; "in upper case")]
#[test_case("http", "http_proxy", "https_proxy"; "in lower case")]
#[test_case("socks5", "HTTP_PROXY", "HTTPS_PROXY"; "socks")]
fn a_registry_without_tls_is_asked_through_the_proxy(scheme: &str, plain: &str, tls: &str) {
    let Some(engine) = engine() else { return };
    let proxy = Proxy::start(None);
    let url = proxy.url(scheme);
    let (set, end) = push(&engine, &[(plain, &url), (tls, &url)]);
    end.assert_code(0, scheme);
    set.assert_complete(&end.stderr);
    let (address, path) = set.repository.split_once('/').expect("a registry");
    let seen = proxy.seen();
    // TLS is tried first.
    let wanted = if scheme == "socks5" {
        vec![format!("SOCKS {address}")]
    } else {
        let put = format!("PUT http://{address}/v2/{path}/manifests/sample-first");
        vec![format!("CONNECT {address}"), put]
    };
    for line in wanted {
        assert!(seen.contains(&line), "{line}: {seen:?}");
    }
}

#[test]
fn a_registry_with_tls_is_asked_through_a_tunnel() {
    let Some(engine) = engine() else { return };
    let registry = &engine.registry_with_login;
    let set = Set::new(&registry.address);
    let login = STANDARD.encode(format!("{}:{}", registry.user, registry.password));
    let auth = format!(r#"{{"auth": "{login}"}}"#);
    let config = format!(r#"{{"auths": {{"{}": {auth}}}}}"#, registry.address);
    set.sample.write("login/config.json", &config);
    let (acceptor, certificate) = acceptor(&set);
    let authority =
        fs_err::read_to_string(engine.run_dir.join("tls/ca.pem")).expect("a certificate");
    set.sample
        .write("trusted.pem", &format!("{authority}{certificate}"));
    for (scheme, proxy) in [
        ("http", Proxy::start(None)),
        ("https", Proxy::start(Some(acceptor))),
    ] {
        set.renew();
        let mut push = set.push(&engine, "none");
        push.env("DOCKER_CONFIG", set.sample.path("login"))
            .env("SSL_CERT_FILE", set.sample.path("trusted.pem"))
            .env("HTTPS_PROXY", proxy.url(scheme))
            .env("HTTP_PROXY", "http://127.0.0.1:1");
        let end = run(&mut push);
        end.assert_code(0, scheme);
        assert_says(&end, &["naming", "1 name"]);
        let seen = proxy.seen();
        let tunnel = format!("CONNECT {}", registry.address);
        assert!(
            !seen.is_empty() && seen.iter().all(|line| *line == tunnel),
            "{seen:?}"
        );
    }
}

/// What greets clients with a certificate of its own making, and that certificate.
fn acceptor(set: &Set) -> (TlsAcceptor, String) {
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(set.sample.path(""))
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=proxy",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "proxy-key.pem", "-out", "proxy.pem"]);
    let made = openssl.output().expect("openssl");
    assert!(made.status.success(), "{made:?}");
    let certificates = CertificateDer::pem_file_iter(set.sample.path("proxy.pem"));
    let certificates = certificates
        .expect("certificates")
        .collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_file(set.sample.path("proxy-key.pem")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(certificates.expect("a certificate"), key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a certificate")));
    (acceptor, set.sample.read("proxy.pem"))
}

#[test]
fn what_no_proxy_names_is_asked_directly() {
    let Some(engine) = engine() else { return };
    let proxy = Proxy::start(None);
    let url = proxy.url("http");
    for direct in ["*", "10.0.0.0/8", &engine.registry, "r.example, 10.0.0.0/8"] {
        let variables = [
            ("HTTP_PROXY", url.as_str()),
            ("HTTPS_PROXY", &url),
            ("NO_PROXY", direct),
        ];
        let (set, end) = push(&engine, &variables);
        end.assert_code(0, direct);
        set.assert_complete(&end.stderr);
        assert_eq!(proxy.seen(), Vec::<String>::new(), "{direct}");
    }
}

#[test]
fn a_proxy_that_lets_nobody_through_is_named_and_no_name_moves() {
    let Some(engine) = engine() else { return };
    let proxy = Proxy::start(None);
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = closed.local_addr().expect("an address");
    drop(closed);
    let set = Set::new(&engine.registry_with_login.address);
    for (url, words) in [
        (
            format!("http://me:canary@{}", proxy.address),
            [
                format!("`http://****@{}`", proxy.address),
                "proxy authorization required".to_owned(),
            ],
        ),
        (
            format!("http://me:canary@{nobody}"),
            [
                format!("`http://****@{nobody}`"),
                "Connection refused".to_owned(),
            ],
        ),
        (
            "ftp://me:canary@proxy.example".to_owned(),
            [
                "is no address of a proxy".to_owned(),
                "no address".to_owned(),
            ],
        ),
    ] {
        let end = run(set.push(&engine, "none").env("HTTPS_PROXY", &url));
        end.assert_code(4, &url);
        assert!(!end.stderr.contains("canary"), "{}", end.stderr);
        let words = words.each_ref().map(String::as_str);
        assert_says(&end, &words);
        assert_says(&end, &["`HTTPS_PROXY`", "`NO_PROXY`"]);
    }
}

#[test]
fn a_name_that_only_the_proxy_knows_is_asked_there() {
    let Some(engine) = engine() else { return };
    let proxy = Proxy::leading_to(&engine.registry);
    // The registry speaks without TLS, which the engine has no reason to allow.
    let set = Set::new("registry.invalid:5000");
    let end = run(set
        .push(&engine, "none")
        .env("HTTPS_PROXY", proxy.url("http")));
    end.assert_code(4, "no TLS");
    assert_says(
        &end,
        &[
            "It speaks no TLS",
            "`registry.invalid:5000`",
            "insecure-registries",
        ],
    );
    assert_eq!(proxy.seen()[0], "CONNECT registry.invalid:5000");
}
