//! Sending bytes to a printer, with a deadline, and knowing whether the first byte went out.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::font;
use crate::target::Target;
use crate::tray::Tray;

/// Longest that connecting may take; a printer that is off must not hold a job for minutes.
const CONNECT: Duration = Duration::from_secs(3);
/// Longest that a printer may take nothing while it is being written to.
const STALL: Duration = Duration::from_secs(10);
/// Bytes a write: a single large write to a serial line can hang past any timeout.
const CHUNK: usize = 256;

/// Why a job is not on paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not one byte went out: trying again is safe.
    #[error("the printer cannot be reached: {0}")]
    BeforeFirstByte(String),
    /// Some bytes went out: only a person can see what is on the paper.
    #[error("the printer stopped after {sent} bytes: {problem}")]
    AfterFirstByte {
        /// Bytes that were handed over.
        sent: usize,
        /// What happened.
        problem: String,
    },
}

/// Sends a job. `started` is called just before the first byte may go out.
pub fn send(target: &Target, dir: &Path, bytes: &[u8], started: &mut dyn FnMut()) -> Result<(), Failure> {
    let before = |what: &str| {
        let what = what.to_owned();
        move |err: std::io::Error| Failure::BeforeFirstByte(format!("{what}: {err}"))
    };
    match target {
        Target::Tcp(address) => {
            let mut addresses = address.to_socket_addrs().map_err(before(address))?;
            let first = addresses.next().ok_or_else(|| Failure::BeforeFirstByte(format!("{address} is no address")))?;
            let stream = TcpStream::connect_timeout(&first, CONNECT).map_err(before(address))?;
            stream.set_write_timeout(Some(STALL)).map_err(before(address))?;
            started();
            write_all(&stream, bytes)?;
            close(stream);
            Ok(())
        }
        Target::Serial { path, baud } => {
            let opened = serialport::new(path, *baud).timeout(Duration::from_millis(500)).open();
            let mut port = opened.map_err(|err| Failure::BeforeFirstByte(format!("{path}: {err}")))?;
            started();
            write_all(&mut port, bytes)
        }
        Target::File(path) => {
            let mut options = OpenOptions::new();
            let file = options.append(true).create(true).open(path).map_err(before(&path.display().to_string()))?;
            started();
            write_all(file, bytes)
        }
        Target::Virtual => {
            // Without a font the paper is text alone; `printer set` said so.
            let tray = Tray::new(&dir.join("paper"), None, font::system().ok()).map_err(before("the paper folder"))?;
            started();
            let kept = tray.keep(bytes).map_err(|err| Failure::AfterFirstByte { sent: 0, problem: err.to_string() });
            kept.map(drop)
        }
    }
}

/// Writes in small pieces; a printer that takes nothing for too long has stopped.
fn write_all(mut to: impl Write, bytes: &[u8]) -> Result<(), Failure> {
    let mut sent = 0;
    let mut last_progress = Instant::now();
    while sent < bytes.len() {
        let end = bytes.len().min(sent + CHUNK);
        let problem = match to.write(&bytes[sent..end]) {
            Ok(0) => "it takes no more".into(),
            Ok(count) => {
                sent += count;
                last_progress = Instant::now();
                continue;
            }
            Err(err) if err.kind() == ErrorKind::Interrupted => continue,
            Err(err)
                if matches!(err.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
                    && last_progress.elapsed() < STALL =>
            {
                continue;
            }
            Err(err) => err.to_string(),
        };
        return Err(Failure::AfterFirstByte { sent, problem });
    }
    Ok(())
}

/// Printers on the network lose the last lines when the line drops at once: say that nothing more
/// comes, and give the printer a moment to say the same.
fn close(stream: TcpStream) {
    use std::io::Read as _;
    let mut stream = stream;
    if stream.shutdown(std::net::Shutdown::Write).is_ok()
        && stream.set_read_timeout(Some(Duration::from_millis(300))).is_ok()
    {
        let mut rest = [0; 64];
        while matches!(stream.read(&mut rest), Ok(count) if count > 0) {}
    }
}
