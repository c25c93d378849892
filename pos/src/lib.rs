//! The till: it wires the state machine to store, printer and sync. It holds no SQL and no money
//! arithmetic.

pub mod api;
pub mod app;
pub mod commands;
pub mod counter;
pub mod daily;
pub mod devices;
pub mod drive;
pub mod effects;
pub mod holds;
pub mod keyfile;
pub mod nearby;
pub mod notice;
pub mod outbox;
pub mod paper;
pub mod pins;
pub mod public_log;
pub mod seal;
pub mod shop;
pub mod spool;
