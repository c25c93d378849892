//! What gives way where there is little room: a small screen, or large type on an ordinary one.

use std::sync::Arc;

use eframe::egui::{Color32, Context, Galley, Rect, Ui, UiBuilder};

use super::line;
use crate::app::theme::size;

/// Height below which keypads go beside what they type, and buttons stay at the foot.
const LOW: f32 = 580.0;
/// Width below which words are short and columns few.
const NARROW: f32 = 950.0;
/// Least size of type where the window is narrow: large type is on, so that it is still legible.
const LEAST: f32 = 10.0;

/// Whether the window is low.
pub fn is_low(ctx: &Context) -> bool {
    ctx.content_rect().height() < LOW
}

/// Whether the window is narrow.
pub fn is_narrow(ctx: &Context) -> bool {
    ctx.content_rect().width() < NARROW
}

/// Height that a list has on a page that needs `other` for the rest.
pub fn room(ctx: &Context, other: f32, least: f32) -> f32 {
    (ctx.content_rect().height() - other).max(least)
}

/// Text on one line, smaller where it would be cut off, and cut off only where it would be too small.
pub fn fitted(ui: &Ui, text: &str, size: f32, color: Color32, width: f32) -> Arc<Galley> {
    let whole = line(ui, text, size, color, f32::INFINITY);
    let needed = whole.size().x;
    if needed <= width {
        return whole;
    }
    let least = if is_narrow(ui.ctx()) { LEAST } else { size::SMALL };
    let smaller = (size * width / needed * 2.0).floor() / 2.0;
    line(ui, text, smaller.max(least).min(size), color, width)
}

/// Where a low page has its keypad and its buttons, whatever scrolls beside them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) pad: Option<Rect>,
    pub(super) foot: Rect,
}

impl Places {
    /// By which a page's parts find it.
    pub(super) const TAG: &'static str = "places";

    pub(super) fn of(ui: &Ui) -> Option<Self> {
        ui.stack().iter().find_map(|stack| stack.info.tags.get_downcast::<Self>(Self::TAG).copied())
    }
}

/// A part of the page that stays where it is while the page scrolls.
pub(super) fn fixed<R>(ui: &mut Ui, rect: Rect, is_row: bool, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = if is_row {
        eframe::egui::Layout::left_to_right(eframe::egui::Align::Center)
    } else {
        eframe::egui::Layout::top_down(eframe::egui::Align::LEFT)
    };
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    child.set_clip_rect(rect.expand(2.0));
    add(&mut child)
}

/// The buttons of a page, in a row: at the foot of a low one.
pub fn foot<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    match Places::of(ui) {
        Some(places) => fixed(ui, places.foot, true, add),
        None => ui.horizontal(add).inner,
    }
}

/// Width of the button that leads back, and height of a page's buttons.
pub fn back_width(ui: &Ui) -> f32 {
    if ui.available_width() < 320.0 { 96.0 } else { 140.0 }
}

/// Height of a page's buttons.
pub fn foot_height(ui: &Ui) -> f32 {
    if is_low(ui.ctx()) { 48.0 } else { 52.0 }
}
