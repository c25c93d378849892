//! What once was found interesting by fuzzing, fed again: `fuzz/` says how.

#[path = "../../../fuzz/src/targets.rs"]
mod targets;

#[test]
fn nothing_that_was_kept_makes_anything_fail() {
    let corpus = tests::root().join("fuzz/corpus");
    for (name, target) in targets::ALL {
        let files = tests::files(&corpus.join(name));
        assert!(files.len() > 1, "{name} has nothing kept");
        for (path, bytes) in files {
            // Its name, should it panic.
            eprintln!("{}", path.display());
            target(&bytes);
        }
        target(&[]);
    }
}
