//! What a reader of the files finds in them: its own small PDF reader, so that no program is needed.

use std::collections::BTreeMap;

use domain::lang::Lang;
use domain::money::Money;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use sheets::font::{self, Font};
use sheets::pdf::{Block, Document, Label, Labels, Made, Paper};
use sheets::{Column, Kind, Sheet, Value};

/// The system's font; where there is none the error says what to install, which is tested too.
fn font() -> Option<Font> {
    match font::system() {
        Ok(font) => Some(font),
        Err(problem) => {
            assert!(problem.contains("fonts-wqy-microhei"), "{problem}");
            None
        }
    }
}

/// All streams of a file, unzipped.
fn streams(made: &Made) -> Vec<Vec<u8>> {
    let find = |from: usize, word: &[u8]| {
        made.bytes[from..].windows(word.len()).position(|part| part == word).map(|at| from + at)
    };
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = find(from, b"\nstream\n") {
        let end = find(start + 8, b"\nendstream").unwrap();
        found.push(decompress_to_vec_zlib(&made.bytes[start + 8..end]).unwrap());
        from = end + 10;
    }
    found
}

/// What the map from glyphs to characters says.
fn unicode(streams: &[Vec<u8>]) -> BTreeMap<u16, char> {
    let map = streams.iter().find(|stream| stream.starts_with(b"%!PS-Adobe")).unwrap();
    let map = str::from_utf8(map).unwrap();
    let number = |hex: &str| u32::from_str_radix(hex.trim_matches(['<', '>', '[', ']']), 16).unwrap();
    let mut pairs = BTreeMap::new();
    for (begin, end) in [("beginbfchar", "endbfchar"), ("beginbfrange", "endbfrange")] {
        for part in map.split(begin).skip(1) {
            for line in part.split(end).next().unwrap().lines().filter(|line| !line.trim().is_empty()) {
                let numbers: Vec<u32> = line.split_whitespace().map(number).collect();
                let (first, last, c) = (numbers[0], numbers[numbers.len() - 2], numbers[numbers.len() - 1]);
                for glyph in first..=last {
                    pairs.insert(u16::try_from(glyph).unwrap(), char::from_u32(c + glyph - first).unwrap());
                }
            }
        }
    }
    pairs
}

/// The glyphs of a page's strings, by the operators that show them.
fn shown(page: &[u8]) -> Vec<Vec<u8>> {
    let mut strings = Vec::new();
    let mut at = 0;
    while at < page.len() {
        match page[at] {
            b'(' => {
                let (string, end) = literal(page, at + 1);
                strings.push(string);
                at = end;
            }
            b'<' => {
                let end = at + page[at..].iter().position(|b| *b == b'>').unwrap();
                let hex = str::from_utf8(&page[at + 1..end]).unwrap();
                let byte = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
                strings.push((0..hex.len()).step_by(2).map(byte).collect());
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    strings
}

/// A string in brackets, and where it ends; brackets within it are in pairs or escaped.
fn literal(page: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut string = Vec::new();
    let mut depth = 0;
    loop {
        match page[at] {
            b')' if depth == 0 => return (string, at),
            b'\\' => {
                at += 1;
                string.push(match page[at] {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'0'..=b'7' => {
                        at += 2;
                        u8::from_str_radix(str::from_utf8(&page[at - 2..=at]).unwrap(), 8).unwrap()
                    }
                    other => other,
                });
            }
            b => {
                depth += i32::from(b == b'(') - i32::from(b == b')');
                string.push(b);
            }
        }
        at += 1;
    }
}

/// The lines of text of each page.
fn pages(made: &Made) -> Vec<Vec<String>> {
    let streams = streams(made);
    let map = unicode(&streams);
    let text = |glyphs: Vec<u8>| glyphs.chunks(2).map(|pair| map[&u16::from_be_bytes([pair[0], pair[1]])]).collect();
    let is_page = |stream: &&Vec<u8>| stream.starts_with(b"0.05 0 0 0.05 0 0 cm");
    let pages: Vec<Vec<String>> =
        streams.iter().filter(is_page).map(|page| shown(page).into_iter().map(text).collect()).collect();
    assert_eq!(pages.len(), made.pages);
    pages
}

fn settlement(rows: u32) -> Document {
    let columns = [
        ("序号", Kind::Count),
        ("门店", Kind::Text),
        ("统一社会信用代码", Kind::Text),
        ("营业日", Kind::Date),
        ("申报金额", Kind::Amount),
        ("核准金额", Kind::Amount),
        ("备注", Kind::Text),
    ];
    let amount = |n: u32| Money::from_fen(i128::from(n) * 123_457);
    let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    let row = |n: u32| {
        let note = if n.is_multiple_of(7) {
            "小票与申报相差 0.02 元，按较低的金额核准；已同门店（和平路店）电话核对。Reviewed by 003"
        } else {
            ""
        };
        vec![
            Value::number(n),
            format!("惠民超市第{n}分店").into(),
            "91110105MA01ABCD2X".into(),
            date.into(),
            amount(n).into(),
            amount(n).into(),
            note.into(),
        ]
    };
    let sum: Money = (1..=rows).map(amount).sum();
    Document {
        title: "惠民优惠资金结算单".into(),
        blocks: vec![
            Block::Title("惠民优惠资金结算单".into()),
            Block::Pairs {
                columns: 2,
                pairs: [("结算单号", "JS-2026-0131-001"), ("结算期间", "2026-01-01 至 2026-01-31"), ("收款单位", "北京和平惠民超市有限责任公司（和平路店、建设路店、解放路店及其他十二家门店）"), ("开户银行", "中国工商银行和平支行")]
                    .map(|(caption, words)| (caption.into(), words.into()))
                    .into(),
            },
            Block::Heading("明细".into()),
            Block::Table(Sheet {
                columns: columns.map(|(name, kind)| Column::new(name, kind)).into(),
                rows: (1..=rows).map(row).collect(),
                totals: Some(vec![Value::Empty, "合计".into(), Value::Empty, Value::Empty, sum.into(), sum.into(), Value::Empty]),
                below: vec![format!("核准金额（大写）：{}", sum.in_words())],
                ..Sheet::default()
            }),
            Block::Paragraph("本单一式三份，民政局、财政局、收款单位各执一份。金额以核准金额为准，如有异议，请在收到之日起 15 日内以书面方式提出；逾期未提出的，视为同意。".into()),
            Block::Signatures(["制表人", "审核人", "负责人", "日期"].map(str::to_owned).into()),
        ],
        small_print: "惠民优惠按《社会救助暂行办法》和本区方案执行；本单由系统生成，签字盖章后有效。".into(),
        ..Document::default()
    }
}

fn keep(name: &str, made: &Made) {
    if let Some(dir) = std::env::var_os("JIHUI_PAPER") {
        std::fs::write(std::path::Path::new(&dir).join(name), &made.bytes).unwrap();
    }
}

#[test]
fn a_document_s_text_can_be_read_back_from_each_page() {
    let Some(font) = font() else { return };
    for (paper, lang) in [(Paper::Portrait, Lang::Zh), (Paper::Landscape, Lang::En)] {
        let document = Document { paper, lang, ..settlement(90) };
        let made = document.to_pdf(&font).unwrap();
        keep(&format!("settlement-{paper:?}.pdf"), &made);
        let pages = pages(&made);
        assert!(pages.len() >= 3, "{} pages", pages.len());
        assert!(made.bytes.len() < 200_000, "{} bytes: the font is not subsetted", made.bytes.len());
        assert!(made.missing.is_empty());
        for (number, page) in (1..).zip(&pages) {
            let has = |text: &str| page.iter().any(|line| line == text);
            assert!(has(
                &lang.of(format!("第 {number} 页 共 {} 页", pages.len()), format!("Page {number} of {}", pages.len()))
            ));
            assert!(page.iter().any(|line| line.starts_with("惠民优惠按《社会救助暂行办法》")));
            let body = page.iter().any(|line| line.starts_with("惠民超市第"));
            assert_eq!(body, has("核准金额"), "a table without its header on page {number}");
        }
        let all: Vec<&str> = pages.iter().flatten().map(String::as_str).collect();
        for n in 1..=90 {
            assert_eq!(all.iter().filter(|line| **line == format!("惠民超市第{n}分店")).count(), 1, "row {n}");
        }
        assert!(all.contains(&"JS-2026-0131-001") && all.contains(&"111,111.30"));
        // The sum and its words, and the sum never alone under a header.
        let total = pages.iter().find(|page| page.iter().any(|line| line == "合计")).unwrap();
        assert!(total.iter().any(|line| line == "惠民超市第90分店"));
        assert!(
            pages.iter().flatten().any(|line| line.starts_with("核准金额（大写）：伍佰零伍万伍仟伍佰陆拾肆元壹角伍分"))
        );
        let sign = pages.iter().filter(|page| page.iter().any(|line| line == "制表人")).count();
        assert_eq!(sign, 1);
    }
}

#[test]
fn every_number_of_rows_ends_well() {
    let Some(font) = font() else { return };
    for rows in (0..60).step_by(3) {
        let made = settlement(rows).to_pdf(&font).unwrap();
        let pages = pages(&made);
        let count = pages.iter().flatten().filter(|line| line.starts_with("惠民超市第")).count();
        assert_eq!(u32::try_from(count).unwrap(), rows);
        assert_eq!(pages.iter().flatten().filter(|line| *line == "合计").count(), 1);
        // A header is never the last of a page.
        for page in &pages {
            assert!(
                !page.iter().any(|line| line == "核准金额")
                    || page.iter().any(|line| line == "合计" || line.starts_with("惠民超市第"))
            );
        }
    }
}

#[test]
fn a_cell_longer_than_a_page_and_too_many_columns_end() {
    let Some(font) = font() else { return };
    let long = "很长的说明".repeat(3000);
    let columns = (0..40).map(|n| Column::new(format!("第{n}列金额"), Kind::Amount));
    let amounts = (0..40).map(|n| Money::from_fen(1_000_000 + n).into()).collect();
    let document = Document {
        blocks: vec![
            Block::Table(Sheet {
                rows: vec![vec![long.as_str().into()]],
                ..Sheet::new([Column::new("说明", Kind::Text)])
            }),
            Block::Table(Sheet { rows: vec![amounts], ..Sheet::new(columns) }),
            Block::Table(Sheet::default()),
            Block::Pairs { columns: 0, pairs: Vec::new() },
            Block::Signatures(Vec::new()),
            Block::Paragraph(String::new()),
        ],
        ..Document::default()
    };
    let made = document.to_pdf(&font).unwrap();
    keep("odd.pdf", &made);
    assert!(made.pages <= 3 && pages(&made).iter().flatten().any(|line| line.ends_with('…')));
}

#[test]
fn a_character_that_the_font_lacks_is_named() {
    let Some(font) = font() else { return };
    let made =
        Document { blocks: vec![Block::Paragraph("王\u{2EBF0}".into())], ..Document::default() }.to_pdf(&font).unwrap();
    assert_eq!(made.missing.iter().copied().collect::<String>(), "\u{2EBF0}");
    assert!(pages(&made)[0].iter().any(|line| line == "王〓" || line == "王\u{2EBF0}"));
}

/// Noto's fonts have such outlines; here any font does, and only letters are written.
#[test]
fn postscript_outlines_are_embedded_too() {
    let places = [
        "/usr/share/fonts/opentype/urw-base35/C059-Roman.otf",
        "/usr/share/fonts/opentype/cantarell/Cantarell-Regular.otf",
    ];
    let Some(path) = places.map(std::path::PathBuf::from).into_iter().find(|path| path.is_file()) else { return };
    let font = Font { bytes: std::fs::read(&path).unwrap().into(), index: 0, path };
    let blocks = vec![Block::Title("Settlement 1,234.50".into()), Block::Paragraph("Paid in full.".into())];
    let made = Document { blocks, lang: Lang::En, ..Document::default() }.to_pdf(&font).unwrap();
    keep("postscript.pdf", &made);
    assert_eq!(pages(&made)[0], ["Settlement 1,234.50", "Paid in full.", "Page 1 of 1"]);
    let text = String::from_utf8_lossy(&made.bytes);
    assert!(text.contains("/CIDFontType0C") && text.contains("/FontFile3") && !text.contains("/CIDToGIDMap"));
    assert!(made.bytes.len() < 20_000, "{} bytes", made.bytes.len());
}

#[test]
fn labels_stand_on_their_grid_with_bars() {
    let Some(font) = font() else { return };
    let price = |caption: &str, fen| (caption.to_owned(), Money::from_fen(fen));
    let label = |n: i128| {
        let prices = [price("零售价", 3390 + n), price("惠民价", 3050), price("凭核验", 2_990)];
        let few = usize::try_from(n % 4).unwrap();
        let name = if n % 5 == 0 {
            "五常稻花香东北大米（真空包装，产地直供，当季新米）家庭装"
        } else {
            "东北大米"
        };
        let code = ["6901234567892", "036000291452", "2001", "96385074"][few];
        Label {
            name: name.into(),
            spec: "5kg".into(),
            unit: "袋".into(),
            prices: prices[..few].to_vec(),
            note: if few == 2 { "每户每月限 5 公斤".into() } else { String::new() },
            code: code.into(),
        }
    };
    let labels: Vec<Label> = (0..30).map(label).collect();
    let grid = Labels { used: 2, frames: true, ..Labels::A4_3X8 };
    let made = grid.to_pdf(&labels, &font).unwrap();
    keep("labels.pdf", &made);
    let pages = pages(&made);
    let names = |page: &[String]| page.iter().filter(|line| *line == "东北大米" || line.starts_with("五常")).count();
    assert_eq!(pages.iter().map(|page| names(page)).collect::<Vec<_>>(), [22, 8]);
    for text in [
        "6901234567892",
        "036000291452",
        "2001",
        "零售价",
        "惠民价",
        "凭核验",
        "5kg / 袋",
        "¥33.91",
        "每户每月限 5 公斤",
    ] {
        assert!(pages[0].iter().any(|line| line == text), "{text}");
    }
    // An EAN-13 has 30 bars.
    let one = [Label { code: "6901234567892".into(), ..Label::default() }];
    let made = Labels::A4_3X8.to_pdf(&one, &font).unwrap();
    let page = streams(&made).into_iter().find(|stream| stream.starts_with(b"0.05")).unwrap();
    assert_eq!(String::from_utf8_lossy(&page).matches(" re\n").count(), 30);
    // A wrong check digit has figures and no bars that say something else.
    let wrong = [Label { code: "6901234567891".into(), ..Label::default() }];
    let made = Labels::A4_3X8.to_pdf(&wrong, &font).unwrap();
    let page = streams(&made).into_iter().find(|stream| stream.starts_with(b"0.05")).unwrap();
    assert_eq!(String::from_utf8_lossy(&page).matches(" re\n").count(), 0);
    let wide = Labels { width: 800, ..Labels::A4_3X8 };
    assert!(wide.to_pdf(&one, &font).unwrap_err().contains("排不进 A4 纸"));
}
