//! The console as people and browsers meet it.

mod browser;
mod disclosure;
mod pages;
mod roles;
mod rules;
mod sessions;
mod shop;
mod site;
mod usage;
