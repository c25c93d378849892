//! The Windows spooler.

use std::io::ErrorKind;
use std::os::windows::process::CommandExt as _;
use std::process::Command;

use crate::spooler::{QUEUES, Spooler, queues_of};
use crate::transport::Failure;

/// CREATE_NO_WINDOW: no black window over the till.
const NO_WINDOW: u32 = 0x0800_0000;

/// Queues of Windows, by name, datatype RAW.
#[derive(Debug, Clone, Copy, Default)]
pub struct Winspool;

impl Spooler for Winspool {
    fn raw(&self, queue: &str, title: &str, bytes: &[u8]) -> Result<(), Failure> {
        match raw_printer::write_to_device(queue, bytes, Some(title)) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(sent) => Err(Failure::AfterFirstByte { sent, problem: "the queue took only a part".into() }),
            Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                Err(Failure::BeforeFirstByte(format!(
                    "Windows 没有打印队列 `{queue}`，请在设置里核对名称。 Windows has no print queue `{queue}`: check its name ({err})"
                )))
            }
            // It does not say whether bytes were queued.
            Err(err) => Err(Failure::AfterFirstByte { sent: 0, problem: err.to_string() }),
        }
    }

    /// The spooler itself lists them only to unsafe code; the registry says the same.
    fn queues(&self) -> Vec<String> {
        let said = Command::new("reg").args(["query", QUEUES]).creation_flags(NO_WINDOW).output();
        said.map(|said| queues_of(&String::from_utf8_lossy(&said.stdout))).unwrap_or_default()
    }
}
