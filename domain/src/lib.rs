//! What is true of the shop and of a programme, without a screen, a disk, a clock or a network.
//!
//! Everything here is total and pure: time, ids and randomness come in as arguments, and errors
//! are values. The till and headquarters run the same code over the same numbers.
#![deny(clippy::float_arithmetic, clippy::as_conversions)]

pub mod barcode;
pub mod bars;
pub mod basket;
pub mod claim;
pub mod credit_code;
pub mod disk;
pub mod fund;
pub mod household;
pub mod id;
pub mod json;
pub mod label;
pub mod lang;
pub mod money;
mod money_words;
pub mod pricing;
pub mod product;
pub mod programme;
pub mod promotion;
pub mod quantity;
pub mod quote;
pub mod receipt;
pub mod record;
pub mod resident;
pub mod returns;
pub mod role;
pub mod sale;
pub mod shift;
pub mod slip;
pub mod table;
pub mod tender;
pub mod till;
pub mod time;
pub mod usage;
pub mod words;
