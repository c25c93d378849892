//! Headquarters on PostgreSQL: the same books as on SQLite, from one server or several. The rest of
//! this suite runs there too with `JIHUI_TEST_DATABASE=postgres`.

mod books;
mod connection;
mod moves;
mod schema;
mod walk;

use tests::{Lab, cluster};

/// Headquarters on a new database, with stores, lists and a roster.
fn lab(households: usize) -> Lab {
    Lab::on(Some(cluster::database())).furnished(households)
}
