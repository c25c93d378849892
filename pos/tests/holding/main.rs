//! A till and a small headquarters made for the test: hearing exactly when everything is counted, and holding
//! baskets while headquarters answers well, slowly, wrongly or not at all.
#![allow(clippy::unwrap_used, reason = "a test's helper may panic as the test does")]

mod asking;
mod bench;
mod hearing;
mod server;
mod window;
