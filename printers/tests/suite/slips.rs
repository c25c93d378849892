//! Slips, and the kinds of receipt that are no sale.

use domain::receipt::{Kind, Receipt};
use domain::slip::{Row, Slip};
use printers::paper::{self, Paper};
use printers::{Profile, receipt_bytes, slip_bytes};
use proptest::prelude::*;

use crate::samples;

const WIDTHS: [usize; 3] = [32, 42, 48];

fn profile(columns: usize) -> Profile {
    Profile { columns, cut: true }
}

/// A report with every kind of row.
fn slip() -> Slip {
    let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
    let ((a, b), (c, d), (e, f)) = (pair("现金", "1320.50"), pair("惠民优惠", "-210.00"), pair("应有现金", "1530.50"));
    Slip {
        store_name: "和平路慈善超市".into(),
        title: "交班单".into(),
        number: Some("S001-01-Z-000012".into()),
        at: chrono::DateTime::from_timestamp_millis(1_790_000_000_000).unwrap(),
        by: "003".into(),
        training: false,
        copy: 0,
        rows: vec![
            Row::Heading("收款".into()),
            Row::Pair(a, b),
            Row::Strong(c, d),
            Row::Rule,
            Row::Big(e, f),
            Row::Text("本班共 128 单，其中惠民 41 单，退货 2 单，作废 1 单。".into()),
            Row::Text("签字".into()),
            Row::Blank(2),
        ],
        code: Some("Z-000012".into()),
        foot: vec!["请店长签字后留存".into()],
    }
}

fn page(slip: &Slip, columns: usize) -> Paper {
    let profile = profile(columns);
    let page = paper::read_on(&slip_bytes(slip, profile).unwrap(), profile.dots());
    assert_eq!((&page.unknown[..], &page.overlong[..], page.cuts), (&[][..], &[][..], 1), "{}", page.text());
    page
}

fn receipt_page(receipt: &Receipt, columns: usize) -> String {
    paper::read(&receipt_bytes(receipt, profile(columns)).unwrap()).text()
}

#[test]
fn a_slip_reads_back_at_every_width() {
    for columns in WIDTHS {
        let page = page(&slip(), columns);
        let text = page.text();
        for words in ["和平路慈善超市", "交班单", "编号 S001-01-Z-000012", "收款", "请店长签字后留存"]
        {
            assert!(text.lines().any(|line| line.trim() == words), "{words}\n{text}");
        }
        for (left, right) in [("现金", "1320.50"), ("惠民优惠", "-210.00"), ("2026-09-21 22:13:20", "经手人 003")]
        {
            let gap = columns - printers::charset::columns(left) - printers::charset::columns(right);
            let line = format!("{left}{}{right}", " ".repeat(gap));
            assert!(page.lines.contains(&line), "{line}\n{text}");
        }
        assert_eq!(page.lines.iter().filter(|line| **line == "_".repeat(columns)).count(), 2);
        assert_eq!(page.bars, ["Z-000012"]);
        assert!(!text.contains("训练") && !text.contains("补打"), "{text}");
    }
    assert!(page(&slip(), 32).lines.contains(&format!("应有现金{}1530.50", " ".repeat(1))), "twice as wide");
}

#[test]
fn a_code_that_is_wider_than_the_paper_is_a_qr_code() {
    let long = Slip { code: Some("S001-01-1-K7QD-000127".into()), ..slip() };
    let narrow = page(&long, 32);
    assert_eq!((narrow.bars.len(), &narrow.qr[..]), (0, &["S001-01-1-K7QD-000127".to_owned()][..]));
    let wide = page(&long, 48);
    assert_eq!((&wide.bars[..], wide.qr.len()), (&["S001-01-1-K7QD-000127".to_owned()][..], 0));
}

#[test]
fn training_and_copies_are_told_at_a_glance() {
    let words = "*** 训练 不作凭证 ***";
    let mut lines = page(&Slip { training: true, copy: 2, code: None, ..slip() }, 32).lines;
    lines.retain(|line| !line.is_empty());
    assert_eq!((lines[2].as_str(), lines.last().unwrap().as_str()), (words, words));
    assert_eq!(lines[3], "*** 补打 第2次 ***");
    let text = receipt_page(&Receipt { training: true, ..samples::plain() }, 48);
    assert_eq!(text.matches(words).count(), 2);
    assert!(!text.contains("请保留"), "{text}");
    assert!(!receipt_page(&samples::plain(), 48).contains("训练"));
}

#[test]
fn no_width_cuts_a_figure() {
    for columns in WIDTHS {
        for indent in 0..columns {
            let text = format!("{}凭条号abcdefghijklmnopqrstuv 1234567.89元 12345678901234567890", "米".repeat(indent));
            let page = page(&Slip { rows: vec![Row::Text(text)], ..slip() }, columns);
            for figure in ["1234567.89", "12345678901234567890"] {
                assert!(page.lines.iter().any(|line| line.contains(figure)), "{columns} {indent}\n{}", page.text());
            }
        }
    }
}

#[test]
fn a_void_is_laid_out_like_a_return() {
    let void = receipt_page(&samples::void(), 32);
    for words in ["作废单", "原单 S001-01-1-K7QD-000127", "退回爱心卡", "退款"] {
        assert!(void.contains(words), "{words}\n{void}");
    }
    assert!(void.contains("-29.80") && !void.contains("退货单"), "{void}");
}

#[test]
fn a_slip_beside_another_till_says_what_that_till_takes_off() {
    for columns in WIDTHS {
        let known = receipt_page(&samples::beside(Some("0003-000351")), columns);
        for words in ["惠民凭条", "合计 共5种", "惠民优惠", "-13.20", "爱心卡支付", "-20.00", "请保留凭条"]
        {
            assert!(known.contains(words), "{words}\n{known}");
        }
        let has = |text: &str, left: &str, right: &str| {
            text.lines().any(|line| line.trim().starts_with(left) && line.trim().ends_with(right))
        };
        assert!(has(&known, "请在收银机减", " 33.20") && has(&known, "收银机小票号", " 0003-000351"), "{known}");
        for word in ["应收", "找零", "现金", "微信"] {
            assert!(!known.contains(word), "the other till takes the money: {word}\n{known}");
        }
        assert!(has(&receipt_page(&samples::beside(None), columns), "收银机小票号", "____"));
    }
}

#[test]
fn what_the_cashier_let_go_has_its_line() {
    let text = receipt_page(&samples::waived(), 32);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| *line == "让零                       -0.90").unwrap();
    assert!(lines[at + 1].starts_with("应收") && lines[at + 1].ends_with("21.00"), "{text}");
    assert!(!receipt_page(&samples::plain(), 32).contains("让零"));
}

#[test]
fn receipts_of_older_tills_still_read() {
    let mut json = serde_json::to_value(samples::back()).unwrap();
    let fields = json.as_object_mut().unwrap();
    assert!(fields.remove("training").is_some() && fields.remove("waived").is_some());
    assert_eq!(serde_json::from_value::<Receipt>(json).unwrap(), samples::back());
    for kind in [Kind::Void { of: "1".into() }, Kind::Beside { host_receipt: None }] {
        let text = serde_json::to_string(&kind).unwrap();
        assert_eq!(serde_json::from_str::<Kind>(&text).unwrap(), kind);
    }
    let text = serde_json::to_string(&slip()).unwrap();
    assert_eq!(serde_json::from_str::<Slip>(&text).unwrap(), slip());
}

proptest! {
    #[test]
    fn any_words_fit_the_paper(
        left in "\\PC{0,40}|[\\x00-\\x1f\u{4e00}-\u{9fff}a-z]{0,60}",
        right in "\\PC{0,20}",
        columns in prop::sample::select(WIDTHS.to_vec()),
    ) {
        let pair = || (left.clone(), right.clone());
        let ((a, b), (c, d), (e, f)) = (pair(), pair(), pair());
        let rows = vec![Row::Text(left.clone()), Row::Heading(left.clone()), Row::Pair(a, b), Row::Strong(c, d), Row::Big(e, f)];
        let page = page(&Slip { rows, code: None, title: left, foot: vec![right], ..slip() }, columns);
        for line in &page.lines {
            prop_assert!(printers::charset::columns(line) <= columns && !line.contains('\u{fffd}'), "{}", line);
        }
    }
}
