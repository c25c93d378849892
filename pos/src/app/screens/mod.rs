//! The screens. Each paints what is and leaves what people did in the scene.

pub mod accounts;
mod accounts_claim;
pub mod approve;
mod ask;
mod basket;
mod beside;
pub mod customer;
mod day;
pub mod devices;
mod dialogs;
mod done;
mod family;
mod frame;
mod front;
mod goods;
mod help;
mod key_map;
mod loose;
mod menu;
mod pay;
mod printers;
mod receipts;
mod sale;
pub mod setup;
mod setup_steps;
pub mod shelf;
mod shelf_form;
mod shelf_goods;
mod shelf_promotions;
mod shelf_staff;
mod shift;
pub mod shop_settings;
mod side;
mod sign_in;
mod take_back;

use domain::till::Screen;
use eframe::egui::{CentralPanel, Frame, Key, Margin, Ui};

use super::view::Page;
use super::widgets::{by_keys, is_low};
use super::{Scene, keys};

/// Paints the whole window. Keys that nothing else wants move what scrolls.
pub fn paint(ui: &mut Ui, scene: &mut Scene<'_>) {
    whole(ui, scene);
    by_keys(ui.ctx(), &mut scene.keys);
}

fn whole(ui: &mut Ui, scene: &mut Scene<'_>) {
    if matches!(scene.view.page, Page::Setup(_)) {
        setup::show(ui, scene);
        return;
    }
    frame::header(ui, scene);
    let margin = if is_low(ui.ctx()) { 6 } else { 12 };
    let ground = Frame::new().fill(scene.p.ground).inner_margin(Margin::same(margin));
    if scene.snap.is_locked {
        // Whoever unlocks the till need not be the manager who opened these.
        if matches!(scene.view.page, Page::Shelf(_) | Page::Accounts(_) | Page::Settings(_)) {
            scene.view.page = Page::None;
        }
        CentralPanel::no_frame().frame(ground).show(ui, |ui| sign_in::show(ui, scene));
        frame::message(ui, scene);
        return;
    }
    match &scene.snap.screen {
        Screen::SignIn => below(ui, scene, ground, sign_in::show),
        Screen::NoShift { .. } => below(ui, scene, ground, shift::show),
        Screen::Sale { sale, .. } | Screen::Committing { sale, .. } => sale::show(ui, scene, sale),
    }
    pages(ui, scene);
    frame::message(ui, scene);
}

/// A screen that types figures. Keys are those of the page that lies over it, where there is one.
fn below(ui: &mut Ui, scene: &mut Scene<'_>, ground: Frame, show: fn(&mut Ui, &mut Scene<'_>)) {
    let is_covered = !matches!(scene.view.page, Page::None);
    let held = if is_covered { std::mem::take(&mut scene.keys) } else { Vec::new() };
    CentralPanel::no_frame().frame(ground).show(ui, |ui| show(ui, scene));
    scene.keys.extend(held);
}

/// Pages that lie over the till's own screen.
fn pages(ui: &mut Ui, scene: &mut Scene<'_>) {
    // The page is taken out while it is painted, so that it can be closed or replaced.
    let mut page = std::mem::take(&mut scene.view.page);
    let leaves = !matches!(page, Page::None) && keys::pressed(&mut scene.keys, Key::Escape);
    if leaves {
        scene.view.said = None;
        let stays = match &mut page {
            Page::Shelf(shelf) => shelf.back(),
            Page::Accounts(accounts) => accounts.back(),
            _ => false,
        };
        if stays {
            scene.view.page = page;
        }
        return;
    }
    let stays = match &mut page {
        Page::None | Page::Setup(_) => true,
        // Painted in the middle of the sale screen.
        Page::Pay { .. } => true,
        Page::Verify { typed, shown } => dialogs::verify(ui, scene, typed, shown),
        Page::Choose { credential, by, list } => dialogs::choose(ui, scene, credential, *by, list),
        Page::Family { category, purse } => family::details(ui, scene, category, purse),
        Page::Quantity { line, typed } => dialogs::quantity(ui, scene, *line, typed),
        Page::Search { text, found, choice } => dialogs::search(ui, scene, text, found, choice),
        Page::Parked => dialogs::parked(ui, scene),
        Page::Weigh { code, entry, product, typed, in_jin } => {
            goods::weigh(ui, scene, (code, *entry), product, typed, in_jin)
        }
        Page::Ask(asked) => ask::show(ui, scene, asked),
        Page::Approve { what, manager, pin } => approve::show(ui, scene, what, manager, pin),
        Page::Check { typed, found } => goods::check(ui, scene, typed, found.as_deref()),
        Page::Unknown { code } => goods::unknown(ui, scene, code),
        Page::Beside { typed } => beside::host(ui, scene, typed),
        Page::Slip { no, date, in_date } => beside::slip(ui, scene, no, date, in_date),
        Page::Devices(page) => devices::show(ui, scene, page),
        Page::Labels { typed } => devices::labels(ui, scene, typed),
        Page::Printers { number, profile } => printers::show(ui, scene, number, profile),
        Page::KeyMap { chosen } => key_map::show(ui, scene, chosen),
        Page::TakeBack(step) => take_back::show(ui, scene, step),
        Page::Shelf(shelf) => shelf::show(ui, scene, shelf),
        Page::Accounts(page) => accounts::show(ui, scene, page),
        Page::Settings(page) => shop_settings::show(ui, scene, page),
        Page::Menu => menu::show(ui, scene),
        Page::Help => help::show(ui, scene),
        Page::Receipts { recent, picked, paper } => receipts::show(ui, scene, recent, picked, paper),
        Page::Count { typed } => day::count(ui, scene, typed),
        Page::Report(kind, report) => day::report(ui, scene, kind, report),
    };
    // A page that opened another one has given way to it.
    if stays && matches!(scene.view.page, Page::None) {
        scene.view.page = page;
    }
}
