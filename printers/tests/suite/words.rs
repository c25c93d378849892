//! What stands on a receipt, and where.

use domain::receipt::Receipt;
use printers::paper::{self, Paper};
use printers::{Profile, receipt_bytes, test_page};

use crate::samples;

fn page(receipt: &Receipt, columns: usize) -> Paper {
    paper::read(&receipt_bytes(receipt, Profile { columns, cut: true }).unwrap())
}

#[test]
fn ten_items_on_58_mm_stay_under_20_cm() {
    let item = domain::receipt::Line {
        discount: Some(("平价粮油".into(), samples::yuan("2.11"))),
        ..samples::line("东北大米 5kg", "2", "袋", "33.90", "67.80")
    };
    let helped = samples::helped();
    let receipt = Receipt {
        lines: vec![item; 10],
        discount: helped.discount,
        purse: helped.purse,
        qr: helped.qr,
        ..samples::plain()
    };
    let page = page(&receipt, 32);
    assert!(page.mm() < 200, "{} mm", page.mm());
    assert_eq!((page.qr.len(), page.cuts), (1, 1));
}

#[test]
fn figures_end_at_the_right_edge() {
    for columns in [32, 42, 48] {
        for (name, receipt) in samples::all() {
            for line in page(&receipt, columns).lines {
                let wide = printers::charset::columns(&line);
                assert!(wide <= columns, "{name}: {line}");
                let is_row = line.contains("  ") && !line.starts_with(' ');
                // What is too long to be twice as wide is twice as high alone.
                let is_big = ["应收", "退款"].iter().any(|word| line.starts_with(word))
                    || line.starts_with("请在收银机减") && columns > 32;
                assert!(!is_row || wide == if is_big { columns / 2 } else { columns }, "{name}: {line}");
            }
        }
    }
}

#[test]
fn a_helped_sale_says_all_that_the_family_needs_and_nothing_more() {
    let text = page(&samples::helped(), 32).text();
    for line in [
        "和平路慈善超市",
        "单号 S001-01-1-K7QD-000127",
        "东北大米 5kg",
        "  2袋×33.90               67.80",
        "  惠民优惠 平价粮油        -8.20",
        "  （本次用的是剩余额度）",
        "  1.235公斤×3.98           4.92",
        "  店内促销                 -1.00",
        "合计 共5种                166.42",
        "惠民优惠                  -13.20",
        "爱心卡支付                -20.00",
        "抹零                       -0.02",
        "应收      132.20",
        "找零                       17.80",
        "平价粮油 本月剩余         0.00元",
    ] {
        assert!(text.lines().any(|l| l.trim() == line.trim()), "{line}\n{text}");
    }
    for word in ["低保", "特困", "困难", "救助", "贫困", "原价", "¥"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[test]
fn wide_paper_has_a_table() {
    let text = page(&samples::helped(), 48).text();
    for line in [
        "品名                     数量     单价      金额",
        "东北大米 5kg              2袋    33.90     67.80",
        "土豆                1.235公斤     3.98      4.92",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

#[test]
fn a_copy_and_a_return_say_so() {
    let copy = page(&samples::copied(), 32).text();
    assert!(copy.contains("*** 补打 第2次 ***") && copy.contains("+0.03"), "{copy}");
    let back = page(&samples::back(), 32).text();
    for words in ["退货单", "原单 S001-01-1-K7QD-000127", "退回爱心卡", "退款", "不含惠民优惠4.10元"]
    {
        assert!(back.contains(words), "{words}\n{back}");
    }
}

#[test]
fn words_are_cut_only_where_they_are_long() {
    let wrap = printers::charset::wrap;
    assert_eq!(wrap("洗衣液补充装 2kg+500g×4", 20), ["洗衣液补充装 ", "2kg+500g×4"]);
    assert_eq!(wrap("慈善超市（演示）", 10), ["慈善超市", "（演示）"]);
    assert_eq!(wrap("东北大米，好", 8), ["东北大", "米，好"]);
    assert_eq!(wrap("ABCDEFGHIJKL", 5), ["ABCDE", "FGHIJ", "KL"], "no line is wide enough for it");
    assert_eq!(wrap("", 5), [""]);
}

#[test]
fn the_test_page_shows_edges_sizes_and_codes() {
    for columns in [32, 42, 48] {
        let page = paper::read(&test_page(Profile { columns, cut: true }).unwrap());
        assert!(page.lines.iter().filter(|line| printers::charset::columns(line) == columns).count() >= 3);
        assert_eq!((page.qr.len(), page.bars.len(), page.unknown.len()), (1, 2, 0));
        assert!(page.lines.iter().all(|line| printers::charset::columns(line) <= columns), "{:?}", page.lines);
        assert!(page.text().contains("￥1234.50"));
    }
}

/// Bytes that independent encoders agree on.
#[test]
fn commands_are_as_other_encoders_write_them() {
    let bytes = test_page(Profile { columns: 32, cut: true }).unwrap();
    for golden in [
        &[0x1B, 0x40, 0x1C, 0x26][..],
        &[0x1D, 0x21, 0x11],
        &[0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00],
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, 0x04],
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 0x31],
        b"\x1d\x28\x6b\x0d\x00\x31\x50\x30JIHUI TEST",
        &[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30],
        b"\x1d\x6b\x43\x0d6901234567892",
        b"\x1d\x6b\x49\x0c{BJIHUI-2026",
        &[0xA3, 0xA4],
    ] {
        assert!(bytes.windows(golden.len()).any(|window| window == golden), "{golden:02X?}");
    }
    assert!(bytes.ends_with(&[0x1D, 0x56, 0x42, 0x00]));
    let paper = paper::read(b"\x1b\x70\x00\x19\xfa\x1b\x45\x01A\n");
    assert_eq!((paper.drawer, paper.lines), (1, vec!["A".to_owned()]));
}

#[test]
fn a_printer_that_is_asked_answers_once() {
    use printers::answer::idle;
    let asked = b"\x10\x04\x01A\x10\x04\x04\x1d\x72\x01";
    assert_eq!(idle(asked, 0), [0x12, 0x12, 0x00]);
    let piecewise: Vec<u8> = (0..asked.len()).flat_map(|n| idle(&asked[..=n], n)).collect();
    assert_eq!(piecewise, [0x12, 0x12, 0x00], "however the bytes arrive");
    assert!(paper::read(b"\x1b\x40\x10\x04\x01\x1d\x72\x01").is_blank());
    assert!(!paper::read(b"A").is_blank() && !paper::read(b"\x1b\x70\x00\x19\xfa").is_blank());
}
