//! The console as people and browsers meet it.

mod browser;
mod disclosure;
mod disputes;
mod money;
mod pages;
mod postgres;
mod programmes;
mod quarter;
mod review;
mod roles;
mod roster;
mod rules;
mod sessions;
mod shop;
mod site;
mod stock;
mod usage;
