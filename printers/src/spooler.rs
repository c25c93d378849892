//! A print queue of the system. Only Windows has one that takes raw bytes and gives none back.

use crate::transport::Failure;

/// Hands bytes to a queue. That they were taken does not say that they are on paper.
pub trait Spooler {
    /// Queues a job as it is.
    ///
    /// # Errors
    /// Where the queue does not exist or does not take all of it.
    fn raw(&self, queue: &str, title: &str, bytes: &[u8]) -> Result<(), Failure>;

    /// Names of the queues that can be used; none where there is no spooler, or it does not say.
    fn queues(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The system's own.
#[cfg(windows)]
pub use crate::spooler_windows::Winspool as System;

/// The system's own: none.
#[cfg(not(windows))]
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

#[cfg(not(windows))]
impl Spooler for System {
    fn raw(&self, queue: &str, _: &str, _: &[u8]) -> Result<(), Failure> {
        Err(Failure::BeforeFirstByte(not_here(queue)))
    }
}

/// Why a queue is refused on a system without a spooler.
pub(crate) fn not_here(queue: &str) -> String {
    format!(
        "`winspool:{queue}` 只能在 Windows 上用，这台机器请用 tcp://、serial: 或 file:。 \
         `winspool:{queue}` is for Windows only: use tcp://, serial: or file: on this machine"
    )
}

/// Where Windows keeps its queues: a key below this one for each.
#[cfg(any(windows, test))]
pub(crate) const QUEUES: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Print\Printers";

/// The names in what `reg query` says of that key. Those that the spooler could not be told are left out.
#[cfg(any(windows, test))]
pub(crate) fn queues_of(said: &str) -> Vec<String> {
    let names = said.lines().filter_map(|line| line.trim().strip_prefix(QUEUES)?.strip_prefix('\\'));
    names.filter(|name| name.bytes().all(|b| matches!(b, b' '..=b'~'))).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn queues_are_read_from_what_windows_says() {
        let key = super::QUEUES;
        let said = format!(
            "\r\n{key}\r\n    DefaultSpoolDirectory    REG_EXPAND_SZ    C:\\spool\r\n\r\n{key}\\XP-58 Receipt\r\n{key}\\小票机\r\n"
        );
        assert_eq!(super::queues_of(&said), ["XP-58 Receipt"]);
        assert!(super::queues_of("ERROR: no such key").is_empty());
    }
}
