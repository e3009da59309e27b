//! What a file says of its sequence, in whichever dialect.

use pimage_codec::tiff::ifd::{Header, Ifd, Source};
use pimage_codec::tiff::page::{Meaning, Page, Palette};
use pimage_codec::tiff::tags::{self, photometric};
use pimage_core::{Axis, Clock, FrameRate, Limits, Metadata, Timestamp, keys};

/// What a dialect says of the frames of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Description {
    /// The name of the dialect; empty for pages alone.
    pub(super) dialect: &'static str,
    /// The dimensions, slowest first, positions inside a page left out.
    pub(super) axes: Vec<Axis>,
    /// Pages, or planes in their place, that there should be.
    pub(super) count: Option<u64>,
    pub(super) rate: Option<FrameRate>,
    pub(super) clock: Clock,
    /// When each page was taken, when it is said of all.
    pub(super) times: Vec<Timestamp>,
    /// Significant bits, when it is said.
    pub(super) depth: Option<u8>,
    pub(super) metadata: Metadata,
}

/// Axes of more than one position or with names, from pairs of name and length.
pub(super) fn axes_of(axes: impl IntoIterator<Item = Axis>) -> Vec<Axis> {
    let axes = axes.into_iter();
    axes.filter(|axis| axis.length != 1 || !axis.labels.is_empty())
        .collect()
}

/// Puts the size of a pixel into the metadata.
pub(super) fn set_pixel_size(metadata: &mut Metadata, x: f64, y: f64, unit: &str) {
    let is_size = |size: f64| size.is_finite() && size > 0.0;
    if is_size(x) && is_size(y) {
        metadata.insert(keys::PIXEL_SIZE_X.to_owned(), x.into());
        metadata.insert(keys::PIXEL_SIZE_Y.to_owned(), y.into());
        metadata.insert(keys::PIXEL_SIZE_UNIT.to_owned(), unit.into());
    }
}

/// A text tag, when it is of a sane length.
pub(super) fn text(
    ifd: &Ifd,
    tag: u16,
    header: Header,
    source: &mut dyn Source,
    most: u64,
) -> Option<String> {
    let text = ifd.get(tag)?.text(header, source, most).ok()??;
    (!text.is_empty()).then_some(text)
}

/// A tag of one fraction.
pub(super) fn fraction(
    ifd: &Ifd,
    tag: u16,
    header: Header,
    source: &mut dyn Source,
) -> Option<f64> {
    let value = *ifd.get(tag)?.numbers(header, source, 1).ok()?.first()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

/// What the tags of the first page say besides its pixels.
pub(super) fn tags_of(
    ifd: &Ifd,
    page: &Page,
    header: Header,
    source: &mut dyn Source,
    limits: &Limits,
) -> Metadata {
    let mut metadata = Metadata::new();
    for (name, tag) in [
        ("make", tags::MAKE),
        ("model", tags::MODEL),
        ("software", tags::SOFTWARE),
        ("date_time", tags::DATE_TIME),
        ("artist", tags::ARTIST),
    ] {
        if let Some(text) = text(ifd, tag, header, source, limits.max_header_bytes) {
            metadata.insert(name.to_owned(), text.into());
        }
    }
    let orientation = ifd.integer(tags::ORIENTATION, header, source);
    if let Ok(Some(orientation @ 2..=8)) = orientation {
        let orientation = i64::try_from(orientation).unwrap_or(0);
        metadata.insert("tiff_orientation".to_owned(), orientation.into());
    }
    if let Some(entry) = ifd.get(tags::SUB_IFDS) {
        let count = entry.count;
        let note = format!(
            "{count} other version(s) of the first page, in directories of its own, are not read"
        );
        metadata.insert(keys::SUB_PAGES.to_owned(), note.into());
    }
    let per_cm = matches!(
        ifd.integer(tags::RESOLUTION_UNIT, header, source),
        Ok(Some(3))
    );
    if let (true, Some(x), Some(y)) = (
        per_cm,
        fraction(ifd, tags::X_RESOLUTION, header, source),
        fraction(ifd, tags::Y_RESOLUTION, header, source),
    ) {
        set_pixel_size(&mut metadata, 1.0 / x, 1.0 / y, "cm");
    }
    if page.is_inverted {
        let note = "the file stores 0 as white, the frames have it as black";
        metadata.insert("min_is_white".to_owned(), note.into());
    } else if page.photometric == photometric::MIN_IS_WHITE {
        let note = "0 is white, as the file stores it: such numbers cannot be turned round";
        metadata.insert("min_is_white".to_owned(), note.into());
    }
    if page.is_premultiplied && matches!(page.meaning, Meaning::Channels(_)) {
        let note = "the colours are multiplied by the opacity, as the file stores them";
        metadata.insert("premultiplied".to_owned(), note.into());
    }
    if page.photometric == photometric::CFA {
        let pattern = ifd.get(tags::CFA_PATTERN).filter(|entry| entry.count == 4);
        let pattern = pattern.and_then(|entry| entry.bytes(header, source).ok());
        let letters = pattern.filter(|bytes| bytes.len() == 4).map(|bytes| {
            let letter = |byte: &u8| match byte {
                0 => 'R',
                1 => 'G',
                2 => 'B',
                _ => '?',
            };
            bytes.iter().map(letter).collect::<String>()
        });
        if let Some(letters) = letters.filter(|letters| !letters.contains('?')) {
            metadata.insert(keys::BAYER_PATTERN.to_owned(), letters.into());
        }
    }
    metadata
}

/// The stored form of the samples, where the frames have another.
pub(super) fn pixel_format(page: &Page) -> Option<String> {
    let name = match &page.meaning {
        Meaning::Palette(Palette { .. }) => format!("palette{}", page.bits),
        Meaning::Ycbcr { .. } => "ycbcr".to_owned(),
        _ if page.photometric == photometric::YCBCR => "ycbcr".to_owned(),
        _ if page.photometric == photometric::MIN_IS_WHITE => {
            format!("min-is-white{}", page.bits)
        }
        _ if page.bits != page.sample().bits() => format!(
            "{}{}",
            match page.numbers {
                pimage_codec::tiff::page::Numbers::Unsigned => "uint",
                pimage_codec::tiff::page::Numbers::Signed => "int",
                pimage_codec::tiff::page::Numbers::Float => "float",
            },
            page.bits
        ),
        _ => return None,
    };
    Some(name)
}

/// The names of the planes of a pixel that is no colour.
pub(super) fn plane_axis(page: &Page, name: &str) -> Axis {
    let mut axis = Axis::new(name, page.frames() as u64);
    if page.photometric == photometric::SEPARATED && page.samples == 4 {
        let inks = ["cyan", "magenta", "yellow", "black"];
        axis.labels = inks.map(str::to_owned).to_vec();
    }
    axis
}
