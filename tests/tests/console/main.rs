//! The console as people and browsers meet it.

mod browser;
mod pages;
mod programmes;
mod roles;
mod rules;
mod sessions;
mod shop;
mod site;
