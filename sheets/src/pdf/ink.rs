//! The font as a document uses it: widths, glyph numbers, and the part of it that is embedded.

use std::collections::{BTreeMap, BTreeSet};

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId, Tag};

use super::canvas::unit;
use crate::font::Font;

const INFO: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Name of the embedded part; the letters before the plus are any six.
const NAME: Name<'static> = Name(b"JIHUIS+Han");

/// What stands for a character that the font does not have (geta mark), as printers in East Asia set it.
const GETA: char = '〓';

/// A font and what was written with it.
pub(super) struct Ink<'a> {
    font: &'a Font,
    face: Face<'a>,
    glyphs: GlyphRemapper,
    /// Which character a glyph of the embedded part stands for, and how wide it is.
    used: BTreeMap<u16, (char, u16)>,
    missing: BTreeSet<char>,
}

impl<'a> Ink<'a> {
    pub fn new(font: &'a Font) -> Result<Self, String> {
        let face = font.face().ok_or_else(|| {
            let path = font.path.display();
            format!("字体 {path} 不能用，请换一个。 The font {path} cannot be used: choose another")
        })?;
        Ok(Self { font, face, glyphs: GlyphRemapper::new(), used: BTreeMap::new(), missing: BTreeSet::new() })
    }

    fn glyph(&self, c: char) -> Option<GlyphId> {
        self.face.glyph_index(c).filter(|glyph| glyph.0 != 0)
    }

    fn advance(&self, c: char) -> u16 {
        let glyph = self.glyph(c).or_else(|| self.glyph(GETA)).unwrap_or(GlyphId(0));
        self.face.glyph_hor_advance(glyph).unwrap_or(0)
    }

    /// Width of a line of text, in the unit of `size`.
    pub fn width(&self, text: &str, size: i32) -> i32 {
        let sum: i64 = text.chars().map(|c| i64::from(self.advance(c))).sum();
        i32::try_from(sum * i64::from(size) / i64::from(self.face.units_per_em().max(1))).unwrap_or(i32::MAX / 4)
    }

    /// The text as the embedded part's glyphs.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            let (glyph, shown) = match self.glyph(c) {
                Some(glyph) => (glyph, c),
                None => {
                    self.missing.insert(c);
                    (self.glyph(GETA).unwrap_or(GlyphId(0)), GETA)
                }
            };
            let number = self.glyphs.remap(glyph.0);
            let wide = self.face.glyph_hor_advance(glyph).unwrap_or(0);
            self.used.entry(number).or_insert((shown, wide));
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// Characters that were written as 〓.
    pub fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    /// In thousandths of the font's size.
    fn mille(&self, length: i32) -> i32 {
        length * 1000 / i32::from(self.face.units_per_em().max(1))
    }

    /// Puts the used part of the font into a document: under `id` and the four numbers behind it.
    pub fn embed(&self, pdf: &mut Pdf, id: Ref) -> Result<(), String> {
        let number = |more: i32| Ref::new(id.get() + more);
        let (cid, descriptor, file, map) = (number(1), number(2), number(3), number(4));
        let part = subsetter::subset(&self.font.bytes, self.font.index, &self.glyphs).map_err(|err| {
            let path = self.font.path.display();
            format!("字体 {path} 不能嵌入，请换一个。 The font {path} cannot be embedded ({err}): choose another")
        })?;
        // Of PostScript outlines the table alone is embedded.
        let outlines = Face::parse(&part, 0).ok().and_then(|face| face.raw_face().table(Tag::from_bytes(b"CFF ")));
        pdf.type0_font(id)
            .base_font(NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(map);
        let mut font = pdf.cid_font(cid);
        font.base_font(NAME).system_info(INFO).font_descriptor(descriptor).default_width(1000.0);
        if outlines.is_some() {
            font.subtype(CidFontType::Type0);
        } else {
            font.subtype(CidFontType::Type2).cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let mut widths = font.widths();
        for (glyph, (_, wide)) in &self.used {
            widths.consecutive(*glyph, [unit(self.mille((*wide).into()))]);
        }
        widths.finish();
        font.finish();
        self.describe(pdf, descriptor, file, outlines.is_some());
        let bytes = compress_to_vec_zlib(outlines.unwrap_or(&part), 6);
        let mut stream = pdf.stream(file, &bytes);
        stream.filter(Filter::FlateDecode);
        if outlines.is_some() {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();
        let mut unicode = UnicodeCmap::new(NAME, INFO);
        for (glyph, (c, _)) in &self.used {
            unicode.pair(*glyph, *c);
        }
        let bytes = compress_to_vec_zlib(&unicode.finish(), 6);
        pdf.cmap(map, &bytes).filter(Filter::FlateDecode);
        Ok(())
    }

    fn describe(&self, pdf: &mut Pdf, id: Ref, file: Ref, is_postscript: bool) {
        let face = &self.face;
        let mille = |length: i16| unit(self.mille(length.into()));
        let limits = face.global_bounding_box();
        let mut descriptor = pdf.font_descriptor(id);
        descriptor
            .name(NAME)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(mille(limits.x_min), mille(limits.y_min), mille(limits.x_max), mille(limits.y_max)))
            .italic_angle(0.0)
            .ascent(mille(face.ascender()))
            .descent(mille(face.descender()))
            .cap_height(mille(face.capital_height().unwrap_or(face.ascender())))
            .stem_v(80.0);
        if is_postscript {
            descriptor.font_file3(file);
        } else {
            descriptor.font_file2(file);
        }
    }
}
