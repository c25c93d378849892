//! Files in and out.
#![expect(clippy::unwrap_used, reason = "a fixture that does not stand fails its test")]

mod hostile;
mod paper;
mod reading;
mod writing;
