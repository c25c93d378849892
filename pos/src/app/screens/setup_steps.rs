//! The steps of the first start, one function each.

use eframe::egui::Ui;

use super::setup::{next, perform};
use crate::app::Scene;
use crate::app::setup::Step;
use crate::app::theme::{self, size};
use crate::app::view::{PrinterLink, Setup};
use crate::app::widgets::{Field, Look, Press, Signs, label, notice, title};
use crate::app::worker::Request;
use crate::nearby;
use domain::lang::Lang;
use printers::spooler::{Spooler as _, System};

/// A named field on a line of its own.
fn field(ui: &mut Ui, lang: Lang, (name, hint): (&str, &str), text: &mut String, is_secret: bool) {
    let p = theme::palette(ui.ctx());
    label(ui, name, size::BODY, p.weak);
    let field = Field { name, hint, signs: Signs::All, most: 300, is_secret, keeps_focus: false };
    field.show(ui, text, lang);
}

fn go(ui: &mut Ui, scene: &Scene<'_>, text: &str, enabled: bool) -> bool {
    let press = Press::main(text).size(ui.available_width(), 56.0).type_size(size::LINE);
    press.enabled(enabled && !scene.is_waiting).show(ui)
}

/// Both languages, each in its own words.
pub fn language(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) {
    title(ui, "选择语言 Choose a language", scene.p);
    for (lang, text) in [(Lang::Zh, "简体中文"), (Lang::En, "English")] {
        let look = if scene.lang == lang { Look::Chosen } else { Look::Plain };
        if Press::new(text).look(look).size(ui.available_width(), 60.0).type_size(size::LINE).show(ui) {
            scene.view.lang = lang;
            scene.lang = lang;
            scene.ask(Request::Keep("ui_language", lang.code().into()));
        }
    }
    if go(ui, scene, scene.t("下一步", "Next"), true) {
        next(setup);
    }
}

/// Address and code.
pub fn headquarters(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) {
    let p = scene.p;
    title(ui, scene.t("连接总部", "Connect to headquarters"), p);
    if let (Some(store), Some(till)) = (&scene.snap.store, &scene.snap.till) {
        let text = scene.lang.of(format!("已经注册为 {store}/{till}。"), format!("Enrolled as {store}/{till}."));
        notice(ui, &text, p.jade, p.jade_soft);
    }
    label(
        ui,
        scene.t(
            "地址和注册码由慈善总会给店长，注册码只能用一次。",
            "The federation gives both to the manager; the code works once.",
        ),
        size::BODY,
        p.weak,
    );
    field(ui, scene.lang, (scene.t("总部地址", "Headquarters' address"), "https://…"), &mut setup.url, false);
    field(ui, scene.lang, (scene.t("注册码", "Enrolment code"), ""), &mut setup.code, false);
    let filled = setup.url.len() > 8 && !setup.code.trim().is_empty();
    if go(ui, scene, scene.t("注册", "Enrol"), filled) {
        let step = Step::Enrol { url: setup.url.clone(), code: setup.code.trim().to_owned() };
        perform(scene, setup, step);
    }
}

/// A file with the store's goods and prices.
pub fn products(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) {
    let p = scene.p;
    title(ui, scene.t("本店商品和价格", "The store's goods and prices"), p);
    if scene.snap.products > 0 {
        let text = scene
            .lang
            .of(format!("已有 {} 种商品。", scene.snap.products), format!("{} products so far.", scene.snap.products));
        notice(ui, &text, p.jade, p.jade_soft);
    }
    label(
        ui,
        scene.t(
            "把商品表（Excel 或 CSV）拖进窗口，或从下面选，或输入路径。",
            "Drop a product file (Excel or CSV) here, choose one below, or type its path.",
        ),
        size::BODY,
        p.weak,
    );
    if let Some(dropped) = ui.input(|i| i.raw.dropped_files.first().map(|f| f.path().display().to_string())) {
        setup.file = dropped;
    }
    if setup.files.is_empty() {
        setup.files = nearby::files(&["csv", "xlsx"]);
    }
    for file in setup.files.clone() {
        let look = if setup.file == file { Look::Chosen } else { Look::Plain };
        if Press::new(&file).look(look).at_left().size(ui.available_width(), 44.0).show(ui) {
            setup.file = file;
        }
    }
    field(ui, scene.lang, (scene.t("商品表", "Product file"), "products.xlsx"), &mut setup.file, false);
    if go(ui, scene, scene.t("导入", "Import"), !setup.file.trim().is_empty()) {
        let step = Step::Products(setup.file.trim().to_owned());
        perform(scene, setup, step);
    }
}

/// How the printer is connected, and a page to see that it is.
pub fn printer(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) {
    let p = scene.p;
    title(ui, scene.t("小票打印机", "Receipt printer"), p);
    let queues = setup.queues.get_or_insert_with(|| System.queues()).clone();
    ui.horizontal_wrapped(|ui| {
        for (link, zh, en) in [
            (PrinterLink::Network, "网口", "Network"),
            (PrinterLink::Serial, "串口", "Serial"),
            (PrinterLink::Device, "设备文件", "Device file"),
            (PrinterLink::Queue, "Windows 打印队列", "Windows print queue"),
            (PrinterLink::Virtual, "虚拟（存成图片）", "Virtual (pictures)"),
        ] {
            // Only Windows has queues that take what a receipt printer wants.
            if link == PrinterLink::Queue && queues.is_empty() {
                continue;
            }
            let look = if setup.link == link { Look::Chosen } else { Look::Plain };
            if Press::new(scene.t(zh, en)).look(look).show(ui) {
                setup.link = link;
                setup.printer.clear();
            }
        }
    });
    match setup.link {
        PrinterLink::Network => field(
            ui,
            scene.lang,
            (scene.t("地址和端口", "Address and port"), "192.168.1.100:9100"),
            &mut setup.printer,
            false,
        ),
        PrinterLink::Serial => {
            field(ui, scene.lang, (scene.t("串口", "Serial port"), "/dev/ttyS0?baud=9600"), &mut setup.printer, false)
        }
        PrinterLink::Device => {
            field(ui, scene.lang, (scene.t("设备文件", "Device file"), "/dev/usb/lp0"), &mut setup.printer, false)
        }
        PrinterLink::Queue => {
            for queue in &queues {
                let look = if setup.printer == *queue { Look::Chosen } else { Look::Plain };
                if Press::new(queue).look(look).at_left().size(ui.available_width(), 44.0).show(ui) {
                    setup.printer.clone_from(queue);
                }
            }
        }
        PrinterLink::Virtual => {}
    }
    ui.horizontal_wrapped(|ui| {
        for (columns, zh, en) in [
            (32, "58 毫米纸", "58 mm paper"),
            (48, "80 毫米纸", "80 mm paper"),
            (42, "80 毫米 42 列", "80 mm, 42 columns"),
        ] {
            let look = if setup.columns == columns { Look::Chosen } else { Look::Plain };
            if Press::new(scene.t(zh, en)).look(look).show(ui) {
                setup.columns = columns;
            }
        }
    });
    let filled = setup.link == PrinterLink::Virtual || !setup.printer.trim().is_empty();
    if go(ui, scene, scene.t("打印测试页", "Print a test page"), filled) {
        let columns = setup.columns;
        let (step, number) = if setup.second {
            (Step::SecondPrinter(target(setup), columns), 2)
        } else {
            (Step::Printer(target(setup), columns), 1)
        };
        perform(scene, setup, step);
        scene.ask(Request::SetUp(Step::TestPageOf(number)));
    }
    if setup.tested {
        label(
            ui,
            scene.t("纸上的“中文测试”清楚、没有乱码吗？", "Is 中文测试 on the paper readable?"),
            size::LINE,
            p.ink,
        );
        ui.horizontal(|ui| {
            if Press::new(scene.t("清楚", "Yes")).look(Look::Chosen).size(160.0, 52.0).show(ui) {
                next(setup);
            }
            if Press::new(scene.t("不对", "No")).size(160.0, 52.0).show(ui) {
                setup.said = Some(Err(scene
                    .t(
                        "请检查纸宽选择；乱码时看打印机底部的拨码开关，把“双字节字符”设为开，再打一次。",
                        "Check the paper's width. If characters are garbled, switch the printer's two-byte character mode on and try again.",
                    )
                    .into()));
                setup.tested = false;
            }
        });
    }
}

fn target(setup: &Setup) -> String {
    let at = setup.printer.trim();
    match setup.link {
        PrinterLink::Network => format!("tcp://{at}"),
        PrinterLink::Serial => format!("serial:{at}"),
        PrinterLink::Device => format!("file:{at}"),
        PrinterLink::Queue => format!("winspool:{at}"),
        PrinterLink::Virtual => "virtual".into(),
    }
}

/// A manager first, then a cashier.
pub fn staff(ui: &mut Ui, scene: &mut Scene<'_>, setup: &mut Setup) {
    let p = scene.p;
    let heading = match setup.role() {
        domain::role::StaffRole::Manager => scene.t("添加店长", "Add the manager"),
        domain::role::StaffRole::Cashier => scene.t("添加收银员", "Add a cashier"),
    };
    title(ui, heading, p);
    label(
        ui,
        scene.t(
            "每个人用自己的工号和密码，小票和记录上才知道是谁。",
            "Each person has a code and PIN of their own, so that records say who.",
        ),
        size::BODY,
        p.weak,
    );
    field(
        ui,
        scene.lang,
        (scene.t("工号（字母和数字）", "Staff code (letters and digits)"), "001"),
        &mut setup.staff,
        false,
    );
    field(ui, scene.lang, (scene.t("密码（4 到 8 位数字）", "PIN (4 to 8 digits)"), ""), &mut setup.pins[0], true);
    field(ui, scene.lang, (scene.t("再输一次密码", "PIN again"), ""), &mut setup.pins[1], true);
    let same = setup.pins[0] == setup.pins[1];
    if !same && !setup.pins[1].is_empty() {
        label(ui, scene.t("两次密码不一样。", "The PINs differ."), size::BODY, p.vermilion);
    }
    if go(ui, scene, scene.t("添加", "Add"), same && setup.pins[0].len() >= 4 && !setup.staff.is_empty()) {
        let step = Step::Staff { code: setup.staff.clone(), role: setup.role(), pin: setup.pins[0].clone() };
        perform(scene, setup, step);
    }
}
