//! Whatever breaks: power cuts, full and failing disks, damaged files, killed programs, old databases,
//! copies put back.

mod backups;
mod disk;
mod fault;
mod hands;
mod kills;
mod older;
mod power;
mod upgrades;
mod witness;
