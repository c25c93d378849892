//! What news does to the window.

use domain::resident::{CardNumber, Credential, IdNumber};
use domain::till::{Event, Refusal, Reply, Screen};
use eframe::egui::{self, ColorImage, TextureOptions};

use super::setup::Step;
use super::snapshot::Snapshot;
use super::sound::Sound;
use super::view::{BackLines, Checked, Page, TakeBack, View, Wanted, What};
use super::worker::{Counter, News, Request};
use super::{gear, kiosk, screens, words};
use crate::counter::CashKind;

/// How long the line just scanned stays lit, in seconds.
const FLASH: f64 = 0.6;

/// Shows a refusal at the bottom of the window.
pub fn refuse(view: &mut View, refusal: &Refusal) {
    view.said = Some((view.lang.of(refusal.zh(), refusal.en()), true));
}

/// Shows a refusal of the window's own.
fn refuse_with(view: &mut View, zh: &str, en: &str) {
    view.said = Some((view.lang.of(zh, en).into(), true));
}

/// What a piece of news sounds like.
pub fn sound(news: &News) -> Option<Sound> {
    match news {
        News::Told(Reply::Sale(_)) => Some(Sound::Paid),
        News::Told(Reply::Beneficiary(_)) => Some(Sound::Verified),
        News::Told(Reply::Refused(_) | Reply::Choose(_) | Reply::Weigh { .. }) => Some(Sound::Attention),
        News::Failed(_) | News::Choose { .. } => Some(Sound::Attention),
        _ => None,
    }
}

/// Lights up the line that is new or has more, and keeps the choice on a line that exists. Whether
/// there is one, which is heard.
pub fn mark_change(view: &mut View, before: &Snapshot, now: &Snapshot, time: f64) -> Option<Sound> {
    let lines = |snap: &Snapshot| -> Vec<(u32, domain::quantity::Quantity)> {
        let open = snap.screen.open().ok();
        open.map(|sale| sale.lines.iter().map(|l| (l.basket.line, l.basket.quantity)).collect()).unwrap_or_default()
    };
    let (old, new) = (lines(before), lines(now));
    let fresh = new.iter().rev().find(|line| !old.contains(line));
    if let Some((line, _)) = fresh {
        view.flash = Some((*line, time + FLASH));
        view.selected = Some(*line);
        view.reveal = Some(*line);
        view.done = false;
        view.said = None;
    }
    if view.selected.is_some_and(|chosen| new.iter().all(|(line, _)| *line != chosen)) {
        view.selected = new.last().map(|(line, _)| *line);
    }
    fresh.map(|_| Sound::Scanned)
}

/// A scanned code means what the open page says; on the sale screen, goods or a card.
pub fn scanned(view: &mut View, snap: &Snapshot, code: String) -> Option<Request> {
    match &mut view.page {
        Page::Pay { .. } => {
            // Money that a code here would "pay" never arrives: the sentence says where it does.
            refuse_payment_code(view);
            None
        }
        Page::Verify { .. } => {
            // Here, and only here, 18 figures are a person's number; some readers type it like a keyboard.
            let credential = credential(&code);
            let by = crate::effects::verified_by(!matches!(credential, Ok(Credential::Id(_))));
            Some(Request::Event(Event::Verify { credential, by, household: None }))
        }
        Page::TakeBack(TakeBack::Find { .. }) => Some(Request::Counter(Counter::FindSale(code))),
        Page::TakeBack(TakeBack::Loose { .. }) | Page::Check { .. } => Some(Request::Counter(Counter::Check(code))),
        Page::Devices(_) | Page::Labels { .. } => Some(screens::devices::read(code)),
        Page::Shelf(shelf) => shelf.scanned(code).map(Request::Counter),
        Page::Beside { typed } => {
            *typed = code;
            None
        }
        Page::Slip { no, .. } => {
            *no = code;
            None
        }
        Page::Setup(setup) => {
            setup.code = code;
            None
        }
        Page::None
        | Page::Menu
        | Page::Help
        | Page::Search { .. }
        | Page::Quantity { .. }
        | Page::Unknown { .. }
        | Page::Receipts { .. }
            if matches!(snap.screen, Screen::Sale { .. }) && !snap.is_locked =>
        {
            view.page = Page::None;
            // 3 × and then a scan: three of it.
            let times = std::mem::take(&mut view.typed);
            Some(Request::Scan(code, times.strip_suffix('×').map(str::to_owned)))
        }
        _ => {
            refuse_with(view, "请先做完或退出当前这一步，再扫码。", "Finish or leave this step first, then scan.");
            None
        }
    }
}

/// An ID card on the reader verifies its holder, where that can be; on the page that tries devices only
/// its last figures are shown.
pub fn card_shown(view: &mut View, snap: &Snapshot, credential: Credential) -> Option<Request> {
    if matches!(view.page, Page::Devices(_)) {
        let tail = match &credential {
            Credential::Id(number) => number.masked(),
            Credential::Card(_) => String::new(),
        };
        view.card_read = Some(view.lang.of(format!("读到了 {tail}"), format!("Read {tail}")));
        return None;
    }
    let fits = matches!(view.page, Page::None | Page::Verify { .. } | Page::Menu | Page::Help | Page::Search { .. });
    if fits && !snap.is_locked && matches!(snap.screen, Screen::Sale { .. }) {
        return Some(Request::Event(gear::shown(credential)));
    }
    refuse_with(
        view,
        "请先做完或退出当前这一步，再放身份证。",
        "Finish or leave this step first, then lay the card down.",
    );
    None
}

fn refuse_payment_code(view: &mut View) {
    let zh = "这里扫付款码收不到钱，没有保存。请在扫码盒或收款码上收款，听到到账播报后按确认。";
    let en = "A payment code scanned here collects nothing and was not kept. Collect it on the payment device, then confirm.";
    refuse_with(view, zh, en);
}

/// How a typed number is meant: an ID number where it can be one, else a card.
pub fn credential(typed: &str) -> Result<Credential, String> {
    let is_long = matches!(typed.len(), 15 | 18);
    match IdNumber::parse(typed) {
        Ok(number) => Ok(Credential::Id(number)),
        Err(problem) => match CardNumber::parse(typed) {
            Ok(card) if !is_long || card.is_strong() => Ok(Credential::Card(card)),
            _ => Err(problem),
        },
    }
}

/// Takes one piece of news.
pub fn take(ctx: &egui::Context, view: &mut View, snap: &Snapshot, news: News) {
    match news {
        News::Told(reply) => told(view, snap, reply),
        News::Choose { credential, by, list } => view.page = Page::Choose { credential, by, list },
        News::Failed(refusal) => refuse(view, &refusal),
        News::Found(text, found) => {
            if let Page::Shelf(shelf) = &mut view.page {
                shelf.take_found(&text, found);
            } else if let Page::Search { text: asked, found: shown, choice } = &mut view.page {
                if *asked == text {
                    *shown = found;
                    *choice = 0;
                }
            } else if view.typed == text || view.typed.ends_with(&format!("×{text}")) {
                (view.found, view.found_for, view.choice) = (found, text, 0);
            }
        }
        News::Sale(sale, may_choose) => {
            view.page = Page::TakeBack(TakeBack::Lines(Box::new(BackLines::new(sale, None, may_choose))));
        }
        News::OtherTill(sale, till) => {
            view.page = Page::TakeBack(TakeBack::Lines(Box::new(BackLines::new(sale, Some(till), false))));
        }
        News::Shelf(news) => screens::shelf::take(view, news),
        News::Accounts(news) => screens::accounts::take(view, news),
        News::Settings(approval, values) => screens::shop_settings::open(view, approval, values),
        News::Exchanged => view.page = Page::TakeBack(TakeBack::Exchanged),
        News::Moved(kind, amount) => {
            view.page = Page::None;
            moved(view, kind, amount);
        }
        News::Checked(found) => checked(view, found),
        News::CountDiffers(counted) => view.page = What::OverShort { counted }.page(),
        News::Said(sentence) => view.said = Some((sentence.of(view.lang).into(), true)),
        News::Readings(code, lines) => view.readings = Some((code, lines)),
        // The window takes these before.
        News::Scanned(_) | News::CardShown(_) | News::Raise(_) => {}
        News::Printing => view.said = Some((view.lang.of("在打印了。", "It is being printed.").into(), false)),
        News::MayClose => kiosk::close(ctx, view),
        News::Kept(name, value) => {
            view.page = Page::None;
            if name == "wedge_prefix" {
                view.wedge_prefix = value;
            } else if name == "ui_kiosk" {
                // The menu asks for nothing but the other of both.
                view.front.is_kiosk = !view.front.is_kiosk;
                kiosk::apply(ctx, view.front.is_kiosk);
            }
            view.said = Some((view.lang.of("已经保存。", "Kept.").into(), false));
        }
        News::Recent(list) => match &mut view.page {
            Page::TakeBack(TakeBack::Find { recent, .. }) | Page::Receipts { recent, .. } => *recent = list,
            _ => {}
        },
        News::TakenBack(returned) => view.page = Page::TakeBack(TakeBack::Done(returned)),
        News::Reprinted(number, copy) => {
            let text = view.lang.of(
                format!("小票 {number} 补打第 {copy} 次。"),
                format!("Receipt {number}: copy {copy} is on its way."),
            );
            view.said = Some((text, false));
        }
        News::Paper(picture) => show_paper(ctx, view, &picture),
        News::Report(kind, report) => view.page = Page::Report(kind, report),
        News::SetUp(step, outcome) => set_up(view, step, outcome),
    }
}

fn moved(view: &mut View, kind: CashKind, amount: domain::money::Money) {
    let amount = words::yuan(amount);
    let said = match kind {
        CashKind::In => view.lang.of(format!("已存入 {amount}。"), format!("{amount} put in.")),
        CashKind::Out => view.lang.of(format!("已取出 {amount}。"), format!("{amount} taken out.")),
        CashKind::Open => view.lang.of("钱箱已开，记下了。", "The drawer is open; it was noted.").to_owned(),
    };
    view.said = Some((said, false));
}

/// A price that was asked for, or a product that comes back without a receipt.
fn checked(view: &mut View, found: Box<Checked>) {
    if let Page::TakeBack(TakeBack::Loose { lines, .. }) = &mut view.page {
        let one = domain::quantity::Quantity::ONE;
        match lines.iter_mut().find(|(product, _)| product.key == found.product.key) {
            Some((_, quantity)) => *quantity = *quantity + one,
            None => lines.push((found.product, one)),
        }
    } else {
        view.page = Page::Check { typed: String::new(), found: Some(found) };
    }
}

fn told(view: &mut View, snap: &Snapshot, reply: Reply) {
    match reply {
        Reply::Refused(Refusal::UnknownProduct(code)) if matches!(view.page, Page::None) => {
            view.typed.clear();
            view.page = Page::Unknown { code };
        }
        Reply::Refused(refusal) => refuse(view, &refusal),
        Reply::Weigh { code, entry, product } => {
            let in_jin = product.unit == domain::basket::SaleUnit::Jin;
            view.page = Page::Weigh { code, entry, product, typed: String::new(), in_jin };
        }
        Reply::Sale(_) => {
            view.page = Page::None;
            view.done = true;
            view.said = None;
            view.typed.clear();
        }
        Reply::Beneficiary(_) => {
            view.page = Page::None;
            view.done = false;
            view.said = None;
        }
        Reply::Due(due) => {
            if let Page::Pay { typed, .. } = &mut view.page {
                typed.clear();
            }
            let said = view.lang.of(format!("还差 {}", words::yuan(due)), format!("Still due: {}", words::yuan(due)));
            view.said = Some((said, false));
        }
        // A household comes with `News::Choose`, together with what was shown.
        Reply::Choose(_) => {}
        Reply::Done => {
            view.typed.clear();
            view.said = None;
            if matches!(snap.screen, Screen::SignIn) {
                view.sign_in = None;
            }
        }
        // The page that tells the sum may have given way already to one that a quick hand opened.
        Reply::Announced(_) => {}
        Reply::Basket(_) => {
            let is_done = matches!(
                view.page,
                Page::Quantity { .. }
                    | Page::Weigh { .. }
                    | Page::Parked
                    | Page::Ask(_)
                    | Page::Slip { .. }
                    | Page::Approve { what: Wanted::Action(_), .. }
            );
            if is_done {
                view.page = Page::None;
            }
        }
    }
}

fn show_paper(ctx: &egui::Context, view: &mut View, picture: &printers::picture::Picture) {
    if let Page::Receipts { paper, .. } = &mut view.page {
        let image = ColorImage::from_gray([picture.width, picture.height], &picture.dots);
        *paper = Some(ctx.load_texture("paper", image, TextureOptions::LINEAR));
    }
}

fn set_up(view: &mut View, step: Step, outcome: Result<String, String>) {
    let Page::Setup(setup) = &mut view.page else {
        if let Err(problem) = outcome {
            refuse(view, &Refusal::Failed(problem));
        }
        return;
    };
    if outcome.is_ok() {
        match step {
            Step::TestPage | Step::TestPageOf(_) => setup.tested = true,
            Step::Printer(..) | Step::SecondPrinter(..) => {}
            Step::Enrol { .. } | Step::Products(_) | Step::Staff { .. } => screens::setup::next(setup),
        }
    }
    setup.said = Some(outcome);
}
