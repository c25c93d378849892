//! What other people's code is built in: from where, under which licence, and what never is. `deny.toml` says
//! it once, for `cargo deny` and for this test, which needs nothing installed.

use std::process::Command;

use serde_json::Value;

/// The texts of a list in `deny.toml`.
fn list(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(tests::root().join("deny.toml")).unwrap();
    let start = text.find(&format!("\n{name} = [")).unwrap_or_else(|| panic!("{name} stands in deny.toml"));
    let mut lines = text[start + 1..].lines();
    let mut found = Vec::new();
    for line in lines.by_ref() {
        let said = line.split(" #").next().unwrap();
        found.extend(said.split('"').skip(1).step_by(2).map(str::to_owned));
        if said.trim_end().ends_with(']') {
            break;
        }
    }
    assert!(!found.is_empty(), "{name}");
    found
}

/// Whether a licence expression (SPDX) can be met: `AND` binds more than `OR`, and `/` is an old `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = either(&words, allowed);
    assert!(rest.is_empty(), "{expression}");
    met
}

fn either<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = both(words, allowed);
    while let ["OR", more @ ..] = rest {
        let (other, left) = both(more, allowed);
        (met, rest) = (met || other, left);
    }
    (met, rest)
}

fn both<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let ["AND", more @ ..] = rest {
        let (other, left) = one(more, allowed);
        (met, rest) = (met && other, left);
    }
    (met, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inner @ ..] => {
            let (met, rest) = either(inner, allowed);
            assert_eq!(rest.first(), Some(&")"), "{words:?}");
            (met, &rest[1..])
        }
        [licence, "WITH", exception, rest @ ..] => {
            (allowed.iter().any(|known| *known == format!("{licence} WITH {exception}")), rest)
        }
        [licence, rest @ ..] => (allowed.iter().any(|known| known == licence), rest),
        [] => panic!("an expression ends too early"),
    }
}

#[test]
fn expressions_are_read_as_they_are_meant() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(GPL-2.0-only OR ISC) AND MIT", true),
        ("GPL-2.0-only OR ISC AND GPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(is_met(expression, &allowed), met, "{expression}");
    }
}

#[test]
fn what_is_built_in_comes_from_the_registry_under_a_licence_that_we_may_pass_on() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .current_dir(tests::root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let (allowed, registries) = (list("allow"), list("allow-registry"));
    let mut others = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let (name, licence) = (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or_default());
        // Our own have no source: a folder of this house, and nowhere else.
        let Some(source) = package["source"].as_str() else {
            let manifest = package["manifest_path"].as_str().unwrap();
            assert!(manifest.starts_with(tests::root().to_str().unwrap()), "{name} lies at {manifest}");
            continue;
        };
        others += 1;
        assert!(registries.iter().any(|registry| source == format!("registry+{registry}")), "{name} is from {source}");
        assert!(is_met(licence, &allowed), "{name} is under `{licence}`: look at it, and name it in deny.toml");
    }
    assert!(others > 100, "{others}");
}

#[test]
fn what_is_banned_is_nowhere_and_everything_has_its_checksum() {
    let lock = std::fs::read_to_string(tests::root().join("Cargo.lock")).unwrap();
    let banned = list("deny");
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let start = format!("\n{name} = \"");
            package.split(start.as_str()).nth(1).and_then(|rest| rest.split('"').next())
        };
        let (name, version) = (field("name").unwrap(), field("version").unwrap());
        assert_eq!(field("source").is_some(), field("checksum").is_some(), "{name}");
        for ban in &banned {
            let (banned, of) = ban.split_once('@').unwrap_or((ban, ""));
            assert!(name != banned || !version.starts_with(of), "{name} {version} is banned by deny.toml");
        }
    }
}

#[test]
fn each_test_that_guarantees_and_threat_model_name_is_there() {
    let read = |name: &str| std::fs::read_to_string(tests::root().join("docs").join(name)).unwrap();
    let text = read("security.md") + &read("guarantees.md");
    let named = text.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() >= 3);
    let named: Vec<&str> = named.filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect();
    assert!(named.len() > 30, "{}", named.len());
    let mut sources = String::new();
    for folder in ["copies", "domain", "hq", "pos", "printers", "sheets", "store", "sync", "tests", "verify"] {
        for (path, bytes) in tests::files(&tests::root().join(folder)) {
            if path.extension().is_some_and(|end| end == "rs") {
                sources += &String::from_utf8(bytes).unwrap();
            }
        }
    }
    for name in named {
        assert!(
            sources.contains(&format!("#[test]\nfn {name}(")) || sources.contains(&format!("#[test]\n    fn {name}(")),
            "{name} is no test"
        );
    }
}
