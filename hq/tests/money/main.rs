//! From claims to payment, to the fen.

mod quarter;
mod rules;
mod world;
