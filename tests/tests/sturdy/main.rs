//! Whatever breaks: power cuts, full and failing disks, damaged files, killed programs, old databases,
//! copies put back.

#![expect(clippy::unwrap_used, reason = "what does not stand fails its test")]

mod backups;
mod disk;
mod fault;
mod hands;
mod kills;
mod older;
mod power;
mod upgrades;
mod witness;
