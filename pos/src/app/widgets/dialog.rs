//! Pages over the till's own screen. Where the window is low they fill it: what is read scrolls, the
//! keypad stands at the right and the buttons at the foot.

use eframe::egui::{self, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, UiStackInfo, Vec2, pos2, vec2};

use super::fit::{Places, is_low};
use super::scroll::scroll;
use super::{board, card};
use crate::app::theme::{Palette, TOUCH};

/// Width of the keypad of a low page, and of one that has letters.
const PAD: f32 = 252.0;
const LETTERS: f32 = 332.0;
/// Height of the buttons of a low page.
const FOOT: f32 = TOUCH + 4.0;
/// Between the parts of a low page.
const GAP: f32 = 8.0;

/// A dialog in the middle of the window, as wide as it needs up to `width`.
pub fn dialog<R>(ui: &Ui, name: &'static str, width: f32, p: Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    if is_low(ui.ctx()) { low(ui, name, (width, None), p, add) } else { whole(ui, name, width, p, add) }
}

/// A dialog that has a keypad at times.
pub fn dialog_with<R>(
    ui: &Ui,
    has_pad: bool,
    name: &'static str,
    width: f32,
    p: Palette,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    if has_pad { pad_dialog(ui, name, width, p, add) } else { dialog(ui, name, width, p, add) }
}

/// A dialog with a keypad, which goes beside the rest where the window is low.
pub fn pad_dialog<R>(ui: &Ui, name: &'static str, width: f32, p: Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    if !is_low(ui.ctx()) {
        return whole(ui, name, width, p, add);
    }
    let pad = if board::has_letters(ui.ctx()) { LETTERS } else { PAD };
    low(ui, name, (width.max(720.0), Some(pad)), p, add)
}

fn whole<R>(ui: &Ui, name: &'static str, width: f32, p: Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    let modal = egui::Modal::new(egui::Id::unique(name)).frame(card(p).inner_margin(Margin::same(20)));
    let screen = ui.content_rect();
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width(width.min(screen.width() - 64.0));
        // On a small screen, or in large type, a page scrolls rather than lose its buttons.
        let room = screen.height() - 48.0;
        scroll(ui, name, ScrollArea::vertical().min_scrolled_height(room).max_height(room), add)
    });
    shown.inner
}

fn low<R>(
    ui: &Ui,
    name: &'static str,
    (width, pad): (f32, Option<f32>),
    p: Palette,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    let modal = egui::Modal::new(egui::Id::unique(name)).frame(card(p).inner_margin(Margin::same(8)));
    let screen = ui.content_rect();
    let shown = modal.show(ui.ctx(), |ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(4.0);
        let size = vec2(width.min(screen.width() - 24.0), screen.height() - 24.0);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let foot_top = rect.bottom() - FOOT;
        let (body, places) = match pad {
            Some(pad) => {
                let left = rect.right() - pad;
                let body = Rect::from_min_max(rect.min, pos2(left - GAP, rect.bottom()));
                let pad = Rect::from_min_max(pos2(left, rect.top()), pos2(rect.right(), foot_top - GAP));
                let foot = Rect::from_min_max(pos2(left, foot_top), rect.max);
                (body, Places { pad: Some(pad), foot })
            }
            None => {
                let body = Rect::from_min_max(rect.min, pos2(rect.right(), foot_top - GAP));
                (body, Places { pad: None, foot: Rect::from_min_max(pos2(rect.left(), foot_top), rect.max) })
            }
        };
        let info = UiStackInfo::default().with_tag_value(Places::TAG, places);
        let builder = UiBuilder::new().max_rect(body).ui_stack_info(info);
        ui.scope_builder(builder, |ui| {
            scroll(ui, name, ScrollArea::vertical().auto_shrink(false).max_height(body.height()), add)
        })
        .inner
    });
    shown.inner
}
