//! From claims to payment, to the fen.
#![expect(clippy::unwrap_used, reason = "what does not stand fails its test")]

mod quarter;
mod rules;
mod world;
