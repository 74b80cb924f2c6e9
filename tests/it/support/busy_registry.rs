//! A registry that is busy, or that refuses: it stands in front of a real one, and answers some
//! requests itself.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use super::engines::Engine;

/// How requests are answered that the real registry does not get.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// With a status and further header lines.
    Status(&'static str, &'static str),
    /// By closing the connection.
    Reset,
}

/// What is answered by the stand-in.
#[derive(Clone, Debug)]
struct Rule {
    /// What the first line of a request has to contain, as `PUT /v2/…`.
    words: Vec<String>,
    answer: Answer,
    /// How often; the real registry gets what comes afterwards.
    times: usize,
}

/// The stand-in. Its threads end with the program.
pub(crate) struct BusyRegistry {
    /// `address:port`, the same for host and engine.
    pub(crate) address: String,
    rules: Arc<Mutex<Vec<Rule>>>,
}

impl BusyRegistry {
    /// Starts one in front of the engine's registry.
    pub(crate) fn start(engine: &Engine) -> Self {
        // The address of this machine that the engine's network sees.
        let probe = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        probe
            .connect(&engine.registry)
            .expect("a way to the registry");
        let host = probe.local_addr().expect("an address").ip();
        let listener = TcpListener::bind((host, 0)).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let rules: Arc<Mutex<Vec<Rule>>> = Arc::default();
        let (upstream, shared) = (engine.registry.clone(), Arc::clone(&rules));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (upstream, rules) = (upstream.clone(), Arc::clone(&shared));
                thread::spawn(move || serve(client, &upstream, &rules).ok());
            }
        });
        Self { address, rules }
    }

    /// Answers the next `times` requests whose first line has all the words.
    pub(crate) fn answer(&self, words: &[&str], answer: Answer, times: usize) {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let rule = Rule {
            words,
            answer,
            times,
        };
        self.rules.lock().expect("no panic").push(rule);
    }

    /// Forgets all rules, and returns how many answers were not given.
    pub(crate) fn relax(&self) -> usize {
        let mut rules = self.rules.lock().expect("no panic");
        rules.drain(..).map(|rule| rule.times).sum()
    }
}

/// How a TLS handshake begins.
const HANDSHAKE: u8 = 0x16;

/// Handles one request; there is no second one on a connection.
fn serve(mut client: TcpStream, upstream: &str, rules: &Mutex<Vec<Rule>>) -> io::Result<()> {
    let mut first = [0];
    client.peek(&mut first)?;
    if first == [HANDSHAKE] {
        // By this answer, engines learn that there is no TLS here.
        return client.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
    }
    let mut reader = BufReader::new(client.try_clone()?);
    let head = read_head(&mut reader)?;
    let first = head.first().cloned().unwrap_or_default();
    match own_answer(&first, rules) {
        None => forward(client, reader, &head, upstream),
        Some(Answer::Reset) => client.shutdown(Shutdown::Both),
        Some(Answer::Status(status, headers)) => refuse(client, reader, &head, status, headers),
    }
}

fn own_answer(first: &str, rules: &Mutex<Vec<Rule>>) -> Option<Answer> {
    let mut rules = rules.lock().expect("no panic");
    let fits = |rule: &&mut Rule| {
        rule.times > 0 && rule.words.iter().all(|word| first.contains(word.as_str()))
    };
    let rule = rules.iter_mut().find(fits)?;
    rule.times -= 1;
    Some(rule.answer.clone())
}

fn read_head(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            return Ok(lines);
        }
        lines.push(line);
    }
}

fn refuse(
    mut client: TcpStream,
    mut reader: BufReader<TcpStream>,
    head: &[String],
    status: &str,
    headers: &str,
) -> io::Result<()> {
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<u64>().ok())?
    });
    io::copy(
        &mut reader.by_ref().take(length.unwrap_or(0)),
        &mut io::sink(),
    )?;
    write!(
        client,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn forward(
    mut client: TcpStream,
    mut reader: BufReader<TcpStream>,
    head: &[String],
    upstream: &str,
) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream)?;
    for line in head {
        if !line.to_lowercase().starts_with("connection:") {
            server.write_all(line.as_bytes())?;
        }
    }
    server.write_all(b"Connection: close\r\n\r\n")?;
    let mut sink = server.try_clone()?;
    let body = thread::spawn(move || io::copy(&mut reader, &mut sink));
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)?;
    drop(body);
    Ok(())
}
