//! What crosses crates: the whole path over real sockets, crashes, tampering, restored databases,
//! privacy, bad input, and the house's own rules.

mod accounts;
mod bad_input;
mod built_in;
mod clocks;
mod counter;
mod crash;
mod day;
mod epochs;
mod fuzz;
mod holding;
mod journey;
mod local_api;
mod month;
mod other_till;
mod paper;
mod public_log;
mod refunds;
mod restore;
mod shop;
mod tamper;
mod tidy;
