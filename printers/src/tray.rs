//! Where a printer without paper puts its jobs: a folder with each as received, as text and drawn.

use std::io;
use std::path::{Path, PathBuf};

use crate::font::Font;
use crate::{paper, picture};

/// Most papers that a folder numbers.
const LAST: u32 = 999_999;

/// A folder of jobs: `000001.bin`, `000001.txt`, `000001.png`, and so on.
#[derive(Debug)]
pub struct Tray {
    dir: PathBuf,
    dots: Option<usize>,
    font: Option<Font>,
}

impl Tray {
    /// A folder, created if absent. `dots` is the paper's width, by default what each job needs;
    /// without a font nothing is drawn.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(dir: &Path, dots: Option<usize>, font: Option<Font>) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.into(), dots, font })
    }

    /// Keeps a job under the next number. The picture comes last, and each file is whole from the
    /// moment that it has its name.
    ///
    /// # Errors
    /// Where the folder takes no more.
    pub fn keep(&self, bytes: &[u8]) -> io::Result<PathBuf> {
        let dots = self.dots.unwrap_or_else(|| paper::width_of(bytes));
        let stem = self.dir.join(format!("{:06}", self.last()? + 1));
        write(&stem.with_extension("bin"), bytes)?;
        write(&stem.with_extension("txt"), paper::read_on(bytes, dots).text().as_bytes())?;
        if let Some(font) = &self.font {
            write(&stem.with_extension("png"), &picture::draw(bytes, dots, font).png())?;
        }
        Ok(stem)
    }

    /// The highest number in the folder.
    fn last(&self) -> io::Result<u32> {
        let mut last = 0;
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let number = Path::new(&name).file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            last = last.max(number.filter(|n| *n < LAST).unwrap_or(0));
        }
        Ok(last)
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)
}
