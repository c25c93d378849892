//! The console as people and browsers meet it.

mod browser;
mod pages;
mod postgres;
mod roles;
mod rules;
mod sessions;
mod shop;
mod site;
