//! Where a device is and how it speaks, in one line: `serial:/dev/ttyUSB0?baud=9600&protocol=cas`.

use std::fmt;

use serialport::{DataBits, Parity};

use super::display::Model;
use super::sentence::Sentence;

/// Kinds of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Barcode scanner
    Scanner,
    /// Reader for ID cards
    IdCard,
    /// Scale
    Scale,
    /// The customer's display
    Display,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Scanner, Self::IdCard, Self::Scale, Self::Display];

    /// The name in settings and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::IdCard => "id_card",
            Self::Scale => "scale",
            Self::Display => "display",
        }
    }

    /// Reads such a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == text)
    }

    /// The name on the screen.
    pub fn name(self) -> Sentence {
        match self {
            Self::Scanner => Sentence::new("扫码枪", "Scanner"),
            Self::IdCard => Sentence::new("身份证读卡器", "ID-card reader"),
            Self::Scale => Sentence::new("电子秤", "Scale"),
            Self::Display => Sentence::new("顾客显示屏", "Customer display"),
        }
    }
}

/// How a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Lines of text.
    Lines,
    /// SDT
    Sdt,
    /// CAS, 顶尖 OS2
    Cas,
    /// Toledo 8217
    Toledo,
    /// `ST,GS,+ 1.234kg`
    Generic,
    /// A display.
    Display(Model),
}

impl Protocol {
    const ALL: [Self; 8] = [
        Self::Lines,
        Self::Sdt,
        Self::Cas,
        Self::Toledo,
        Self::Generic,
        Self::Display(Model::Led8),
        Self::Display(Model::Led8n),
        Self::Display(Model::Cd5220),
    ];

    /// The name in settings.
    pub fn code(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Sdt => "sdt",
            Self::Cas => "cas",
            Self::Toledo => "toledo",
            Self::Generic => "generic",
            Self::Display(Model::Led8) => "led8",
            Self::Display(Model::Led8n) => "led8n",
            Self::Display(Model::Cd5220) => "cd5220",
        }
    }

    /// The kind of device that speaks it.
    pub fn kind(self) -> Kind {
        match self {
            Self::Lines => Kind::Scanner,
            Self::Sdt => Kind::IdCard,
            Self::Cas | Self::Toledo | Self::Generic => Kind::Scale,
            Self::Display(_) => Kind::Display,
        }
    }

    /// What a kind of device can speak; the first is taken where a setting says nothing.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |protocol| protocol.kind() == kind)
    }

    fn usual(kind: Kind) -> Self {
        match kind {
            Kind::Scanner => Self::Lines,
            Kind::IdCard => Self::Sdt,
            Kind::Scale => Self::Cas,
            Kind::Display => Self::Display(Model::Led8),
        }
    }

    /// The line as such devices come from the works.
    fn line(self) -> (u32, DataBits, Parity) {
        match self {
            Self::Lines | Self::Cas | Self::Generic | Self::Display(Model::Cd5220) => {
                (9600, DataBits::Eight, Parity::None)
            }
            Self::Sdt => (115_200, DataBits::Eight, Parity::None),
            Self::Toledo => (9600, DataBits::Seven, Parity::Even),
            Self::Display(Model::Led8 | Model::Led8n) => (2400, DataBits::Eight, Parity::None),
        }
    }
}

/// One device of a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is.
    pub kind: Kind,
    /// Its port, such as `/dev/ttyUSB0` or `COM3`.
    pub path: String,
    /// How it speaks.
    pub protocol: Protocol,
    /// Bits a second.
    pub baud: u32,
    /// 7 or 8.
    pub bits: DataBits,
    /// The parity bit.
    pub parity: Parity,
    /// What a scanner is set to send before each code.
    pub prefix: String,
}

impl Setting {
    /// A device on a port, as it comes from the works.
    pub fn new(protocol: Protocol, path: impl Into<String>) -> Self {
        let (baud, bits, parity) = protocol.line();
        Self { kind: protocol.kind(), path: path.into(), protocol, baud, bits, parity, prefix: String::new() }
    }

    /// Reads a line. What it does not name is as the protocol has it.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, Sentence> {
        let text = text.trim();
        let Some(rest) = text.strip_prefix("serial:") else {
            return Err(problem(text, 1, "开头要写 serial: 和端口", "it begins with serial: and the port"));
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() || path.chars().any(char::is_control) {
            return Err(problem(
                path,
                8,
                "这里要写端口，如 /dev/ttyUSB0",
                "the port stands here, such as /dev/ttyUSB0",
            ));
        }
        let mut options = Vec::new();
        let mut place = "serial:".len() + path.len() + 2;
        for option in query.split('&') {
            if !option.is_empty() {
                let (name, value) = option.split_once('=').unwrap_or((option, ""));
                options.push(Named { option, name, value, place });
            }
            place += option.len() + 1;
        }
        let protocol = match options.iter().find(|option| option.name == "protocol") {
            None => Protocol::usual(kind),
            Some(option) => option.protocol(kind)?,
        };
        let mut setting = Self::new(protocol, path);
        let mut seen = Vec::new();
        for option in options {
            if seen.contains(&option.name) {
                return Err(option.problem("写了两次", "it stands there twice"));
            }
            seen.push(option.name);
            setting.take(&option)?;
        }
        Ok(setting)
    }

    fn take(&mut self, option: &Named<'_>) -> Result<(), Sentence> {
        match option.name {
            "protocol" => {}
            "baud" => {
                let baud = option.value.parse().ok().filter(|baud| (300..=921_600).contains(baud));
                let wrong = || option.problem("波特率要是 300 到 921600 的整数", "a whole number from 300 to 921600");
                self.baud = baud.ok_or_else(wrong)?;
            }
            "bits" => {
                self.bits = match option.value {
                    "7" => DataBits::Seven,
                    "8" => DataBits::Eight,
                    _ => return Err(option.problem("数据位是 7 或 8", "7 or 8")),
                }
            }
            "parity" => {
                self.parity = match option.value {
                    "none" => Parity::None,
                    "odd" => Parity::Odd,
                    "even" => Parity::Even,
                    _ => return Err(option.problem("校验是 none、odd 或 even", "none, odd or even")),
                }
            }
            "prefix" if self.kind == Kind::Scanner => {
                let wrong = || option.problem("% 后面要两位十六进制数", "% is followed by two hexadecimal digits");
                self.prefix = decode(option.value).ok_or_else(wrong)?;
            }
            _ => return Err(option.problem("没有这一项", "there is no such option")),
        }
        Ok(())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "serial:{}?baud={}&protocol={}", self.path, self.baud, self.protocol.code())?;
        let (_, bits, parity) = self.protocol.line();
        if self.bits != bits {
            write!(f, "&bits={}", if self.bits == DataBits::Seven { 7 } else { 8 })?;
        }
        if self.parity != parity {
            let parity = match self.parity {
                Parity::None => "none",
                Parity::Odd => "odd",
                Parity::Even => "even",
            };
            write!(f, "&parity={parity}")?;
        }
        if !self.prefix.is_empty() {
            write!(f, "&prefix={}", encode(&self.prefix))?;
        }
        Ok(())
    }
}

/// An option and where it stands, counted from 1.
struct Named<'a> {
    option: &'a str,
    name: &'a str,
    value: &'a str,
    place: usize,
}

impl Named<'_> {
    fn problem(&self, zh: &str, en: &str) -> Sentence {
        problem(self.option, self.place, zh, en)
    }

    fn protocol(&self, kind: Kind) -> Result<Protocol, Sentence> {
        Protocol::of(kind).find(|protocol| protocol.code() == self.value).ok_or_else(|| {
            let known: Vec<&str> = Protocol::of(kind).map(Protocol::code).collect();
            self.problem(&format!("可以写 {}", known.join("、")), &format!("it is one of {}", known.join(", ")))
        })
    }
}

fn problem(what: &str, place: usize, zh: &str, en: &str) -> Sentence {
    Sentence::new(format!("第 {place} 个字符“{what}”：{zh}。"), format!("Character {place}, `{what}`: {en}"))
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b']' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_as_the_protocol_has_it() {
        let scale = Setting::parse(Kind::Scale, "serial:/dev/ttyUSB0?baud=4800&protocol=toledo").unwrap();
        assert_eq!((scale.baud, scale.bits, scale.parity), (4800, DataBits::Seven, Parity::Even));
        assert_eq!((scale.path.as_str(), scale.protocol), ("/dev/ttyUSB0", Protocol::Toledo));
        assert_eq!(Setting::parse(Kind::IdCard, "serial:COM3").unwrap().baud, 115_200);
        assert_eq!(Setting::parse(Kind::Display, " serial:COM3?\n").unwrap().baud, 2400);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let lines = [
            (Kind::Scale, "serial:/dev/ttyUSB0?baud=9600&protocol=cas"),
            (Kind::Scale, "serial:/dev/ttyUSB0?baud=9600&protocol=toledo&bits=8&parity=none"),
            (Kind::IdCard, "serial:/dev/serial/by-id/usb-1a86-if00?baud=115200&protocol=sdt"),
            (Kind::Scanner, "serial:COM3?baud=9600&protocol=lines&prefix=%23%26%E6%89%AB]"),
            (Kind::Display, "serial:COM4?baud=9600&protocol=cd5220&parity=odd"),
        ];
        for (kind, line) in lines {
            assert_eq!(Setting::parse(kind, line).unwrap().to_string(), line);
        }
        assert_eq!(Setting::parse(lines[3].0, lines[3].1).unwrap().prefix, "#&扫]");
        for protocol in Protocol::ALL {
            let setting = Setting::new(protocol, "COM1");
            assert_eq!(Setting::parse(protocol.kind(), &setting.to_string()), Ok(setting));
        }
        assert!(Kind::ALL.iter().all(|kind| Kind::parse(kind.code()) == Some(*kind)));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let cases = [
            ("tcp://1.2.3.4", "Character 1, `tcp://1.2.3.4`"),
            ("serial:", "Character 8, ``: the port"),
            ("serial:?baud=9600", "Character 8, ``: the port"),
            ("serial:COM3?baud=96x", "Character 13, `baud=96x`: a whole number"),
            ("serial:COM3?baud=0", "Character 13, `baud=0`"),
            ("serial:COM3?baud=9600&bits=9", "Character 23, `bits=9`: 7 or 8"),
            ("serial:COM3?parity=maybe", "none, odd or even"),
            ("serial:COM3?protocol=led8", "one of cas, toledo, generic"),
            ("serial:COM3?baud=9600&baud=4800", "Character 23, `baud=4800`: it stands there twice"),
            ("serial:COM3?colour", "Character 13, `colour`: there is no such option"),
            ("serial:COM3?prefix=x", "there is no such option"),
        ];
        for (line, want) in cases {
            let problem = Setting::parse(Kind::Scale, line).unwrap_err().to_string();
            assert!(problem.contains(want), "{line}: {problem}");
        }
        assert!(Setting::parse(Kind::Scanner, "serial:COM3?prefix=%2").is_err());
        assert!(Setting::parse(Kind::Scanner, "serial:COM3?prefix=%zz").is_err());
        assert!(Setting::parse(Kind::Scanner, "serial:COM3?prefix=%FF").is_err());
    }
}
