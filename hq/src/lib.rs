//! Headquarters: it takes what tills say, prices it again with the same code, and keeps the books.

pub mod address;
pub mod api;
pub mod cli;
pub mod console;
pub mod files;
pub mod keys;
pub mod serve;
pub mod service;
pub mod store;
