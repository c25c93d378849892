//! Files where people leave them: the working folder, the desktop, downloads, pictures, memory sticks.

use std::path::PathBuf;

/// Files that are offered at once.
const MOST: usize = 6;

/// The newest files with one of these endings.
pub fn files(endings: &[&str]) -> Vec<String> {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from);
    let mut places = vec![PathBuf::from("."), PathBuf::from("data")];
    if let Some(home) = home {
        places.extend(["Desktop", "桌面", "Downloads", "下载", "Pictures", "图片"].map(|name| home.join(name)));
    }
    for mounts in ["/media", "/run/media"] {
        let list = std::fs::read_dir(mounts).into_iter().flatten().flatten();
        places.extend(list.map(|entry| entry.path()));
    }
    let fits = |path: &PathBuf| path.extension().is_some_and(|e| endings.iter().any(|end| e.eq_ignore_ascii_case(end)));
    let found = places.iter().flat_map(|place| std::fs::read_dir(place).into_iter().flatten().flatten());
    let mut files: Vec<_> = found
        .filter(|entry| fits(&entry.path()))
        .map(|entry| (entry.metadata().and_then(|m| m.modified()).ok(), entry.path().display().to_string()))
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    files.truncate(MOST);
    files.into_iter().map(|(_, path)| path).collect()
}
