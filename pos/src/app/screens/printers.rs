//! The printers: which two there are, what each can do, and how it says it is.

use eframe::egui::Ui;
use printers::Profile;
use printers::charset::Charset;
use printers::profile::{Asking, Cut, Drawer, QrBy};

use super::approve;
use crate::app::Scene;
use crate::app::setup::Step;
use crate::app::theme::size;
use crate::app::view::{Page, Setup, Wanted};
use crate::app::widgets::{Look, Press, back_width, dialog, foot, foot_height, pair, text_at, title};
use crate::app::worker::{Counter, Request};

/// The page of the receipts' printer (1) or of slips and reports (2).
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, number: &mut u8, profile: &mut Profile) -> bool {
    let p = scene.p;
    dialog(ui, "printers", 860.0, p, |ui| {
        title(ui, scene.t("打印机", "Printers"), p);
        ui.horizontal(|ui| {
            let width = ((ui.available_width() - 8.0) / 2.0).min(260.0);
            for (n, zh, en) in [(1, "小票打印机", "Receipts"), (2, "凭条和报表打印机", "Slips and reports")]
            {
                let look = if *number == n { Look::Chosen } else { Look::Plain };
                if Press::new(scene.t(zh, en)).look(look).size(width, 48.0).show(ui) && *number != n {
                    *number = n;
                    *profile = scene.snap.profiles[usize::from(n) - 1].unwrap_or_default();
                }
            }
        });
        let address = scene.snap.printers[usize::from(*number) - 1].clone();
        let shown = address.clone().unwrap_or_else(|| scene.t("没有设置", "not set").into());
        pair(ui, scene.t("接在", "Address"), &shown, size::LINE, p.ink);
        if *number == 1 {
            pair(ui, scene.t("状态", "Condition"), scene.snap.condition.sentence(scene.lang), size::BODY, p.ink);
        }
        choices(ui, scene, profile);
        let has_address = address.is_some();
        ui.horizontal_wrapped(|ui| {
            if *number == 1 {
                if Press::new(scene.t("改地址", "Change the address")).show(ui) {
                    let setup = Setup { step: super::setup::PRINTER, alone: true, ..Setup::new() };
                    scene.view.page = Page::Setup(Box::new(setup));
                }
            } else {
                second(ui, scene, has_address);
            }
            if Press::new(scene.t("测试页", "Test page")).enabled(has_address).show(ui) {
                scene.ask(Request::SetUp(Step::TestPageOf(*number)));
            }
            if Press::new(scene.t("试开钱箱", "Try the drawer")).enabled(has_address && *number == 1).show(ui) {
                scene.counter(Counter::MoveCash {
                    kind: crate::counter::CashKind::Open,
                    amount: String::new(),
                    reason: "试开钱箱".into(),
                    approval: None,
                });
            }
        });
        foot(ui, |ui| {
            let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let is_new = scene.snap.profiles[usize::from(*number) - 1] != Some(*profile);
            let by_key = crate::app::keys::pressed(&mut scene.keys, eframe::egui::Key::Enter) && is_new;
            let press = Press::main(scene.t("保存", "Keep")).key("Enter").size(ui.available_width(), foot_height(ui));
            if (press.enabled(is_new && has_address).show(ui) || by_key && has_address) && !leaves {
                let name = if *number == 2 { "printer2_profile" } else { "printer_profile" };
                approve::open(scene, Wanted::Keep(name, profile.to_string()));
            }
            !leaves
        })
    })
}

/// The second printer is added where the first one's kind of line leads, or taken away.
fn second(ui: &mut Ui, scene: &mut Scene<'_>, is_there: bool) {
    if is_there {
        if Press::new(scene.t("不用第二台", "No second printer")).look(Look::Danger).show(ui) {
            approve::open(scene, Wanted::Keep("printer2", String::new()));
        }
    } else if Press::new(scene.t("加第二台", "Add a second printer")).show(ui) {
        let setup = Setup { step: super::setup::PRINTER, alone: true, second: true, ..Setup::new() };
        scene.view.page = Page::Setup(Box::new(setup));
    }
}

/// One row of choices for each thing that printers differ in.
fn choices(ui: &mut Ui, scene: &Scene<'_>, profile: &mut Profile) {
    let lang = scene.lang;
    row(ui, scene, ("纸宽", "Paper"), &mut profile.columns, &[(32, "58 mm"), (48, "80 mm"), (42, "80 mm / 42")]);
    row(
        ui,
        scene,
        ("汉字", "Characters"),
        &mut profile.charset,
        &[(Charset::Gb18030, "GB18030"), (Charset::Gbk, "GBK"), (Charset::Gb2312, "GB2312")],
    );
    row(
        ui,
        scene,
        ("切纸", "Cutter"),
        &mut profile.cut,
        &[
            (Cut::Partial, lang.of("半切", "partial")),
            (Cut::Full, lang.of("全切", "full")),
            (Cut::None, lang.of("没有", "none")),
        ],
    );
    row(
        ui,
        scene,
        ("钱箱", "Drawer"),
        &mut profile.drawer,
        &[(Some(Drawer::default()), lang.of("接在打印机上", "on the printer")), (None, lang.of("没有", "none"))],
    );
    row(
        ui,
        scene,
        ("能问状态", "Answers"),
        &mut profile.status,
        &[(Asking::DleEot, "DLE EOT"), (Asking::Asb, "ASB"), (Asking::None, lang.of("不能", "no"))],
    );
    row(ui, scene, ("打完确认", "Confirms"), &mut profile.confirm, &[(true, "GS r"), (false, lang.of("不能", "no"))]);
    row(
        ui,
        scene,
        ("二维码", "QR code"),
        &mut profile.qr,
        &[(QrBy::Native, lang.of("打印机画", "by the printer")), (QrBy::Raster, lang.of("当图片", "as a picture"))],
    );
}

fn row<T: Copy + PartialEq>(
    ui: &mut Ui,
    scene: &Scene<'_>,
    (zh, en): (&'static str, &'static str),
    value: &mut T,
    choices: &[(T, &str)],
) {
    ui.horizontal_wrapped(|ui| {
        let (rect, _) = ui.allocate_exact_size(eframe::egui::vec2(120.0, 44.0), eframe::egui::Sense::hover());
        text_at(ui, rect.left_center(), scene.t(zh, en), size::BODY, scene.p.weak, rect.width());
        for (choice, text) in choices {
            let look = if value == choice { Look::Chosen } else { Look::Plain };
            let response =
                Press::new(text).look(look).response(ui).accessible_name(format!("{} {text}", scene.t(zh, en)));
            if response.clicked() {
                *value = *choice;
            }
        }
    });
}
