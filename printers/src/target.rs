//! Where a printer is: `tcp://HOST:PORT`, `serial:PATH?baud=N`, `file:PATH`, `winspool:QUEUE` or
//! `virtual`.

use std::path::PathBuf;

use crate::spooler::not_here;

/// A printer's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Raw TCP, usually port 9100.
    Tcp(String),
    /// A serial line, 8N1.
    Serial {
        /// Device, such as `/dev/ttyUSB0` or `COM3`.
        path: String,
        /// Bits a second.
        baud: u32,
    },
    /// A device file such as `/dev/usb/lp0`, or a plain file.
    File(PathBuf),
    /// A print queue of Windows, by its name.
    Spooler(String),
    /// The paper as text and picture, in the folder `paper` of the till's data folder.
    Virtual,
}

impl Target {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "virtual" {
            return Ok(Self::Virtual);
        }
        if let Some(address) = text.strip_prefix("tcp://") {
            let port =
                address.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
            return match port {
                Some(_) => Ok(Self::Tcp(address.into())),
                None => Err(format!("`{text}` has no port: write tcp://HOST:9100")),
            };
        }
        if let Some(rest) = text.strip_prefix("serial:") {
            let (path, query) = rest.split_once('?').unwrap_or((rest, "baud=9600"));
            let baud = query.strip_prefix("baud=").and_then(|baud| baud.parse().ok()).filter(|baud| *baud > 0);
            return match baud {
                Some(baud) if !path.is_empty() => Ok(Self::Serial { path: path.into(), baud }),
                _ => Err(format!("`{text}` is not serial:PATH?baud=N")),
            };
        }
        if let Some(queue) = text.strip_prefix("winspool:") {
            return spooler(queue);
        }
        match text.strip_prefix("file:").filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::File(path.into())),
            None => Err(format!(
                "`{text}` is no printer (tcp://HOST:PORT, serial:PATH?baud=N, file:PATH, winspool:QUEUE, virtual)"
            )),
        }
    }
}

fn spooler(queue: &str) -> Result<Target, String> {
    if cfg!(not(windows)) {
        return Err(not_here(queue));
    }
    // The spooler is called in the system's own code page.
    if queue.is_empty() || !queue.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Err(format!(
            "打印队列 `{queue}` 的名称只能用英文字母和数字，请在 Windows 里改名。 \
             The print queue's name `{queue}` must be of ASCII letters: rename it in Windows"
        ));
    }
    Ok(Target::Spooler(queue.into()))
}
