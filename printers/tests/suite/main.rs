//! Paper: every line fits, no hanzi is split, no control byte passes, it stays short, and it is
//! drawn to the dot.
#![expect(clippy::unwrap_used, reason = "a fixture that does not stand fails its test")]

mod odd;
mod pictures;
mod samples;
mod slips;
mod words;
