//! Tables in and out of files: CSV, XLSX and XLS in; CSV, XLSX and PDF out, and shelf labels. No shop's rule, no
//! SQL and no HTTP is known here.
#![deny(clippy::as_conversions)]

pub mod font;
mod guard;
pub mod pdf;
mod problem;
mod read;
mod sheet;
mod to_csv;
mod to_xlsx;
mod width;

pub use problem::Problem;
pub use read::{Limits, Reading, read};
pub use sheet::{Column, Kind, Sheet, Value};
pub use to_xlsx::to_xlsx;
