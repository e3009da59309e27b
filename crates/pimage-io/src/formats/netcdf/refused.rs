//! What is in an HDF5 file and is not read: filters and types that nobody here knows.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use hdf5_reader::error::Error;
use hdf5_reader::group::Group;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::{Datatype, FilterRegistry, Hdf5File};

use super::file::File;

/// Deepest group, and most objects, that are looked at.
const DEEPEST: usize = 16;
const MOST_OBJECTS: usize = 10_000;

/// Most groups of a file, and the deepest: beyond, they lie within each other.
const MOST_GROUPS: usize = 10_000;
const DEEPEST_GROUP: usize = 64;

/// Filters that are registered with the HDF Group and often met.
const FILTERS: &[(u16, &str)] = &[
    (305, "LZO"),
    (307, "bzip2"),
    (32000, "LZF"),
    (32001, "Blosc"),
    (32004, "LZ4"),
    (32008, "bitshuffle"),
    (32013, "ZFP"),
    (32015, "Zstandard"),
    (32017, "SZ"),
    (32026, "Blosc2"),
];

/// The name of the filter of the dataset at `place` that is not known here; `None` where all are.
pub(super) fn unknown_filter(file: &File, place: &str) -> Option<String> {
    let hdf5 = file.hdf5()?;
    let dataset = hdf5.dataset(place).ok()?;
    let header = hdf5.get_or_parse_header(dataset.address()).ok()?;
    let known = FilterRegistry::new();
    let mut filters = header.messages.iter().flat_map(|message| match message {
        HdfMessage::FilterPipeline(pipeline) => pipeline.filters.as_slice(),
        _ => &[],
    });
    let unknown = filters.find(|filter| {
        // Of nothing, each that is known makes nothing, or an error of its own.
        let tried = known.apply_with_limit(filter, &[], 1, Some(0));
        matches!(tried, Err(Error::UnsupportedFilter(_)))
    })?;
    let row = FILTERS.iter().find(|(id, _)| *id == unknown.id);
    Some(match (row, unknown.name.as_deref()) {
        (Some((_, name)), _) => (*name).to_owned(),
        (None, Some(name)) if !name.is_empty() => {
            let name = name.trim_end_matches('\0').replace(char::is_control, " ");
            format!("filter {} ({name})", unknown.id)
        }
        _ => format!("filter {}", unknown.id),
    })
}

/// Whether a group lies within itself, or so deep or so often in others that nobody can go through all.
pub(super) fn is_endless(hdf5: &Hdf5File) -> bool {
    let mut room = MOST_GROUPS;
    let root = hdf5.root_group();
    root.is_ok_and(|root| goes_on(&root, &mut Vec::new(), &mut room))
}

fn goes_on(group: &Group, above: &mut Vec<u64>, room: &mut usize) -> bool {
    let Some(left) = room.checked_sub(1) else {
        return true;
    };
    *room = left;
    if above.len() > DEEPEST_GROUP || above.contains(&group.address()) {
        return true;
    }
    let Ok((names, _)) = group.member_names() else {
        return false;
    };
    above.push(group.address());
    let is_endless = names.iter().any(|name| {
        let inner = group.group(name);
        inner.is_ok_and(|inner| goes_on(&inner, above, room))
    });
    above.pop();
    is_endless
}

/// The datasets whose type NetCDF has not: their places and their types.
pub(super) fn unread(file: &File) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let root = file.hdf5().and_then(|hdf5| hdf5.root_group().ok());
    if let Some(root) = root {
        let mut room = MOST_OBJECTS;
        collect(&root, "", 0, &mut room, &mut found);
    }
    found
}

fn collect(
    group: &Group,
    prefix: &str,
    depth: usize,
    room: &mut usize,
    found: &mut Vec<(String, String)>,
) {
    let Ok((groups, datasets)) = group.members() else {
        return;
    };
    let leaf = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    for dataset in datasets {
        if let Some(kind) = unread_type(dataset.dtype()) {
            found.push((format!("{prefix}{}", leaf(dataset.name())), kind));
        }
        let Some(left) = room.checked_sub(1) else {
            return;
        };
        *room = left;
    }
    if depth < DEEPEST {
        for inner in groups {
            let prefix = format!("{prefix}{}/", leaf(inner.name()));
            let Some(left) = room.checked_sub(1) else {
                return;
            };
            *room = left;
            collect(&inner, &prefix, depth + 1, room, found);
        }
    }
}

/// The name of a type that NetCDF has not.
fn unread_type(kind: &Datatype) -> Option<String> {
    Some(match kind {
        Datatype::FloatingPoint { size: 4 | 8, .. } => return None,
        Datatype::FixedPoint {
            size: 1 | 2 | 4 | 8,
            ..
        } => return None,
        Datatype::FloatingPoint { size, .. } => format!("float{}", u32::from(*size) * 8),
        Datatype::FixedPoint { size, .. } => format!("integers of {size} bytes"),
        Datatype::Bitfield { .. } => "bits".to_owned(),
        Datatype::Reference { .. } => "references".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use hdf5_reader::ByteOrder;

    use super::*;

    #[test]
    fn types_that_netcdf_has_not_are_named() {
        let float = |size| Datatype::FloatingPoint {
            size,
            byte_order: ByteOrder::LittleEndian,
        };
        assert_eq!(unread_type(&float(2)).as_deref(), Some("float16"));
        assert_eq!(unread_type(&float(16)).as_deref(), Some("float128"));
        assert_eq!(unread_type(&float(4)), None);
    }
}
