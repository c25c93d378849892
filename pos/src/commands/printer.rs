//! Setting up and trying the printer.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use printers::{Target, paper, send, test_page};

use super::{print, wrong_input};
use crate::shop::{Shop, commands_log};

/// Largest job that the virtual printer takes.
const MAX_JOB: u64 = 1024 * 1024;

/// Says which printer there is.
pub fn set(dir: &Path, target: &str, columns: usize) -> Result<()> {
    put(&Shop::open(dir)?, target, columns)
}

/// Keeps where the printer is.
pub fn put(shop: &Shop, target: &str, columns: usize) -> Result<()> {
    Target::parse(target).map_err(wrong_input)?;
    if ![32, 42, 48].contains(&columns) {
        return Err(wrong_input(format!("{columns} columns: a receipt has 32, 42 or 48")));
    }
    shop.store.set_setting("printer", target)?;
    Ok(shop.store.set_setting("printer_columns", &columns.to_string())?)
}

/// Prints the test page.
pub fn test(dir: &Path) -> Result<()> {
    print_test_page(&Shop::open(dir)?)
}

/// Sends the test page to the printer that is set.
pub fn print_test_page(shop: &Shop) -> Result<()> {
    let Some((target, profile)) = shop.printer()? else {
        return Err(wrong_input("no printer is set; run `jihui-till printer set tcp://HOST:9100`"));
    };
    let bytes = test_page(profile).map_err(anyhow::Error::msg)?;
    send(&target, shop.store.dir(), &bytes, &mut || {})?;
    Ok(())
}

/// A virtual printer: each job as received and as text in a folder.
pub fn serve(listen: &str, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("creating {}", out.display()))?;
    let listener = TcpListener::bind(listen).map_err(|err| wrong_input(format!("{listen}: {err}")))?;
    print(&format!("listening on tcp://{}", listener.local_addr().context("the address")?))?;
    for (n, stream) in (1..).zip(listener.incoming()) {
        let stream = stream.context("taking a job")?;
        if let Err(err) = take(stream, &out.join(format!("{n:06}"))) {
            commands_log(&format!("job {n} was lost: {err:#}"));
        }
    }
    Ok(())
}

fn take(stream: TcpStream, stem: &Path) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).context("setting the timeout")?;
    let mut bytes = Vec::new();
    stream.take(MAX_JOB).read_to_end(&mut bytes).context("reading")?;
    let text = paper::read(&bytes).text();
    for (ending, content) in [("bin", bytes.as_slice()), ("txt", text.as_bytes())] {
        let path = stem.with_extension(ending);
        let mut file = std::fs::File::create(&path).with_context(|| format!("writing {}", path.display()))?;
        file.write_all(content).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
