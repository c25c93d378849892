//! The Windows spooler.

use std::io::ErrorKind;

use crate::spooler::Spooler;
use crate::transport::Failure;

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
}
