//! The store's settings, as a manager changes them. A PIN opened the page; whoever leaves it, or locks the
//! till, closes it.

use domain::money::Money;
use eframe::egui::Ui;

use super::shelf::{self, Act};
use super::shelf_form::{self, Cell, Form, Row};
use crate::app::Scene;
use crate::app::idle::Idle;
use crate::app::theme::size;
use crate::app::view::{Page, View, Wanted};
use crate::app::widgets::{Keys, label, pad_dialog, title};
use crate::app::worker::Request;
use crate::counter::Approval;
/// Longest name, phone or note: what one line of paper or screen holds.
const WORDS: usize = 40;

/// A row that is wrong, and why in both languages.
type Wrong = (&'static str, &'static str, &'static str);

/// The page.
pub struct SettingsPage {
    /// Who opened it; what is kept is checked against it again.
    approval: Approval,
    /// Names and values as they were.
    before: Vec<(&'static str, String)>,
    form: Form,
    /// Whether the manager has gone.
    idle: Idle,
}

impl SettingsPage {
    fn new(view: &View, approval: Approval, before: Vec<(&'static str, String)>) -> Self {
        let value = |name: &str| before.iter().find(|(one, _)| *one == name).map_or("", |(_, value)| value);
        let words = |name| Cell::Words { text: value(name).to_owned(), most: WORDS };
        let choice = |name: &str, options: &[(&str, &str, &str)]| {
            let options = options.iter().map(|(code, zh, en)| ((*code).to_owned(), view.lang.of(*zh, *en).to_owned()));
            Cell::choice(options.collect(), value(name))
        };
        let phone = Cell::Figures { text: value("phone").to_owned(), keys: Keys::Number, most: WORDS, is_fresh: true };
        let rounding = [
            ("none", "不抹零", "To the fen"),
            ("jiao_down", "抹去分", "Down to the jiao"),
            ("jiao_half_up", "四舍五入到角", "To the nearest jiao"),
        ];
        let refunds = [
            ("allowed", "收银员可以改退现金", "A cashier may choose cash"),
            ("as_paid", "只按原付款方式退", "Only as it was paid"),
        ];
        let rows = vec![
            Row::new(
                "waive_up_to",
                ("收银员最多让零（元）", "A cashier waives up to (yuan)"),
                Cell::amount(value("waive_up_to").to_owned()),
            ),
            Row::new("cash_rounding", ("现金抹零", "Cash rounding"), choice("cash_rounding", &rounding)),
            Row::new("cash_refunds", ("退款", "Refunds"), choice("cash_refunds", &refunds)),
            Row::new("phone", ("小票上的电话", "Phone on receipts"), phone),
            Row::new("store_name", ("店名", "Store's name"), words("store_name")),
            Row::new("promotions_note", ("顾客屏上的话", "Note on the customers' screen"), words("promotions_note")),
        ];
        Self { approval, before, form: Form::new(rows), idle: Idle::default() }
    }

    /// What differs from before, or the row that is wrong and why.
    fn changed(&self) -> Result<Vec<(&'static str, String)>, Wrong> {
        if Money::parse(self.form.value("waive_up_to")).is_err() {
            return Err((
                "waive_up_to",
                "请填写金额，如 0.50；填 0 就都要店长。",
                "Enter an amount such as 0.50; 0 is none.",
            ));
        }
        if self.form.value("store_name").trim().is_empty() {
            return Err(("store_name", "请填写店名，小票上要印。", "Enter the store's name: it is on receipts."));
        }
        let now = self.before.iter().map(|(name, value)| (*name, value, self.form.value(name).trim().to_owned()));
        Ok(now.filter(|(_, before, now)| *before != now).map(|(name, _, now)| (name, now)).collect())
    }
}

/// Opens the page, where a manager still waits for it.
pub fn open(view: &mut View, approval: Approval, values: Vec<(&'static str, String)>) {
    if matches!(view.page, Page::Approve { what: Wanted::Settings, .. }) {
        view.page = Page::Settings(Box::new(SettingsPage::new(view, approval, values)));
    }
}

/// The page; whether it stays.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut SettingsPage) -> bool {
    if page.idle.is_left(ui, scene) {
        return false;
    }
    pad_dialog(ui, "store settings", 860.0, scene.p, |ui| {
        let staff = &page.approval.staff;
        let heading = scene.lang.of(format!("门店设置 · 店长 {staff}"), format!("Store settings · manager {staff}"));
        title(ui, &heading, scene.p);
        let hint = scene.t(
            "让零、抹零、电话和顾客屏上的话，本店各款台都一样；店名和退款只管这个款台。",
            "Waiving, rounding, phone and note are the same at all tills of the store; name and refunds are this till's.",
        );
        label(ui, hint, size::SMALL, scene.p.weak);
        shelf_form::show(ui, scene, &mut page.form);
        match shelf::buttons(ui, scene, Some(scene.t("保存", "Keep")), None) {
            Act::None | Act::Other => true,
            Act::Back => false,
            Act::Main => keep(scene, page),
        }
    })
}

/// Asks for what was changed; whether the page stays until that is kept.
fn keep(scene: &mut Scene<'_>, page: &mut SettingsPage) -> bool {
    match page.changed() {
        Ok(changed) => {
            let stays = !changed.is_empty();
            for (name, value) in changed {
                scene.ask(Request::KeepBy { approval: page.approval.clone(), name, value });
            }
            stays
        }
        Err((row, zh, en)) => {
            page.form.choose(row);
            // What was wrong gives way to the next key.
            if let Some(Row { cell: Cell::Figures { is_fresh, .. }, .. }) = page.form.row(row) {
                *is_fresh = true;
            }
            scene.view.said = Some((scene.t(zh, en).into(), true));
            true
        }
    }
}
