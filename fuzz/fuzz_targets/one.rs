//! One program for all targets: JIHUI_FUZZ names the one that is meant.
#![no_main]

#[path = "../src/targets.rs"]
mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("JIHUI_FUZZ").unwrap_or_default();
    let found = targets::ALL.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("JIHUI_FUZZ names one of {:?}", targets::ALL.map(|(name, _)| name))).1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
