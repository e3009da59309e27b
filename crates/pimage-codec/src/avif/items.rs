//! The pictures in a file: where their bytes are, and what belongs together (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6 and 9).

use super::boxes::{Fields, boxes, find};

/// One coded picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) width: u32,
    pub(super) height: u32,
    /// The content of its `av1C` box.
    pub(super) configuration: Vec<u8>,
    /// The content of its `auxC` box: what kind of auxiliary picture it is.
    auxiliary: Vec<u8>,
    /// Its open bitstream units.
    pub(super) data: Vec<u8>,
}

/// The pictures of a file.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) color: Item,
    pub(super) opacity: Option<Item>,
}

/// The kinds of auxiliary pictures that are opacity.
const OPACITY: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
];

impl Items {
    /// Finds the primary picture and its opacity.
    pub(super) fn of(file: &[u8]) -> Result<Self, String> {
        let broken = || "its boxes are broken or cut short".to_owned();
        let meta = find(file, b"meta").ok_or_else(|| "it has no pictures".to_owned())?;
        let meta = meta.get(4..).ok_or_else(broken)?;
        let primary = primary(meta).ok_or_else(broken)?;
        let kind = kind_of(meta, primary).ok_or_else(broken)?;
        if kind != *b"av01" {
            let kind = String::from_utf8_lossy(&kind).into_owned();
            return Err(format!(
                "its picture is `{kind}`, only single ones (`av01`) are read"
            ));
        }
        let color = item(file, meta, primary).ok_or_else(broken)?;
        let mut opacity = None;
        for helper in helpers_of(meta, primary) {
            let found = item(file, meta, helper).ok_or_else(broken)?;
            let is_opacity = |kind: &&[u8]| {
                found
                    .auxiliary
                    .get(4..)
                    .is_some_and(|urn| urn.starts_with(kind))
            };
            if OPACITY.iter().any(is_opacity) {
                opacity = Some(found);
                break;
            }
        }
        Ok(Self { color, opacity })
    }
}

fn primary(meta: &[u8]) -> Option<u64> {
    let mut fields = Fields(find(meta, b"pitm")?);
    let wide = fields.version()? > 0;
    fields.number(if wide { 4 } else { 2 })
}

/// The type of an item.
fn kind_of(meta: &[u8], item: u64) -> Option<[u8; 4]> {
    let mut fields = Fields(find(meta, b"iinf")?);
    let wide = fields.version()? > 0;
    fields.number(if wide { 4 } else { 2 })?;
    boxes(fields.0)
        .filter(|each| each.kind == *b"infe")
        .find_map(|entry| {
            let mut fields = Fields(entry.content);
            let version = fields.version()?;
            let id = fields.number(if version > 2 { 4 } else { 2 })?;
            fields.number(2)?;
            let kind = *fields.take(4)?.first_chunk()?;
            (version >= 2 && id == item).then_some(kind)
        })
}

/// The items that are auxiliary to another.
fn helpers_of(meta: &[u8], item: u64) -> Vec<u64> {
    let Some(mut fields) = find(meta, b"iref").map(Fields) else {
        return Vec::new();
    };
    let Some(version) = fields.version() else {
        return Vec::new();
    };
    let width = if version > 0 { 4 } else { 2 };
    boxes(fields.0)
        .filter(|each| each.kind == *b"auxl")
        .filter_map(|reference| {
            let mut fields = Fields(reference.content);
            let from = fields.number(width)?;
            let count = fields.number(2)?;
            (0..count)
                .map_while(|_| fields.number(width))
                .any(|to| to == item)
                .then_some(from)
        })
        .collect()
}

fn item(file: &[u8], meta: &[u8], id: u64) -> Option<Item> {
    let mut item = Item {
        data: data(file, meta, id)?,
        ..Item::default()
    };
    let properties = find(meta, b"iprp")?;
    let all: Vec<_> = boxes(find(properties, b"ipco")?).collect();
    for index in properties_of(properties, id)? {
        // Counted from one; zero is none.
        let Some(property) = index.checked_sub(1).and_then(|index| all.get(index)) else {
            continue;
        };
        match &property.kind {
            b"ispe" => {
                let mut fields = Fields(property.content);
                fields.version()?;
                item.width = u32::try_from(fields.number(4)?).ok()?;
                item.height = u32::try_from(fields.number(4)?).ok()?;
            }
            b"av1C" => item.configuration = property.content.to_vec(),
            b"auxC" => item.auxiliary = property.content.to_vec(),
            _ => {}
        }
    }
    Some(item)
}

/// The numbers of an item's properties.
fn properties_of(properties: &[u8], item: u64) -> Option<Vec<usize>> {
    let mut fields = Fields(find(properties, b"ipma")?);
    let head = fields.take(4)?;
    let (version, flags) = (*head.first()?, *head.last()?);
    let count = fields.number(4)?;
    for _ in 0..count {
        let id = fields.number(if version > 0 { 4 } else { 2 })?;
        let width = if flags & 1 != 0 { 2 } else { 1 };
        let mask = if width == 2 { 0x7fff } else { 0x7f };
        let number = fields.number(1)?;
        let mut found = Vec::new();
        for _ in 0..number {
            found.push((fields.number(width)? & mask) as usize);
        }
        if id == item {
            return Some(found);
        }
    }
    None
}

/// The bytes of an item, its extents put together; never more than the file has.
fn data(file: &[u8], meta: &[u8], item: u64) -> Option<Vec<u8>> {
    let mut fields = Fields(find(meta, b"iloc")?);
    let version = fields.version()?;
    let sizes = fields.number(2)?;
    let nibble = |shift: u32| (sizes >> shift & 15) as usize;
    let (offset, length, base) = (nibble(12), nibble(8), nibble(4));
    let index = if version > 0 { nibble(0) } else { 0 };
    let count = fields.number(if version < 2 { 2 } else { 4 })?;
    for _ in 0..count {
        let id = fields.number(if version < 2 { 2 } else { 4 })?;
        let method = if version > 0 {
            fields.number(2)? & 15
        } else {
            0
        };
        fields.number(2)?;
        let start = fields.number(base)?;
        let extents = fields.number(2)?;
        let mut bytes = Vec::new();
        // Offsets count from the start of the file, or in the box of data.
        let from = match method {
            0 => file,
            1 if id == item => find(meta, b"idat")?,
            _ => &[],
        };
        for _ in 0..extents {
            fields.number(index)?;
            let at = start.checked_add(fields.number(offset)?)?;
            let length = fields.number(length)?;
            if id != item {
                continue;
            }
            let rest = from.get(usize::try_from(at).ok()?..)?;
            let part = match length {
                0 => rest,
                length => rest.get(..usize::try_from(length).ok()?)?,
            };
            if bytes.len() + part.len() > file.len() {
                return None;
            }
            bytes.extend_from_slice(part);
        }
        if id == item {
            return Some(bytes);
        }
    }
    None
}
