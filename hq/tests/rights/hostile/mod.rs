//! What an attacker tries (docs/security.md).

mod bodies;
mod door;
mod kept;
mod slow;
mod tokens;
mod words;
