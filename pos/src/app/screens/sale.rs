//! The sale: basket at the left, family and sums at the right, keys below.

use domain::till::{Event, OpenSale};
use eframe::egui::{CentralPanel, Frame, Key, Margin, Panel, Ui};

use super::{basket, done, pay, side};
use crate::app::command::{Command, FOOTER, FOOTER_BESIDE};
use crate::app::keys::Typed;
use crate::app::theme::size;
use crate::app::view::{Page, TakeBack, What};
use crate::app::widgets::{Press, is_low, is_narrow, is_scroll};
use crate::app::worker::{Counter, Request};
use crate::app::{Scene, words};

/// Width of a footer's button below which its key stands under its words, and their size then.
const NARROW: f32 = 118.0;
const NARROW_TYPE: f32 = 14.0;

/// The sale screen.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    if matches!(scene.view.page, Page::None) {
        shortcuts(scene, sale);
    }
    footer(ui, scene, sale);
    let room = ui.available_width();
    let width = if is_narrow(ui.ctx()) { (room * 0.36).clamp(240.0, 330.0) } else { (room * 0.31).clamp(330.0, 440.0) };
    let ground = Frame::new().fill(scene.p.ground);
    let edge = if is_low(ui.ctx()) { 6 } else { 12 };
    let margin = Margin { left: 0, right: edge, top: edge, bottom: edge };
    Panel::right("side")
        .frame(ground.inner_margin(margin))
        .exact_size(width)
        .resizable(false)
        .show_separator_line(false)
        .show(ui, |ui| side::show(ui, scene, sale));
    CentralPanel::no_frame().frame(ground.inner_margin(Margin::same(edge))).show(ui, |ui| {
        if matches!(scene.view.page, Page::Pay { .. }) {
            pay::show(ui, scene, sale);
        } else if scene.view.done && sale.lines.is_empty() {
            done::show(ui, scene);
        } else {
            basket::show(ui, scene, sale);
        }
    });
}

fn footer(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    let p = scene.p;
    let is_low = is_low(ui.ctx());
    let (margin, height) = if is_low { (Margin::symmetric(6, 3), 50.0) } else { (Margin::symmetric(12, 6), 56.0) };
    let bar = Frame::new().fill(p.paper).stroke((1.0, p.line)).inner_margin(margin);
    Panel::bottom("keys").frame(bar).exact_size(height).show_separator_line(false).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            if is_narrow(ui.ctx()) {
                ui.spacing_mut().item_spacing.x = 4.0;
            }
            let gap = ui.spacing().item_spacing.x;
            let footer: &[Command] = if scene.snap.is_beside { &FOOTER_BESIDE } else { &FOOTER };
            let count = footer.len() as f32;
            let width = (ui.available_width() - gap * (count - 1.0)) / count;
            for command in footer.iter().copied() {
                let (text, key) = (command.text(scene.lang), scene.view.keys.shown(command));
                // Where both do not fit beside each other the key stands below.
                let press = if width < NARROW {
                    Press::new(text).below(key).type_size(NARROW_TYPE)
                } else {
                    Press::new(text).key(key)
                };
                let press = press.size(width, 44.0);
                if press.enabled(allowed(scene, sale, command)).show(ui) {
                    run(scene, sale, command);
                }
            }
        });
    });
}

/// Whether a command makes sense now.
pub fn allowed(scene: &Scene<'_>, sale: &OpenSale, command: Command) -> bool {
    let is_paying = !sale.tenders.is_empty();
    let is_waiting = sale.lines.is_empty() && sale.verified.is_none();
    match command {
        Command::Help | Command::Menu => true,
        Command::Verify | Command::Search | Command::Check | Command::Repeat => !is_paying,
        Command::Park | Command::Quantity | Command::Remove => !sale.lines.is_empty() && !is_paying,
        Command::Price => !sale.lines.is_empty() && !is_paying && !scene.snap.is_beside,
        Command::Pay => !sale.lines.is_empty(),
        Command::Recall => sale.lines.is_empty() && !scene.snap.parked.is_empty(),
        Command::TakeBack => sale.lines.is_empty(),
        Command::Drawer => !is_paying && !scene.snap.is_beside,
        Command::Lock => true,
        Command::Clear => !is_waiting || sale.slip.is_some(),
    }
}

/// Does what a key or a button says.
pub fn run(scene: &mut Scene<'_>, sale: &OpenSale, command: Command) {
    if !allowed(scene, sale, command) {
        return;
    }
    scene.view.said = None;
    match command {
        Command::Help => scene.view.page = Page::Help,
        Command::Verify if scene.snap.family.is_some() => {
            scene.view.page = Page::Family { category: false, purse: None };
        }
        Command::Verify => scene.view.page = Page::Verify { typed: String::new(), shown: false },
        Command::Park => scene.event(Event::Park),
        Command::Recall => match scene.snap.parked.as_slice() {
            [(n, _, _)] => scene.event(Event::Recall { n: *n }),
            _ => scene.view.page = Page::Parked,
        },
        Command::TakeBack => {
            scene.view.page = Page::TakeBack(TakeBack::Find { typed: String::new(), recent: Vec::new() });
            scene.counter(Counter::RecentSales);
        }
        Command::Clear => scene.view.page = What::Clear.page(),
        Command::Price => {
            let line = scene.view.selected.or(sale.last);
            if let Some(line) = line {
                scene.view.page = What::Price { line }.page();
            }
        }
        Command::Drawer => scene.view.page = What::Drawer.page(),
        Command::Check => scene.view.page = Page::Check { typed: String::new(), found: None },
        Command::Lock => {
            scene.view.typed.clear();
            scene.event(Event::Lock);
        }
        Command::Repeat => scene.event(Event::RepeatLast),
        Command::Search => {
            scene.view.page = Page::Search { text: String::new(), found: Vec::new(), choice: 0 };
        }
        Command::Menu => scene.view.page = Page::Menu,
        Command::Pay if scene.snap.is_beside => {
            scene.event(Event::Announce);
            scene.view.page = Page::Beside { typed: String::new() };
        }
        Command::Pay => {
            // From here on the customer was told the sum.
            scene.event(Event::Announce);
            scene.view.page = pay::page();
        }
        Command::Quantity => quantity(scene),
        Command::Remove => {
            if let Some(line) = scene.view.selected {
                scene.event(Event::RemoveLine { line });
            }
        }
    }
}

/// A number and `*`, then a scan: so many of it; then Enter: the chosen line. `*` alone asks.
fn quantity(scene: &mut Scene<'_>) {
    if scene.view.typed.is_empty() {
        if let Some(line) = scene.view.selected {
            scene.view.page = Page::Quantity { line, typed: String::new() };
        }
        return;
    }
    let is_number = scene.view.typed.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number && scene.view.typed.len() <= 7 {
        scene.view.typed.push('×');
        scene.view.found.clear();
    }
}

/// Keys of the sale screen, before any widget sees them.
fn shortcuts(scene: &mut Scene<'_>, sale: &OpenSale) {
    let mut keys = std::mem::take(&mut scene.keys).into_iter();
    let mut scrolls = Vec::new();
    while matches!(scene.view.page, Page::None) {
        let Some(typed) = keys.next() else { break };
        match typed {
            Typed::Char('+' | '＋') => run(scene, sale, Command::Pay),
            Typed::Char('*' | '×') if !scene.view.typed.is_empty() => quantity(scene),
            Typed::Char('*' | '×') => run(scene, sale, Command::Quantity),
            Typed::Char('=' | '＝') => run(scene, sale, Command::Repeat),
            Typed::Char(' ') if scene.view.typed.is_empty() => {}
            Typed::Char(c) if scene.view.typed.chars().count() < 40 => {
                scene.view.typed.push(c);
                ask_found(scene);
            }
            Typed::Char(_) => {}
            Typed::Key(Key::Backspace) => {
                scene.view.typed.pop();
                ask_found(scene);
            }
            Typed::Key(Key::Escape) if is_idle(scene, sale) => scene.view.front.lowers = true,
            Typed::Key(Key::Escape) => {
                scene.view.typed.clear();
                scene.view.found.clear();
                scene.view.said = None;
                scene.view.done = false;
            }
            Typed::Key(Key::ArrowUp) => step(scene, sale, false),
            Typed::Key(Key::ArrowDown) => step(scene, sale, true),
            Typed::Key(Key::Enter) => enter(scene),
            Typed::Key(key) if is_scroll(key) => scrolls.push(typed),
            Typed::Key(key) => {
                if let Some(command) = scene.view.keys.command(key) {
                    run(scene, sale, command);
                }
            }
        }
    }
    // What was typed after a page opened belongs to that page.
    scene.keys.extend(keys);
    scene.keys.extend(scrolls);
}

/// Whether a till beside another one has nothing left to leave: Escape puts its window away.
fn is_idle(scene: &Scene<'_>, sale: &OpenSale) -> bool {
    let view = &scene.view;
    let is_empty = sale.lines.is_empty() && sale.verified.is_none() && sale.slip.is_none();
    scene.snap.is_beside && is_empty && view.typed.is_empty() && view.said.is_none() && !view.done
}

fn ask_found(scene: &mut Scene<'_>) {
    scene.view.found.clear();
    let (_, text) = times(&scene.view.typed);
    if !text.is_empty() {
        let text = text.to_owned();
        scene.ask(Request::Search(text));
    }
}

/// Arrow keys choose among what was found, else among the basket's lines.
fn step(scene: &mut Scene<'_>, sale: &OpenSale, down: bool) {
    let moved =
        |at: usize, count: usize| if down { (at + 1).min(count.saturating_sub(1)) } else { at.saturating_sub(1) };
    if !scene.view.found.is_empty() {
        scene.view.choice = moved(scene.view.choice, scene.view.found.len());
        return;
    }
    let lines: Vec<u32> = sale.lines.iter().map(|l| l.basket.line).collect();
    let at = scene.view.selected.and_then(|line| lines.iter().position(|l| *l == line)).unwrap_or(0);
    scene.view.selected = lines.get(moved(at, lines.len())).copied();
    scene.view.reveal = scene.view.selected;
}

/// What was typed: how many, where a `×` says so, and of what.
fn times(typed: &str) -> (Option<&str>, &str) {
    typed.split_once('×').map_or((None, typed), |(times, text)| (Some(times), text))
}

/// Enter takes what was typed: a code as it is, or the product that was chosen from those found.
fn enter(scene: &mut Scene<'_>) {
    let typed = std::mem::take(&mut scene.view.typed);
    let found = std::mem::take(&mut scene.view.found);
    let (times, text) = times(&typed);
    let quantity = times.map(str::to_owned);
    if text.is_empty() {
        match (quantity, scene.view.selected) {
            (Some(value), Some(line)) => scene.event(Event::SetQuantity { line, value }),
            _ => scene.view.done = false,
        }
        return;
    }
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let chosen = found.get(scene.view.choice).filter(|_| scene.view.found_for == text);
    match chosen {
        // The whole number was typed, or letters that mean a product.
        Some(product) if !is_number || scene.view.choice > 0 => add(scene, &product.key, quantity),
        _ => scene.ask(Request::Scan(text.to_owned(), quantity)),
    }
}

/// Puts a found product into the basket.
pub fn pick(scene: &mut Scene<'_>, key: &domain::barcode::ProductKey) {
    let quantity = times(&scene.view.typed).0.map(str::to_owned);
    add(scene, key, quantity);
}

fn add(scene: &mut Scene<'_>, key: &domain::barcode::ProductKey, quantity: Option<String>) {
    let code = key.parts().1;
    scene.view.typed.clear();
    scene.view.found.clear();
    scene.event(Event::Scanned { code, entry: domain::sale::Entry::Search, quantity });
}

/// What is typed and what fits it, above the basket's foot.
pub fn suggestions(ui: &mut Ui, scene: &mut Scene<'_>, most: usize) {
    let found = std::mem::take(&mut scene.view.found);
    let mut picked = None;
    for (i, product) in found.iter().take(most).enumerate() {
        let look =
            if i == scene.view.choice { crate::app::widgets::Look::Chosen } else { crate::app::widgets::Look::Plain };
        let price = product.price.map(words::yuan).unwrap_or_default();
        let name = format!("{}   {price}", words::product(product));
        if Press::new(&name).look(look).at_left().type_size(size::BODY).size(ui.available_width(), 44.0).show(ui) {
            picked = Some(product.key.clone());
        }
    }
    scene.view.found = found;
    if let Some(key) = picked {
        pick(scene, &key);
    }
}
