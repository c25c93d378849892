//! The store's accounts: a month on both sides, its claims and what became of them, and what was paid.
//! A manager opened the page with a PIN; whoever leaves it, or locks the till, closes it.

use domain::lang::Lang;
use eframe::egui::{Key, ScrollArea, Ui};

use super::accounts_claim::{self, Sheet};
use super::shelf::{chosen, room};
use crate::app::idle::Idle;
use crate::app::theme::size;
use crate::app::view::{Page, View, Wanted};
use crate::app::widgets::{Look, Press, back_width, dialog, foot, foot_height, label, notice, pair, title};
use crate::app::worker::{AccountNews, AccountQuery, Counter};
use crate::app::{Scene, keys, words};
use crate::counter::{Approval, Day, Month, Saying, Verdict};

/// The page.
pub struct AccountPage {
    /// Who opened it; what is said is checked against it again.
    pub approval: Approval,
    /// The month that is shown.
    pub month: Month,
    /// Pictures that may go with a dispute.
    pub pictures: Vec<String>,
    /// Which list.
    tab: Tab,
    /// Which of the list the arrow keys chose.
    choice: usize,
    /// A claim that is looked at.
    pub sheet: Option<Sheet>,
    /// Whether the manager has gone.
    idle: Idle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Days,
    Claims,
    Payments,
}

impl AccountPage {
    /// Closes what is open over the list; whether the page stays.
    pub fn back(&mut self) -> bool {
        self.sheet.take().is_some()
    }

    /// Which of the list the arrow keys chose.
    pub fn choice_mut(&mut self) -> &mut usize {
        &mut self.choice
    }

    /// Says something to headquarters.
    pub(super) fn say(&self, scene: &mut Scene<'_>, saying: Saying) {
        let (approval, month) = (self.approval.clone(), Box::new(self.month.clone()));
        scene.counter(Counter::Accounts(AccountQuery::Say { approval, month, saying }));
    }
}

/// Takes what the till's thread says.
pub fn take(view: &mut View, news: AccountNews) {
    let lang = view.lang;
    match (&mut view.page, news) {
        (Page::Approve { what: Wanted::Accounts, .. }, AccountNews::Month { approval, month, pictures, .. }) => {
            view.page = Page::Accounts(Box::new(AccountPage {
                approval,
                month: *month,
                pictures,
                tab: Tab::Days,
                choice: 0,
                sheet: None,
                idle: Idle::default(),
            }));
        }
        (Page::Accounts(page), AccountNews::Month { month, pictures, is_said, .. }) => {
            (page.month, page.pictures) = (*month, pictures);
            if is_said {
                page.sheet = None;
                let text = lang.of("已写好，联网后就送到总部。", "Written; it goes to headquarters when connected.");
                view.said = Some((text.into(), false));
            }
        }
        (_, AccountNews::Refused(problem)) => view.said = Some((lang.of(problem.zh, problem.en), true)),
        // The page was closed meanwhile.
        _ => {}
    }
}

/// The page; whether it stays.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) -> bool {
    if page.idle.is_left(ui, scene) {
        return false;
    }
    dialog(ui, "accounts", 1040.0, scene.p, |ui| match page.sheet.take() {
        None => month(ui, scene, page),
        Some(mut sheet) => {
            if accounts_claim::show(ui, scene, page, &mut sheet) && page.sheet.is_none() {
                page.sheet = Some(sheet);
            }
            true
        }
    })
}

fn month(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) -> bool {
    let (name, staff) = (page.month.month.clone(), page.approval.staff.clone());
    let text =
        scene.lang.of(format!("账目与对账 · {name} · 店长 {staff}"), format!("Accounts · {name} · manager {staff}"));
    title(ui, &text, scene.p);
    if let Some((zh, en)) = page.month.log_problem.as_deref().and_then(|text| text.split_once("。 ")) {
        notice(ui, scene.lang.of(zh, en), scene.p.vermilion, scene.p.vermilion_soft);
    }
    tabs(ui, scene, page);
    sums(ui, scene, page);
    let picked = match page.tab {
        Tab::Days => days(ui, scene, page),
        Tab::Claims => accounts_claim::list(ui, scene, page),
        Tab::Payments => payments(ui, scene, page),
    };
    if let (Tab::Claims, Some(at)) = (page.tab, picked) {
        page.sheet = Some(Sheet::of(page.month.claims[at].clone()));
    }
    buttons(ui, scene, page)
}

fn tabs(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) {
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 32.0) / 5.0;
        for (tab, key, word, zh, en) in [
            (Tab::Days, Key::F1, "F1", "按天", "Days"),
            (Tab::Claims, Key::F2, "F2", "申报", "Claims"),
            (Tab::Payments, Key::F3, "F3", "结算与付款", "Payments"),
        ] {
            let look = if page.tab == tab { Look::Chosen } else { Look::Plain };
            let by_key = keys::pressed(&mut scene.keys, key);
            if Press::new(scene.t(zh, en)).key(word).look(look).size(width, 46.0).show(ui) || by_key {
                (page.tab, page.choice) = (tab, 0);
            }
        }
        for (key, word, zh, en, by) in
            [(Key::F5, "F5", "上月", "Month before", -1), (Key::F6, "F6", "下月", "Next month", 1)]
        {
            let enabled = !scene.is_waiting;
            let by_key = keys::pressed(&mut scene.keys, key) && enabled;
            if Press::new(scene.t(zh, en)).key(word).size(width, 46.0).enabled(enabled).show(ui) || by_key {
                let (approval, month) = (page.approval.clone(), Some(shifted(&page.month.month, by)));
                scene.counter(Counter::Accounts(AccountQuery::Open { approval, month }));
                page.choice = 0;
            }
        }
    });
}

/// `2026-11` and so many months more.
fn shifted(month: &str, by: i32) -> String {
    let (year, number) = month.split_once('-').unwrap_or((month, "1"));
    let months = year.parse::<i32>().unwrap_or(2000) * 12 + number.parse::<i32>().unwrap_or(1) - 1 + by;
    format!("{:04}-{:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
}

/// What the month comes to, and how old headquarters' side is.
fn sums(ui: &mut Ui, scene: &Scene<'_>, page: &AccountPage) {
    let p = scene.p;
    let month = &page.month;
    pair(
        ui,
        scene.t("本款台申报（减退货）", "Claimed here, less returns"),
        &words::yuan(month.claimed),
        size::BODY,
        p.ink,
    );
    pair(ui, scene.t("总部已核准", "Granted"), &words::yuan(month.granted), size::BODY, p.ink);
    let Some(told) = &month.told else {
        label(
            ui,
            scene.t("还没有总部的账，联网后再看。", "Headquarters was never asked; look again when connected."),
            size::SMALL,
            p.amber,
        );
        return;
    };
    pair(ui, scene.t("应付未付（全店）", "Owed to the store"), &words::yuan(told.owed), size::BODY, p.ink);
    let at = words::moment(month.told_ms);
    let text = match (month.is_fresh, &told.signed) {
        (true, Some(signed)) => scene.lang.of(
            format!("总部的账：{at}。本月已由 {} 签认。", signed.by),
            format!("Headquarters as of {at}. Signed by {}.", signed.by),
        ),
        (true, None) => scene.lang.of(format!("总部的账：{at}。"), format!("Headquarters as of {at}.")),
        (false, _) => scene
            .lang
            .of(format!("连不上总部，这是 {at} 的账。"), format!("Headquarters can't be reached: this is of {at}.")),
    };
    label(ui, text, size::SMALL, if month.is_fresh { p.weak } else { p.amber });
}

fn days(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) -> Option<usize> {
    let picked = chosen(scene, &mut page.choice, page.month.days.len());
    ScrollArea::vertical().id_salt("account days").max_height(room(ui)).show(ui, |ui| {
        if page.month.days.is_empty() {
            label(ui, scene.t("这个月没有申报。", "No claims in this month."), size::BODY, scene.p.weak);
        }
        for (i, day) in page.month.days.iter().enumerate() {
            let there = day.there.as_ref();
            let below = scene.lang.of(
                format!(
                    "本机 {} 笔 {}   总部 {} 笔 {}   待审核 {}",
                    day.own,
                    words::yuan(day.claimed),
                    there.map_or(0, |d| d.claims),
                    words::yuan(there.map(|d| d.claimed).unwrap_or_default()),
                    words::yuan(there.map(|d| d.held).unwrap_or_default())
                ),
                format!(
                    "here {} for {}   there {} for {}   held {}",
                    day.own,
                    words::yuan(day.claimed),
                    there.map_or(0, |d| d.claims),
                    words::yuan(there.map(|d| d.claimed).unwrap_or_default()),
                    words::yuan(there.map(|d| d.held).unwrap_or_default())
                ),
            );
            let text = format!("{}   {}", day.date, verdict(scene.lang, day));
            let look = if i == page.choice { Look::Chosen } else { Look::Plain };
            Press::new(&text).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0).show(ui);
        }
    });
    picked
}

fn verdict(lang: Lang, day: &Day) -> String {
    match day.verdict {
        Verdict::Agrees => lang.of("一致 ✓", "agrees ✓").into(),
        Verdict::NotAsked => lang.of("等联网后核对", "to be compared when connected").into(),
        Verdict::Unsent => lang.of(
            format!("还有 {} 笔没上传，会自动上传", day.unsent),
            format!("{} still to be sent by itself", day.unsent),
        ),
        Verdict::Less => lang.of("总部少了，请打总部电话", "headquarters has less: call headquarters").into(),
        Verdict::More => {
            lang.of("总部多了：本机数据恢复过，以总部为准", "headquarters has more: this till was restored").into()
        }
    }
}

fn payments(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) -> Option<usize> {
    let statements = page.month.told.as_ref().map(|t| t.statements.clone()).unwrap_or_default();
    let picked = chosen(scene, &mut page.choice, statements.len());
    let mut received = picked.and_then(|i| statements.get(i)).filter(|s| s.state == "paid").map(|s| s.number.clone());
    ScrollArea::vertical().id_salt("account payments").max_height(room(ui)).show(ui, |ui| {
        if statements.is_empty() {
            label(
                ui,
                scene.t("这个月的申报还没有入批。", "Claims of this month are in no statement yet."),
                size::BODY,
                scene.p.weak,
            );
        }
        for (i, one) in statements.iter().enumerate() {
            let look = if i == page.choice { Look::Chosen } else { Look::Plain };
            let text =
                format!("{}   {}   {}", one.number, words::yuan(one.payable), statement_state(scene.lang, &one.state));
            let paid =
                one.paid_on.as_ref().map(|date| format!("{date} {}", one.reference.as_deref().unwrap_or_default()));
            let below = scene.lang.of(
                format!("{} · {} 笔 · {}", one.payer, one.claims, paid.clone().unwrap_or_else(|| "还没有付款".into())),
                format!("{} · {} claims · {}", one.payer, one.claims, paid.unwrap_or_else(|| "not paid yet".into())),
            );
            if Press::new(&text).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0).show(ui)
                && one.state == "paid"
            {
                received = Some(one.number.clone());
            }
        }
    });
    if let Some(statement) = received.filter(|_| !scene.is_waiting) {
        page.say(scene, Saying::Received { statement });
    }
    None
}

fn statement_state(lang: Lang, code: &str) -> &'static str {
    match code {
        "made" => lang.of("已制表", "made"),
        "checked" => lang.of("已复核", "checked"),
        "approved" => lang.of("已审批", "approved"),
        "paid" => lang.of("已付款 · 按一下确认收到", "paid · press to confirm"),
        "confirmed" => lang.of("已确认收到", "received"),
        _ => lang.of("处理中", "under way"),
    }
}

fn buttons(ui: &mut Ui, scene: &mut Scene<'_>, page: &AccountPage) -> bool {
    let waits = page.month.signature.as_ref().is_some_and(|letter| letter.state == "waiting");
    let is_signed = page.month.told.as_ref().is_some_and(|told| told.signed.is_some());
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        let enabled = !scene.is_waiting && !waits && !is_signed && page.month.told.is_some();
        let text = match (is_signed, waits) {
            (true, _) => scene.t("本月已签认", "Signed"),
            (false, true) => scene.t("签认等待上传", "Signature waits to be sent"),
            (false, false) => scene.t("对过了，签认本月", "It is right: sign the month"),
        };
        let by_key = keys::pressed(&mut scene.keys, Key::F8) && enabled;
        if Press::new(text).key("F8").size(ui.available_width(), foot_height(ui)).enabled(enabled).show(ui) || by_key {
            page.say(scene, Saying::SignMonth);
        }
        !leaves
    })
}
