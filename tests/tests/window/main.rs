//! The window as people use it: by accessible names, keys and scans, without a display.

mod accounts;
mod counter;
mod devices;
mod display;
mod front;
mod harness;
mod pictures;
mod scanner;
mod selling;
mod settings;
mod shelf;
mod sizes;
mod start;
mod ways;
