//! What a disk did to the database, read off an error of either.

use domain::disk::DiskTrouble;

/// A server's error that is about its disk.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct ServerDisk {
    /// What it is.
    pub trouble: DiskTrouble,
    /// What the server said.
    pub text: String,
}

/// The data are a newer program's.
#[derive(Debug, thiserror::Error)]
#[error(
    "数据是新版本程序（V{have}）留下的，这个程序（V{newest}）太旧，没有动它。请安装新版本；数据可以用 jihui-hq backup 取出。 \
     The data are a newer program's (V{have}); this one (V{newest}) is too old and left them alone. Install the newer program; `jihui-hq backup` still takes the data out"
)]
pub struct Newer {
    /// The data's version.
    pub have: i32,
    /// The newest that this program knows.
    pub newest: i32,
}

/// What an error says of the disk; none where it says nothing of it.
pub fn of(err: &anyhow::Error) -> Option<DiskTrouble> {
    let of_server = || err.chain().find_map(|cause| cause.downcast_ref::<ServerDisk>()).map(|found| found.trouble);
    copies::of_any(err.as_ref()).or_else(of_server)
}

/// The same of a server's own word for it (SQLSTATE).
pub fn of_state(code: &str) -> Option<DiskTrouble> {
    match code {
        "53100" => Some(DiskTrouble::Full),
        "25006" => Some(DiskTrouble::ReadOnly),
        "58000" | "58030" | "58P01" => Some(DiskTrouble::Failing),
        "XX001" | "XX002" => Some(DiskTrouble::Damaged),
        _ => None,
    }
}
