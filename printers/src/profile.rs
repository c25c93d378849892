//! What kind of printer it is, and its form on one line of settings:
//! `columns=48,charset=gbk,cut=partial,drawer=2/50/500,status=dle_eot,confirm=yes,qr=raster,feed=1`.

use std::fmt;
use std::str::FromStr;

use crate::charset::Charset;

/// Columns of 58 mm paper. Most of these printers have no cutter, and ignore the cut and its feed.
const NARROW: usize = 32;
/// Columns of the papers that there are.
const COLUMNS: [usize; 3] = [32, 42, 48];
/// Printers ready made, by name: 42 columns are the 512 dots of some 80 mm printers.
pub const NAMED: [(&str, usize); 3] = [("58mm", 32), ("80mm", 48), ("80mm-42", 42)];
/// Longest pulse in ms that a byte can say.
const LONGEST_PULSE: u16 = 510;

/// What kind of printer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Columns of half-width characters: 32 (58 mm), 42 or 48 (80 mm).
    pub columns: usize,
    /// Which hanzi it has.
    pub charset: Charset,
    /// Whether it has a cutter, and how it cuts.
    pub cut: Cut,
    /// The drawer on its socket, if there is one.
    pub drawer: Option<Drawer>,
    /// How it tells its condition, if it does.
    pub status: Asking,
    /// Whether it answers GS r behind a job: then a job is known to be on paper.
    pub confirm: bool,
    /// Who draws QR codes.
    pub qr: QrBy,
    /// Lines that are fed before the cut, or for tearing off.
    pub feed: u8,
}

/// How paper is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Torn off by hand.
    None,
    /// Through.
    Full,
    /// All but one point.
    Partial,
}

/// How a printer tells its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Not at all.
    None,
    /// It answers DLE EOT 1 to 4.
    DleEot,
    /// It sends four bytes when told to (GS a).
    Asb,
}

/// Who draws QR codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrBy {
    /// The printer.
    Native,
    /// This program, as a picture, for printers that cannot.
    Raster,
}

/// A cash drawer on the printer's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawer {
    /// Pin of the socket that opens it.
    pub pin: Pin,
    /// ms that the current flows, up to 510.
    pub on_ms: u16,
    /// ms before it may flow again, up to 510.
    pub off_ms: u16,
}

/// Pin of the drawer's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// The first drawer, as nearly everywhere.
    Two,
    /// The second drawer.
    Five,
}

impl Default for Drawer {
    fn default() -> Self {
        Self { pin: Pin::Two, on_ms: 50, off_ms: 500 }
    }
}

impl Profile {
    /// An ordinary printer of so many columns.
    pub fn with_columns(columns: usize) -> Self {
        Self {
            columns,
            charset: Charset::Gb18030,
            cut: Cut::Partial,
            drawer: None,
            status: Asking::None,
            confirm: false,
            qr: QrBy::Native,
            // From the print head to the edge at which narrow paper is torn.
            feed: if columns > NARROW { 1 } else { 4 },
        }
    }

    /// A printer ready made: see [`NAMED`].
    pub fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, columns)| Self::with_columns(*columns))
    }

    /// Dots across the paper: 12 a column, save that 42 columns are centred on 512 dots.
    pub fn dots(&self) -> usize {
        dots(self.columns)
    }

    /// Sets one thing from its text.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "columns" => self.columns = columns(value)?,
            "charset" => self.charset = choose(key, value, &CHARSETS)?,
            "cut" => self.cut = choose(key, value, &CUTS)?,
            "drawer" => self.drawer = drawer(value)?,
            "status" => self.status = choose(key, value, &ASKING)?,
            "confirm" => self.confirm = choose(key, value, &[("yes", true), ("no", false)])?,
            "qr" => self.qr = choose(key, value, &QRS)?,
            "feed" => self.feed = value.parse().map_err(|_| wrong(key, value, "0-255"))?,
            _ => {
                let known = "columns, charset, cut, drawer, status, confirm, qr, feed";
                return Err(format!(
                    "打印机没有 `{key}` 这项设置，请用 {known}。 A printer has no setting `{key}`: use {known}"
                ));
            }
        }
        Ok(())
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::with_columns(NARROW)
    }
}

/// Dots across a paper of so many columns.
pub(crate) fn dots(columns: usize) -> usize {
    if columns == 42 { 512 } else { columns * 12 }
}

/// The bytes that open a drawer: a job of its own. `ESC p` has five bytes; a printer that is sent
/// three takes the next job's first two for the rest.
pub fn drawer_bytes(drawer: Drawer) -> Vec<u8> {
    let pin = match drawer.pin {
        Pin::Two => 0,
        Pin::Five => 1,
    };
    // In units of 2 ms.
    let pulse = |ms: u16| u8::try_from(ms / 2).unwrap_or(u8::MAX);
    vec![0x1B, 0x70, pin, pulse(drawer.on_ms), pulse(drawer.off_ms)]
}

const CHARSETS: [(&str, Charset); 3] =
    [("gb2312", Charset::Gb2312), ("gbk", Charset::Gbk), ("gb18030", Charset::Gb18030)];
const CUTS: [(&str, Cut); 3] = [("none", Cut::None), ("full", Cut::Full), ("partial", Cut::Partial)];
const ASKING: [(&str, Asking); 3] = [("none", Asking::None), ("dle_eot", Asking::DleEot), ("asb", Asking::Asb)];
const QRS: [(&str, QrBy); 2] = [("native", QrBy::Native), ("raster", QrBy::Raster)];

impl FromStr for Profile {
    type Err = String;

    /// Reads settings divided by commas. The first may be a name of [`NAMED`]; what is not said is as
    /// for the paper's width.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim).filter(|part| !part.is_empty()).peekable();
        let named = parts.next_if(|first| !first.contains('='));
        let mut profile = match named {
            Some(name) => Self::named(name).ok_or_else(|| {
                let known = NAMED.map(|(name, _)| name).join(", ");
                format!(
                    "没有叫 `{name}` 的打印机类型，请用 {known}。 There is no kind of printer `{name}`: use {known}"
                )
            })?,
            None => Self::default(),
        };
        let parts: Vec<(&str, &str)> = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
        // The width first, since the feed goes with it.
        if let Some((_, value)) = parts.iter().find(|(key, _)| *key == "columns") {
            profile = Self::with_columns(columns(value)?);
        }
        for (key, value) in parts {
            profile.set(key, value)?;
        }
        Ok(profile)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { columns, charset, cut, drawer, status, confirm, qr, feed } = self;
        write!(f, "columns={columns},charset={},cut={}", name(charset, &CHARSETS), name(cut, &CUTS))?;
        match drawer {
            None => write!(f, ",drawer=none")?,
            Some(Drawer { pin, on_ms, off_ms }) => {
                let pin = match pin {
                    Pin::Two => 2,
                    Pin::Five => 5,
                };
                write!(f, ",drawer={pin}/{on_ms}/{off_ms}")?;
            }
        }
        let confirm = if *confirm { "yes" } else { "no" };
        write!(f, ",status={},confirm={confirm},qr={},feed={feed}", name(status, &ASKING), name(qr, &QRS))
    }
}

fn name<T: PartialEq>(value: &T, names: &[(&'static str, T)]) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or("", |(name, _)| *name)
}

fn choose<T: Copy>(key: &str, value: &str, names: &[(&str, T)]) -> Result<T, String> {
    let known = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    names.iter().find(|(name, _)| *name == value).map(|(_, one)| *one).ok_or_else(|| wrong(key, value, &known()))
}

fn columns(value: &str) -> Result<usize, String> {
    let known = value.parse().ok().filter(|columns| COLUMNS.contains(columns));
    known.ok_or_else(|| wrong("columns", value, "32, 42, 48"))
}

/// `none`, `2`, `5` or `2/50/500`: the pin, and ms on and off.
fn drawer(value: &str) -> Result<Option<Drawer>, String> {
    if value == "none" {
        return Ok(None);
    }
    let parsed = || {
        let mut parts = value.split('/');
        let pin = match parts.next()? {
            "2" => Pin::Two,
            "5" => Pin::Five,
            _ => return None,
        };
        let ms = |text: &str| text.parse().ok().filter(|ms| (2..=LONGEST_PULSE).contains(ms) && ms % 2 == 0);
        let times: Vec<u16> = parts.map(ms).collect::<Option<_>>()?;
        match times[..] {
            [] => Some(Drawer { pin, ..Drawer::default() }),
            [on_ms, off_ms] => Some(Drawer { pin, on_ms, off_ms }),
            _ => None,
        }
    };
    parsed().map(Some).ok_or_else(|| wrong("drawer", value, "none, 2, 5, 2/50/500 (even ms, 2-510)"))
}

fn wrong(key: &str, value: &str, known: &str) -> String {
    format!("打印机设置 `{key}={value}` 不对，请用 {known}。 The printer setting `{key}={value}` is wrong: use {known}")
}
