//! The roster as those who keep it meet it: bureau's files, what they change, and what stays hidden.

#![expect(clippy::unwrap_used, reason = "a test that does not stand says so")]
mod by_hand;
mod files;
mod speed;

use hq::service::Hq;
use hq::service::access::Role;
use hq::service::roster::imports::{self, Answers, Report, Sent};
use hq::service::roster::mapping::Mapping;
use hq::service::session::Person;
use hq::store::roster::{Import, one_import};

/// Headquarters in a folder of its own.
pub struct Desk {
    pub hq: Hq,
    _dir: tempfile::TempDir,
}

impl Desk {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hq = Hq::open(dir.path(), &dir.path().join("keys.json")).unwrap();
        hq::service::roster::add_store(&hq, "S001", "和平路店", "370811", vec!["3708".into()]).unwrap();
        Self { hq, _dir: dir }
    }

    /// Sends a file and lets it be read.
    pub fn send(&self, source: &str, bytes: &[u8]) -> Import {
        let sent = Sent { source, bytes, mapping: "", confirms: false };
        let id = imports::take(&self.hq, &keeper(), &sent).unwrap().unwrap();
        imports::work(&self.hq, id);
        self.import(id)
    }

    pub fn import(&self, id: i64) -> Import {
        one_import(&self.hq.db().conn, id).unwrap().unwrap()
    }

    /// Says where the bureau's columns do not: everything is urban dibao of one district.
    pub fn fix(&self, import: &Import) -> Import {
        let mut mapping: Mapping = serde_json::from_str(&import.mapping).unwrap();
        mapping.fixed.insert("category".into(), "城市低保".into());
        mapping.fixed.insert("district".into(), "370811".into());
        imports::map(&self.hq, &keeper(), import.id, &mapping, "惠民区民政局").unwrap().unwrap();
        imports::work(&self.hq, import.id);
        self.import(import.id)
    }

    pub fn answer(&self, import: &Import, answer: &str, ends_absent: bool) -> Import {
        let answers = report(import).questions.into_iter().map(|q| (q.key, answer.to_owned())).collect();
        imports::answer(&self.hq, &keeper(), import.id, &Answers { answers, ends_absent }).unwrap().unwrap();
        imports::work(&self.hq, import.id);
        self.import(import.id)
    }

    pub fn apply(&self, import: &Import) -> Import {
        imports::apply(&self.hq, &keeper(), import.id).unwrap().unwrap();
        imports::work(&self.hq, import.id);
        self.import(import.id)
    }

    /// Current rows: household, masked name, status.
    pub fn rows(&self) -> Vec<(String, String, String)> {
        let sql = "SELECT household, name_masked, status FROM members WHERE to_version IS NULL ORDER BY id";
        let read = |row: &hq::store::sql::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.hq.db().conn.all(sql, hq::params![], read).unwrap()
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.hq.db().conn.value(sql, hq::params![]).unwrap()
    }
}

pub fn report(import: &Import) -> Report {
    serde_json::from_str(&import.report).unwrap()
}

pub fn person(name: &str, role: Role) -> Person {
    Person { name: name.into(), role, store: None, district: None, confirmed_at: 0 }
}

pub fn keeper() -> Person {
    person("lan", Role::Roster)
}

/// The `n`th fictitious ID number.
pub fn id_number(n: usize) -> String {
    let born = 19_400_101 + (n % 60) * 10_000 + (n / 60 % 12) * 100 + n / 720 % 28;
    let digits = format!("370899{born}{:03}", n / 20_160 * 50 + n % 50);
    format!("{digits}{}", domain::resident::check_character(&digits))
}
