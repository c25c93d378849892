//! The console as people and browsers meet it.

mod browser;
mod pages;
mod roles;
mod roster;
mod rules;
mod sessions;
mod shop;
mod site;
