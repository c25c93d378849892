//! The house's own rules (ARCHITECTURE.md).

use std::path::Path;

/// Which crate may know which.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("copies", &["domain"]),
    ("store", &["domain", "copies"]),
    ("printers", &["domain", "sheets"]),
    ("sheets", &["domain"]),
    ("sync", &["domain"]),
    ("pos", &["domain", "store", "printers", "sheets", "sync"]),
    ("hq", &["domain", "copies", "sheets", "sync"]),
    ("verify", &["domain", "sync"]),
];

#[test]
fn the_arrows_point_one_way() {
    for (name, allowed) in ARROWS {
        let manifest = std::fs::read_to_string(tests::root().join(name).join("Cargo.toml")).unwrap();
        for (other, _) in ARROWS {
            let known = manifest.lines().any(|line| line.starts_with(&format!("{other} = ")));
            assert!(!known || allowed.contains(&other), "{name} must not know {other}");
        }
    }
}

#[test]
fn files_stay_readable_and_finished() {
    for (name, _) in ARROWS {
        check(&tests::root().join(name).join("src"));
    }
}

fn check(dir: &Path) {
    for (path, bytes) in tests::files(dir) {
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.lines().count() <= 500, "{} is too long: split it by what it is about", path.display());
        for word in ["todo!(", "unimplemented!(", "dbg!("] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
        // Floats are places on a screen, and nothing else.
        let paints = path.components().any(|part| part.as_os_str() == "app" || part.as_os_str() == "window");
        assert!(paints || !text.contains(": f64") && !text.contains(": f32"), "a float in {}", path.display());
    }
}
