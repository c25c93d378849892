//! Scrolling by touch, by wheel, and by keys: what cannot be reached without a mouse is not there.

use eframe::egui::scroll_area::ScrollAreaOutput;
use eframe::egui::{Context, Id, Key, ScrollArea, Ui};

use crate::app::keys::Typed;

/// How far an arrow key goes.
const STEP: f32 = 48.0;

/// Where an area was in the last frame, and how far it goes.
#[derive(Debug, Clone, Copy)]
struct At {
    offset: f32,
    most: f32,
    page: f32,
}

impl At {
    /// Where a key leads.
    fn after(self, key: Key) -> f32 {
        let page = (self.page - STEP).max(STEP);
        let to = match key {
            Key::Home => 0.0,
            Key::End => self.most,
            Key::PageUp => self.offset - page,
            Key::PageDown => self.offset + page,
            Key::ArrowUp => self.offset - STEP,
            _ => self.offset + STEP,
        };
        to.clamp(0.0, self.most)
    }
}

fn pending() -> Id {
    Id::unique("scroll key")
}

/// Keys that scroll, where the page has no other use for them.
pub fn is_scroll(key: Key) -> bool {
    matches!(key, Key::PageUp | Key::PageDown | Key::Home | Key::End | Key::ArrowUp | Key::ArrowDown)
}

/// What is left of the keys moves the page in the next frame.
pub fn by_keys(ctx: &Context, keys: &mut Vec<Typed>) {
    let mut last = None;
    keys.retain(|key| match key {
        Typed::Key(key) if is_scroll(*key) => {
            last = Some(*key);
            false
        }
        Typed::Key(_) | Typed::Char(_) => true,
    });
    match last {
        Some(key) => {
            ctx.data_mut(|data| data.insert_temp(pending(), key));
            ctx.request_repaint();
        }
        None => ctx.data_mut(|data| data.remove::<Key>(pending())),
    }
}

/// An area that scrolls. Of several on a page the first that can go further takes the key.
pub fn scroll<R>(ui: &mut Ui, name: &'static str, area: ScrollArea, add: impl FnOnce(&mut Ui) -> R) -> R {
    scroll_with(ui, name, area, |area, ui| area.show(ui, add))
}

/// The same for an area that is shown in a way of its own.
pub fn scroll_with<R>(
    ui: &mut Ui,
    name: &'static str,
    area: ScrollArea,
    show: impl FnOnce(ScrollArea, &mut Ui) -> ScrollAreaOutput<R>,
) -> R {
    let id = Id::unique(("scrolled", name));
    // What a page covers does not move with it.
    let is_on_top = ui.ctx().memory(|memory| memory.allows_interaction(ui.layer_id()));
    let (key, before) = ui.data(|data| {
        (data.get_temp::<Key>(pending()).filter(|_| is_on_top), data.get_temp::<At>(id).filter(|at| at.most > 0.0))
    });
    let mut area = area.id_salt(name);
    if let (Some(key), Some(at)) = (key, before) {
        let to = at.after(key);
        if (to - at.offset).abs() > 0.1 {
            area = area.vertical_scroll_offset(to);
            ui.data_mut(|data| data.remove::<Key>(pending()));
        }
    }
    let shown = show(area, ui);
    let page = shown.inner_rect.height();
    let at = At { offset: shown.state.clamped_offset().y, most: shown.content_size.y - page, page };
    ui.data_mut(|data| data.insert_temp(id, at));
    shown.inner
}
