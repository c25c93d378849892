//! An open line to a printer: bytes out, and answers back where it has a way back.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::transport::Patience;

/// Longest that one call waits before its caller looks at the clock.
const SLICE: Duration = Duration::from_millis(500);
/// Between two looks at a device that takes nothing or says nothing.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a network printer may take to say that it has everything.
const LAST_WORD: Duration = Duration::from_millis(300);
/// ESC @: prints nothing behind a cut.
const NOTHING: [u8; 2] = [0x1B, 0x40];

/// An open line.
pub(crate) trait Link {
    /// Hands over some bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Answers that come within a time, which may be none. An error where none can come any more.
    fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>>;

    /// Waits, where that is needed, until what was handed over is safe from being closed on.
    fn finish(&mut self, patience: &Patience) -> io::Result<()>;
}

/// A network printer.
pub(crate) struct Tcp(TcpStream);

impl Tcp {
    pub(crate) fn open(address: &str, patience: &Patience) -> io::Result<Self> {
        let mut problem = io::Error::new(ErrorKind::NotFound, "no such host");
        for one in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&one, patience.connect) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(SLICE.min(patience.stall)))?;
                    stream.set_nodelay(true)?;
                    return Ok(Self(stream));
                }
                Err(err) => problem = err,
            }
        }
        Err(problem)
    }
}

impl Link for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        self.0.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let mut buffer = [0; 64];
        match self.0.read(&mut buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => Ok(buffer[..count].into()),
            Err(err) => none_yet(err),
        }
    }

    /// Printers on the network lose the last lines when the line drops at once: say that nothing more
    /// comes, and give the printer a moment to say the same.
    fn finish(&mut self, _: &Patience) -> io::Result<()> {
        if self.0.shutdown(Shutdown::Write).is_ok() {
            let until = Instant::now() + LAST_WORD;
            while let Some(left) = left(until)
                && self.read(left).is_ok()
            {}
        }
        Ok(())
    }
}

/// A serial line.
pub(crate) struct Serial(Box<dyn serialport::SerialPort>);

impl Serial {
    pub(crate) fn open(path: &str, baud: u32) -> io::Result<Self> {
        Ok(Self(serialport::new(path, baud).timeout(SLICE).open()?))
    }
}

impl Link for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set_timeout(SLICE)?;
        self.0.write(bytes)
    }

    fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        self.0.set_timeout(wait.max(Duration::from_millis(1)))?;
        let mut buffer = [0; 64];
        match self.0.read(&mut buffer) {
            Ok(count) => Ok(buffer[..count].into()),
            Err(err) => none_yet(err),
        }
    }

    fn finish(&mut self, _: &Patience) -> io::Result<()> {
        Ok(())
    }
}

/// A device such as `/dev/usb/lp0`, opened so that no call waits, or a plain file.
pub(crate) struct Device {
    file: File,
    is_device: bool,
}

impl Device {
    /// Opens a device for writing, and for reading where answers are wanted.
    pub(crate) fn open(path: &Path, answers: bool) -> io::Result<Self> {
        let is_device = is_device(path);
        let mut options = OpenOptions::new();
        if is_device {
            options.write(true).read(answers);
            never_wait(&mut options);
        } else {
            options.append(true).create(true);
        }
        Ok(Self { file: options.open(path)?, is_device })
    }
}

impl Link for Device {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        if written.as_ref().is_err_and(|err| err.kind() == ErrorKind::WouldBlock) {
            std::thread::sleep(PAUSE);
        }
        written
    }

    fn read(&mut self, wait: Duration) -> io::Result<Vec<u8>> {
        let until = Instant::now() + wait;
        let mut buffer = [0; 64];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => {}
                Ok(count) => return Ok(buffer[..count].into()),
                Err(err) => drop(none_yet(err)?),
            }
            match left(until) {
                Some(left) => std::thread::sleep(left.min(PAUSE)),
                None => return Ok(Vec::new()),
            }
        }
    }

    /// The USB driver takes the last piece before the printer has it, and drops it when the device is
    /// closed. It takes one more only when the printer has the one before.
    fn finish(&mut self, patience: &Patience) -> io::Result<()> {
        let until = Instant::now() + patience.stall;
        while self.is_device {
            match self.write(&NOTHING) {
                Ok(_) => break,
                Err(err) if err.kind() == ErrorKind::WouldBlock && left(until).is_some() => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }
}

/// What is left until a moment, if anything.
pub(crate) fn left(until: Instant) -> Option<Duration> {
    until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

fn none_yet(err: io::Error) -> io::Result<Vec<u8>> {
    match err.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(Vec::new()),
        _ => Err(err),
    }
}

/// Whether a path is a device that may answer. Where a read could wait for ever, none is asked.
#[cfg(target_os = "linux")]
pub(crate) fn answers(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_char_device())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn answers(_: &Path) -> bool {
    false
}

/// Whether a path is a device (or a pipe), which may take bytes slowly or never.
#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_char_device() || meta.file_type().is_fifo())
}

/// Devices of other systems have no path that can be told from a file's.
#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    false
}

/// O_NONBLOCK: a printer without paper takes nothing for hours.
#[cfg(target_os = "linux")]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    const O_NONBLOCK: i32 = 0o4000;
    options.custom_flags(O_NONBLOCK);
}

#[cfg(not(target_os = "linux"))]
fn never_wait(_: &mut OpenOptions) {}
