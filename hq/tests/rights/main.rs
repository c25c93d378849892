//! Who may do what, who sees what, what is noted of it; and what the API says of itself.

mod api;
mod audit;
mod copies;
mod goods;
mod hostile;
mod lab;
mod people;
mod schema;
mod scope;
mod second;
mod till;
mod walk;
