//! A print queue of the system. Only Windows has one that takes raw bytes and gives none back.

use crate::transport::Failure;

/// Hands bytes to a queue. That they were taken does not say that they are on paper.
pub trait Spooler {
    /// Queues a job as it is.
    ///
    /// # Errors
    /// Where the queue does not exist or does not take all of it.
    fn raw(&self, queue: &str, title: &str, bytes: &[u8]) -> Result<(), Failure>;
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
