//! Holding a quota while the family shops, through the API that tills speak to.

#[allow(dead_code)]
#[path = "../../../tests/src/cluster.rs"]
#[expect(dead_code, reason = "what is timed has a server of its own")]
mod cluster;

mod claims;
mod ids;
mod kept;
mod lab;
mod model;
mod offline;
mod quotes;
mod race;
mod reasons;
