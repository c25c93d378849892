//! From a receipt as data to bytes on a printer: layout (pure), encoding, devices.
//!
//! It knows no sale and no SQL, and it never decides when to print.

pub mod answer;
pub mod charset;
mod command;
pub mod encode;
pub mod font;
mod glyph;
pub mod layout;
pub mod paper;
pub mod picture;
mod reader;
mod sheet;
pub mod slip;
pub mod target;
pub mod transport;
pub mod tray;

pub use encode::{Profile, receipt_bytes, test_page};
pub use sheet::{Block, Size};
pub use slip::slip_bytes;
pub use target::Target;
pub use transport::{Failure, send};
pub use tray::Tray;
