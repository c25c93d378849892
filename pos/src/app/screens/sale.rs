//! The sale: basket at the left, family and sums at the right, keys below.

use domain::till::{Event, OpenSale};
use eframe::egui::{CentralPanel, Frame, Key, Margin, Panel, Ui};

use super::{basket, done, pay, side};
use crate::app::command::{Command, FOOTER};
use crate::app::keys::Typed;
use crate::app::theme::size;
use crate::app::view::{Page, TakeBack};
use crate::app::widgets::Press;
use crate::app::worker::Request;
use crate::app::{Scene, words};

/// The sale screen.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, sale: &OpenSale) {
    if matches!(scene.view.page, Page::None) {
        shortcuts(scene, sale);
    }
    footer(ui, scene, sale);
    let width = (ui.available_width() * 0.31).clamp(330.0, 440.0);
    let ground = Frame::new().fill(scene.p.ground);
    let margin = Margin { left: 0, right: 12, top: 12, bottom: 12 };
    Panel::right("side")
        .frame(ground.inner_margin(margin))
        .exact_size(width)
        .resizable(false)
        .show_separator_line(false)
        .show(ui, |ui| side::show(ui, scene, sale));
    CentralPanel::no_frame().frame(ground.inner_margin(Margin::same(12))).show(ui, |ui| {
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
    let bar = Frame::new().fill(p.paper).stroke((1.0, p.line)).inner_margin(Margin::symmetric(12, 6));
    Panel::bottom("keys").frame(bar).exact_size(56.0).show_separator_line(false).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            let gap = ui.spacing().item_spacing.x;
            let count = 8.0;
            let width = (ui.available_width() - gap * (count - 1.0)) / count;
            for command in FOOTER {
                let press = Press::new(command.text(scene.lang)).key(command.key_text()).size(width, 44.0);
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
    match command {
        Command::Help | Command::Menu => true,
        Command::Verify | Command::Search => !is_paying,
        Command::Park | Command::Quantity | Command::Remove => !sale.lines.is_empty() && !is_paying,
        Command::Pay => !sale.lines.is_empty(),
        Command::Recall => sale.lines.is_empty() && !scene.snap.parked.is_empty(),
        Command::TakeBack => sale.lines.is_empty(),
        Command::Clear => !sale.lines.is_empty() || sale.verified.is_some(),
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
            scene.ask(Request::RecentSales);
        }
        Command::Clear => scene.view.page = Page::Clear,
        Command::Search => {
            scene.view.page = Page::Search { text: String::new(), found: Vec::new(), choice: 0 };
        }
        Command::Menu => scene.view.page = Page::Menu,
        Command::Pay => scene.view.page = pay::page(),
        Command::Quantity => quantity(scene),
        Command::Remove => {
            if let Some(line) = scene.view.selected {
                scene.event(Event::RemoveLine { line });
            }
        }
    }
}

/// A number and then `*` changes the chosen line at once; `*` alone asks for the number.
fn quantity(scene: &mut Scene<'_>) {
    let Some(line) = scene.view.selected else { return };
    let value = std::mem::take(&mut scene.view.typed);
    if value.is_empty() {
        scene.view.page = Page::Quantity { line, typed: value };
    } else {
        scene.event(Event::SetQuantity { line, value });
    }
}

/// Keys of the sale screen, before any widget sees them.
fn shortcuts(scene: &mut Scene<'_>, sale: &OpenSale) {
    let mut keys = std::mem::take(&mut scene.keys).into_iter();
    while matches!(scene.view.page, Page::None) {
        let Some(typed) = keys.next() else { break };
        match typed {
            Typed::Char('+' | '＋') => run(scene, sale, Command::Pay),
            Typed::Char('*' | '×') => run(scene, sale, Command::Quantity),
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
            Typed::Key(Key::Escape) => {
                scene.view.typed.clear();
                scene.view.found.clear();
                scene.view.said = None;
                scene.view.done = false;
            }
            Typed::Key(Key::ArrowUp) => step(scene, sale, false),
            Typed::Key(Key::ArrowDown) => step(scene, sale, true),
            Typed::Key(Key::Enter) => enter(scene),
            Typed::Key(key) => {
                if let Some(command) = Command::all().find(|command| command.key() == Some(key)) {
                    run(scene, sale, command);
                }
            }
        }
    }
    // What was typed after a page opened belongs to that page.
    scene.keys.extend(keys);
}

fn ask_found(scene: &mut Scene<'_>) {
    scene.view.found.clear();
    if !scene.view.typed.is_empty() {
        scene.ask(Request::Search(scene.view.typed.clone()));
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

/// Enter takes what was typed: a code as it is, or the product that was chosen from those found.
fn enter(scene: &mut Scene<'_>) {
    let typed = std::mem::take(&mut scene.view.typed);
    let found = std::mem::take(&mut scene.view.found);
    if typed.is_empty() {
        scene.view.done = false;
        return;
    }
    let is_number = typed.bytes().all(|b| b.is_ascii_digit());
    let chosen = found.get(scene.view.choice).filter(|_| scene.view.found_for == typed);
    match chosen {
        // The whole number was typed, or letters that mean a product.
        Some(product) if !is_number || scene.view.choice > 0 => pick(scene, &product.key),
        _ => scene.ask(Request::Scan(typed)),
    }
}

/// Puts a found product into the basket.
pub fn pick(scene: &mut Scene<'_>, key: &domain::barcode::ProductKey) {
    let code = key.parts().1;
    scene.view.typed.clear();
    scene.view.found.clear();
    scene.event(Event::Scanned { code, entry: domain::sale::Entry::Search });
}

/// What is typed and what fits it, above the basket's foot.
pub fn suggestions(ui: &mut Ui, scene: &mut Scene<'_>) {
    let found = std::mem::take(&mut scene.view.found);
    let mut picked = None;
    for (i, product) in found.iter().take(6).enumerate() {
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
