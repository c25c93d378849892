//! The console as people and browsers meet it.

mod browser;
mod disputes;
mod pages;
mod postgres;
mod programmes;
mod review;
mod roles;
mod rules;
mod sessions;
mod shop;
mod site;
mod stock;
