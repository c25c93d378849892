//! What an attacker tries (docs/security.md).
#![expect(clippy::unwrap_used, reason = "a fixture that does not stand fails its test")]

mod bodies;
mod door;
mod kept;
mod slow;
mod tokens;
mod words;
