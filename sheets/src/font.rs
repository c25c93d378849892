//! The outline font of documents, of the drawn paper and of the window's text: found on the system, never shipped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ttf_parser::Face;

/// A font file that was read and checked.
#[derive(Debug, Clone)]
pub struct Font {
    /// The file.
    pub bytes: Arc<Vec<u8>>,
    /// Which of the file's fonts; 0 where it holds one.
    pub index: u32,
    /// Where it was found.
    pub path: PathBuf,
}

/// Where systems keep a font for simplified Chinese, and which of the file's fonts it is.
const PLACES: [(&str, u32); 7] = [
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    (r"C:\Windows\Fonts\msyh.ttc", 0),
    (r"C:\Windows\Fonts\simhei.ttf", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 1),
    ("/System/Library/Fonts/STHeiti Medium.ttc", 1),
];

/// A font without these can write neither document nor receipt.
const NEEDED: &str = "慈善超市惠民优惠应收0123456789.-";

/// Finds a Chinese font: `JIHUI_FONT`, then `jihui.ttf|ttc|otf` beside the program, then the system's.
///
/// # Errors
/// A sentence in Chinese and English that says what to install.
pub fn system() -> Result<Font, String> {
    if let Some(path) = std::env::var_os("JIHUI_FONT") {
        let path = PathBuf::from(path);
        return load(&path, 0)
            .map_err(|err| format!("环境变量 JIHUI_FONT 指定的字体不能用。 JIHUI_FONT names no usable font: {err}"));
    }
    let program = std::env::current_exe().ok();
    let beside = program
        .iter()
        .flat_map(|program| ["ttf", "ttc", "otf"].map(|e| program.with_file_name("jihui").with_extension(e)));
    let places = beside.map(|path| (path, 0)).chain(PLACES.map(|(path, index)| (path.into(), index)));
    for (path, index) in places.filter(|(path, _)| path.is_file()) {
        if let Ok(font) = load(&path, index) {
            return Ok(font);
        }
    }
    Err("找不到中文字体，请安装文泉驿微米黑（Debian：apt install fonts-wqy-microhei），\
         或把字体文件放到程序旁边，取名 jihui.ttf。 \
         No Chinese font found: install fonts-wqy-microhei (Debian), or put a font beside the program as jihui.ttf"
        .into())
}

/// Reads a font file and checks that it has such a font and that the font knows Chinese.
///
/// # Errors
/// What is wrong with the file, in English.
pub fn load(path: &Path, index: u32) -> Result<Font, String> {
    let bytes = std::fs::read(path).map_err(|err| format!("{}: {err}", path.display()))?;
    let font = Font { bytes: Arc::new(bytes), index, path: path.into() };
    let face = font.face().ok_or_else(|| format!("{} has no font {index}", path.display()))?;
    match NEEDED.chars().find(|c| face.glyph_index(*c).is_none()) {
        Some(c) => Err(format!("the font {} has no {c}", path.display())),
        None => Ok(font),
    }
}

impl Font {
    /// The font, ready to draw; nothing where the file has no such font.
    pub(crate) fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.bytes, self.index).ok()
    }
}
