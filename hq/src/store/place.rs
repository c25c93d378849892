//! Where headquarters' database is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use postgres::Config;
use postgres::config::SslMode;

/// A database. It shows where it is, never its password.
#[derive(Debug, Clone)]
pub enum Database {
    /// SQLite in a folder.
    Folder(PathBuf),
    /// `PostgreSQL`.
    Server(Box<Config>),
}

/// Where Debian's server listens on the machine itself.
#[cfg(unix)]
const SOCKET: &str = "/run/postgresql";

impl Database {
    /// An address: `postgres://USER:PASSWORD@HOST:PORT/NAME`, or `postgres:///NAME?host=/run/postgresql`
    /// for a socket, which is also what an address without a host means.
    pub fn parse(address: &str) -> Result<Self> {
        let is_ours = ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme));
        // What was typed may hold a password: it is not said again.
        let Some(mut config) = address.parse::<Config>().ok().filter(|_| is_ours) else {
            bail!(
                "--database is no address of a PostgreSQL database; write postgres://USER@HOST/NAME, or \
                 postgres:///NAME?host=/run/postgresql for a socket"
            );
        };
        if config.get_ssl_mode() == SslMode::Require {
            bail!(
                "TLS to the database is not offered; use a socket, the same machine or a tunnel, and leave out sslmode"
            );
        }
        #[cfg(unix)]
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host_path(SOCKET);
        }
        if config.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            config.password(password);
        }
        config.application_name("jihui-hq");
        Ok(Self::Server(Box::new(config)))
    }
}

impl From<&Path> for Database {
    fn from(dir: &Path) -> Self {
        Self::Folder(dir.into())
    }
}

impl From<PathBuf> for Database {
    fn from(dir: PathBuf) -> Self {
        Self::Folder(dir)
    }
}

impl From<&PathBuf> for Database {
    fn from(dir: &PathBuf) -> Self {
        Self::Folder(dir.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_never_shows_its_password() {
        for address in [
            "postgres://jihui:sEcret@db.example:5433/hq",
            "postgresql://jihui:sEcret@localhost/hq",
            "postgres:///hq?host=/run/postgresql&user=jihui&password=sEcret",
            "postgres:///hq?user=jihui&password=sEcret",
        ] {
            let place = Database::parse(address).unwrap();
            let Database::Server(config) = &place else { panic!("{address} is a server") };
            assert_eq!((config.get_user(), config.get_dbname()), (Some("jihui"), Some("hq")), "{address}");
            assert_eq!(config.get_hosts().len(), 1, "{address}");
            assert!(!format!("{place:?}").contains("sEcret"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for address in
            ["mysql://a:sEcret@b/c", "postgres://a:sEcret@b:port/c", "postgres://a:sEcret@b/c?sslmode=require"]
        {
            let problem = Database::parse(address).unwrap_err().to_string();
            assert!(!problem.contains("sEcret") && !problem.contains('\n'), "{problem}");
        }
    }
}
