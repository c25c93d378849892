//! What lies on the disk, and who may read it.

use std::path::Path;

use hq::service::access::Role;
use hq::service::enrol;

use crate::lab::{Lab, PASSWORD};
use crate::till::Till;

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn keys_database_and_backups_are_their_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a/data");
    let hq = hq::service::Hq::open(data.as_path(), &data.join("keys.json")).unwrap();
    let copy = dir.path().join("copy.db");
    hq.db().backup(&copy).unwrap();
    assert_eq!(mode(&data), 0o700);
    let mut seen = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 2, "keys and database");
    assert_eq!(mode(&copy), 0o600);
    drop(hq);
    // A database that an earlier version left open to all is closed.
    use std::os::unix::fs::PermissionsExt as _;
    let path = data.join("hq.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(hq::service::Hq::open(data.as_path(), &data.join("keys.json")).unwrap());
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn no_secret_lies_in_the_database_as_it_is() {
    let lab = Lab::open();
    lab.user("boss", Role::Admin, None, None);
    let mut boss = lab.signed_in("boss");
    assert_eq!(boss.get("/console").status, 200);
    let session = boss.cookie.split('=').nth(1).unwrap().to_owned();
    let code = enrol::make_code(&lab.hq, "boss", "S001", "07").unwrap().unwrap();
    let till = Till::enrol(&lab, "S001", "01");
    let roster_key = till.me.roster_key.clone();
    let copy = lab.dir.path().join("copy.db");
    lab.hq.db().backup(&copy).unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    assert!(has(b"S001"), "the copy holds what it should");
    let keys: serde_json::Value =
        serde_json::from_slice(&std::fs::read(lab.dir.path().join("keys.json")).unwrap()).unwrap();
    for name in ["signing", "encryption", "mac"] {
        let text = keys[name].as_str().unwrap();
        assert!(!has(text.as_bytes()) && !has(&sync::from_b64(text).unwrap()), "{name}");
    }
    for (what, text) in [
        ("a password", PASSWORD),
        ("a session", session.as_str()),
        ("a code", code.as_str()),
        ("a roster key", roster_key.as_str()),
        ("a number", &crate::lab::id_number(0)),
        ("a name", "示春华"),
    ] {
        assert!(!has(text.as_bytes()), "{what}");
    }
    assert!(!has(&sync::from_b64(&roster_key).unwrap()), "a roster key's bytes");
}
