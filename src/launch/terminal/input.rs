//! Standard input as a stream of pieces.
//!
//! Reading blocks, and making the descriptor non-blocking would do so for the shell as well, which
//! shares it. So a thread of its own reads; it needs no end, because it ends with the process.

use std::io::{self, Read as _};

use bytes::Bytes;
use tokio::sync::mpsc;

const PIECE: usize = 32 * 1024;

/// Standard input, read ahead by one piece.
#[derive(Debug)]
pub struct Input(mpsc::Receiver<Bytes>);

impl Input {
    /// Starts reading.
    pub fn open() -> Self {
        let (sender, receiver) = mpsc::channel(1);
        std::thread::spawn(move || read(&sender));
        Self(receiver)
    }

    /// Returns the next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }
}

fn read(sender: &mpsc::Sender<Bytes>) {
    let mut buffer = vec![0; PIECE];
    loop {
        match io::stdin().read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let piece = Bytes::copy_from_slice(&buffer[..count]);
                if sender.blocking_send(piece).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal that is gone is an end as well.
            Err(_) => return,
        }
    }
}
