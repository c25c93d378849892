//! Colours, sizes and fonts of the window: decided here and nowhere else.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Id, Stroke, TextStyle, Vec2,
};

/// Space comes in steps of this.
pub const STEP: f32 = 4.0;
/// Corners of panels and buttons.
pub const RADIUS: CornerRadius = CornerRadius::same(8);
/// Least height of what a finger touches.
pub const TOUCH: f32 = 44.0;
/// Height of a line of the basket.
pub const ROW: f32 = 52.0;

/// Sizes of type, in points.
pub mod size {
    /// Hints and codes.
    pub const SMALL: f32 = 13.0;
    /// Running text and buttons.
    pub const BODY: f32 = 16.0;
    /// A line of the basket.
    pub const LINE: f32 = 18.0;
    /// A title.
    pub const TITLE: f32 = 22.0;
    /// A sum that matters.
    pub const SUM: f32 = 28.0;
    /// What is due.
    pub const DUE: f32 = 48.0;
}

/// The colours of a theme. Each means one thing, and words say the same.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// Text.
    pub ink: Color32,
    /// Text that is less important, still at 4.5 : 1.
    pub weak: Color32,
    /// Panels.
    pub paper: Color32,
    /// Behind the panels.
    pub ground: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Verified; the main action.
    pub jade: Color32,
    /// The main button.
    pub jade_fill: Color32,
    /// Behind what is verified.
    pub jade_soft: Color32,
    /// Savings and refusals.
    pub vermilion: Color32,
    /// Behind a refusal.
    pub vermilion_soft: Color32,
    /// Attention.
    pub amber: Color32,
    /// Behind what needs attention.
    pub amber_soft: Color32,
    /// The line just scanned.
    pub flash: Color32,
    /// Text on the main button.
    pub on_fill: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

/// Ink on paper.
pub const LIGHT: Palette = Palette {
    ink: rgb(0x14181F),
    weak: rgb(0x586270),
    paper: rgb(0xFFFFFF),
    ground: rgb(0xF3F5F7),
    line: rgb(0xDCE1E7),
    jade: rgb(0x0F7B5F),
    jade_fill: rgb(0x0F7B5F),
    jade_soft: rgb(0xE6F4EF),
    vermilion: rgb(0xC23B22),
    vermilion_soft: rgb(0xFCEBE7),
    amber: rgb(0x8A5D00),
    amber_soft: rgb(0xFFF3D6),
    flash: rgb(0xEAF3FF),
    on_fill: rgb(0xFFFFFF),
};

/// For evenings and dim shops.
pub const DARK: Palette = Palette {
    ink: rgb(0xEEF1F5),
    weak: rgb(0xA7B1BE),
    paper: rgb(0x1A2028),
    ground: rgb(0x10141A),
    line: rgb(0x323B47),
    jade: rgb(0x4FD1A5),
    jade_fill: rgb(0x0F7B5F),
    jade_soft: rgb(0x15332A),
    vermilion: rgb(0xFF8D75),
    vermilion_soft: rgb(0x43221C),
    amber: rgb(0xF0BE5A),
    amber_soft: rgb(0x3B2E12),
    flash: rgb(0x22324A),
    on_fill: rgb(0xFFFFFF),
};

/// For eyes that need more: every pair of text and ground is 7 : 1 or above.
pub const CONTRAST: Palette = Palette {
    ink: rgb(0x000000),
    weak: rgb(0x2B2F36),
    paper: rgb(0xFFFFFF),
    ground: rgb(0xFFFFFF),
    line: rgb(0x000000),
    jade: rgb(0x00482F),
    jade_fill: rgb(0x00482F),
    jade_soft: rgb(0xE3F5EC),
    vermilion: rgb(0x8A1200),
    vermilion_soft: rgb(0xFFEDE8),
    amber: rgb(0x5C3B00),
    amber_soft: rgb(0xFFF1CC),
    flash: rgb(0xD7E8FF),
    on_fill: rgb(0xFFFFFF),
};

/// Colours of the window.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Ink on paper.
    #[default]
    Light,
    /// For dim shops.
    Dark,
    /// For eyes that need more: black on white, 7 : 1 and above.
    Contrast,
}

impl Theme {
    /// Reads the setting.
    pub fn parse(text: &str) -> Self {
        match text {
            "dark" => Self::Dark,
            "contrast" => Self::Contrast,
            _ => Self::Light,
        }
    }

    /// The setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Contrast,
            Self::Contrast => Self::Light,
        }
    }
}

/// The palette that is in use.
pub fn palette(ctx: &egui::Context) -> Palette {
    ctx.data(|data| data.get_temp(Id::NULL)).unwrap_or(LIGHT)
}

/// Changes the colours of the whole window.
pub fn set(ctx: &egui::Context, theme: Theme) {
    let (base, palette) = match theme {
        Theme::Light => (egui::Theme::Light, LIGHT),
        Theme::Dark => (egui::Theme::Dark, DARK),
        Theme::Contrast => (egui::Theme::Light, CONTRAST),
    };
    ctx.data_mut(|data| data.insert_temp(Id::NULL, palette));
    ctx.style_mut_of(base, |style| dress(style, palette));
    ctx.set_theme(base);
}

/// A font of the window's family.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Installs fonts, both themes and the switches of a program that owns its machine.
pub fn install(ctx: &egui::Context, font: &printers::font::Font) {
    let mut fonts = FontDefinitions::default();
    // The Chinese font comes first, so that punctuation and figures are of one piece.
    let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Shared(Arc::clone(&font.bytes)));
    fonts.font_data.insert("shop".into(), Arc::new(FontData::from_blob(bytes, font.index)));
    for family in fonts.families.values_mut() {
        family.insert(0, "shop".into());
    }
    ctx.set_fonts(fonts);
    set(ctx, Theme::Light);
    ctx.options_mut(|options| {
        // Ctrl-Q must not close a till in the middle of a sale, and painting has no side effects twice.
        options.quit_shortcuts.clear();
        options.zoom_with_keyboard = false;
        options.max_passes = std::num::NonZeroUsize::MIN;
    });
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn dress(style: &mut egui::Style, p: Palette) {
    for (text_style, size) in [
        (TextStyle::Small, size::SMALL),
        (TextStyle::Body, size::BODY),
        (TextStyle::Button, size::BODY),
        (TextStyle::Monospace, size::BODY),
        (TextStyle::Heading, size::TITLE),
    ] {
        style.text_styles.insert(text_style, font(size));
    }
    style.animation_time = 0.0;
    style.spacing.item_spacing = Vec2::splat(STEP * 2.0);
    style.spacing.interact_size.y = TOUCH;
    style.interaction.selectable_labels = false;
    let v = &mut style.visuals;
    v.override_text_color = Some(p.ink);
    v.panel_fill = p.ground;
    v.window_fill = p.paper;
    v.extreme_bg_color = p.paper;
    v.window_shadow = egui::Shadow::NONE;
    v.popup_shadow = egui::Shadow::NONE;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.window_corner_radius = RADIUS;
    v.text_cursor.blink = false;
    v.selection.bg_fill = p.jade_soft;
    v.selection.stroke = Stroke::new(2.0, p.jade);
    v.weak_text_color = Some(p.weak);
    for widget in [
        &mut v.widgets.noninteractive,
        &mut v.widgets.inactive,
        &mut v.widgets.hovered,
        &mut v.widgets.active,
        &mut v.widgets.open,
    ] {
        widget.corner_radius = RADIUS;
        widget.bg_stroke = Stroke::new(1.0, p.line);
        widget.bg_fill = p.paper;
        widget.weak_bg_fill = p.paper;
        widget.fg_stroke = Stroke::new(1.0, p.ink);
        widget.expansion = 0.0;
    }
}
