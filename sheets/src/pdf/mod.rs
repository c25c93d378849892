//! PDF: documents to sign and file, and shelf labels. Text can be selected and searched; the font comes from the
//! system, and the part that is used is embedded.

mod canvas;
mod flow;
mod grid;
mod ink;
mod labels;
mod wrap;

use std::collections::BTreeSet;

use domain::lang::Lang;
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, TextStr};

use self::canvas::{Canvas, unit};
use crate::sheet::Sheet;

pub use self::labels::{Label, Labels};

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What the file is called by a reader; no page shows it.
    pub title: String,
    /// A4 upright or on its side.
    pub paper: Paper,
    /// Of page numbers.
    pub lang: Lang,
    /// From top to bottom.
    pub blocks: Vec<Block>,
    /// At the foot of each page, at most two lines.
    pub small_print: String,
}

/// How the paper lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paper {
    /// A4 upright.
    #[default]
    Portrait,
    /// A4 on its side.
    Landscape,
}

impl Paper {
    /// Width and height in twips.
    fn size(self) -> (i32, i32) {
        match self {
            Self::Portrait => (11906, 16838),
            Self::Landscape => (16838, 11906),
        }
    }
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Large, in the middle: what the document is.
    Title(String),
    /// Above a part of it.
    Heading(String),
    /// Lines of text.
    Paragraph(String),
    /// Captions and what they say, beside one another in so many columns.
    Pairs {
        /// 1 and more.
        columns: usize,
        /// Caption and words.
        pairs: Vec<(String, String)>,
    },
    /// A table, with its title as a heading; its header stands again on each page.
    Table(Sheet),
    /// Captions, each with a line to sign on; never parted.
    Signatures(Vec<String>),
}

/// A finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Characters that the font does not have and that stand as 〓: rare ones of names. Whoever hands the paper
    /// out writes them by hand.
    pub missing: BTreeSet<char>,
}

/// The file of what was drawn.
fn file(canvas: Canvas<'_>, title: &str) -> Result<Made, String> {
    let (width, height) = (canvas.width, canvas.height);
    let (ink, pages) = canvas.into_parts();
    let (catalog, tree, info, font) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN")).viewer_preferences().pair(Name(b"DisplayDocTitle"), true);
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("Jihui"));
    // The font takes five numbers, each page two.
    let mut number = font.get() + 5;
    let mut kids = Vec::with_capacity(pages.len());
    for page in pages {
        let (id, content) = (Ref::new(number), Ref::new(number + 1));
        number += 2;
        kids.push(id);
        let mut entry = pdf.page(id);
        // Twips to points.
        entry.media_box(Rect::new(0.0, 0.0, points(width), points(height))).parent(tree).contents(content);
        entry.resources().fonts().pair(Name(b"F"), font);
        entry.finish();
        pdf.stream(content, &compress_to_vec_zlib(&page.finish(), 6)).filter(Filter::FlateDecode);
    }
    let count = kids.len();
    pdf.pages(tree).count(i32::try_from(count).unwrap_or(i32::MAX)).kids(kids);
    ink.embed(&mut pdf, font)?;
    Ok(Made { missing: ink.missing().clone(), bytes: pdf.finish(), pages: count })
}

/// Whole points; the rest of A4 is a third of a millimetre.
fn points(twips: i32) -> f32 {
    unit((twips + 10) / 20)
}
