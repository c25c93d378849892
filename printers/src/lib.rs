//! From a receipt as data to bytes on a printer: layout (pure), encoding, devices.
//!
//! It knows no sale and no SQL, and it never decides when to print.

pub mod answer;
pub mod charset;
mod command;
pub mod encode;
mod glyph;
pub mod layout;
mod link;
pub mod paper;
pub mod picture;
pub mod profile;
mod raster;
mod reader;
pub mod roll;
mod sheet;
pub mod slip;
pub mod spooler;
#[cfg(windows)]
mod spooler_windows;
pub mod status;
pub mod target;
pub mod transport;
pub mod tray;

pub use encode::{receipt_bytes, test_page};
pub use profile::{Drawer, Profile, drawer_bytes};
pub use roll::Roll;
pub use sheet::{Block, Size};
pub use sheets::font;
pub use slip::slip_bytes;
pub use status::Condition;
pub use target::Target;
pub use transport::{Failure, Sender, ask, send, send_with};
pub use tray::Tray;
