//! `MetaMorph` stacks: planes behind one another, described by tables in private tags.

use pimage_codec::samples::ByteOrder;
use pimage_codec::tiff::Flaw;
use pimage_codec::tiff::ifd::{Header, Ifd, Source};
use pimage_codec::tiff::tags;
use pimage_core::{Axis, Clock, Timebase, Timestamp};

use super::describe::Description;

/// Days before 1970-01-01 in the Julian count.
const EPOCH_DAY: i64 = 2_440_588;
const DAY_MILLIS: i64 = 86_400_000;

/// Numbers of one plane in the second table: distance (two), date and time of making, date and time of change.
const PLANE_NUMBERS: usize = 6;

/// Reads the tables, unless they have more than `most` bytes; `None` when the file has none.
pub(super) fn read(
    ifd: &Ifd,
    header: Header,
    source: &mut dyn Source,
    most: u64,
) -> Result<Option<Description>, Flaw> {
    let Some(table) = ifd.get(tags::UIC2) else {
        return Ok(None);
    };
    let planes = table.count.max(1);
    let mut description = Description {
        dialect: "MetaMorph",
        count: Some(planes),
        clock: Clock::LocalEpoch,
        ..Description::default()
    };
    let table_bytes = planes.saturating_mul(4 * PLANE_NUMBERS as u64);
    let wanted = match usize::try_from(table_bytes) {
        Ok(bytes) if table_bytes <= most => bytes,
        _ => {
            let note = format!(
                "the table of {planes} planes has {table_bytes} bytes, more than {most}: times and distances are left out (`--limit metadata-bytes=N` raises it)"
            );
            let metadata = &mut description.metadata;
            metadata.insert("stk_table".to_owned(), note.into());
            0
        }
    };
    // A cut table costs its times and distances, no pixel.
    let bytes = source.slice(table.offset(header), wanted)?;
    let numbers: Vec<u32> = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| match header.order {
            ByteOrder::Little => u32::from_le_bytes(*bytes),
            ByteOrder::Big => u32::from_be_bytes(*bytes),
        })
        .collect();
    let rows = numbers.as_chunks::<PLANE_NUMBERS>().0;
    let is_whole = rows.len() as u64 == planes;
    let distances = rows.iter().map(|row| f64::from(row[0]) / f64::from(row[1]));
    let is_distance = |distance: &f64| distance.is_finite() && *distance > 0.0;
    let distance = distances.clone().find(is_distance);
    let times: Vec<Timestamp> = rows.iter().filter_map(time_of).collect();
    let is_timed = is_whole && times.len() == rows.len();
    let is_moving = times.windows(2).any(|pair| pair[0] != pair[1]);
    if planes > 1 {
        let axis = match distance {
            Some(distance) => {
                let mut axis = Axis::new(Axis::DEPTH, planes);
                axis.spacing = Some(distance);
                axis
            }
            None if is_moving => Axis::new(Axis::TIME, planes),
            None => Axis::new("i", planes),
        };
        description.axes = vec![axis];
    }
    if is_timed {
        description.times = times;
    }
    if let Some(waves) = ifd.get(tags::UIC3) {
        let first = source.slice(waves.offset(header), 8)?;
        let (upper, lower) = first.split_at(first.len() / 2);
        let number = |bytes: &[u8]| match (header.order, bytes.first_chunk()) {
            (ByteOrder::Little, Some(bytes)) => f64::from(u32::from_le_bytes(*bytes)),
            (ByteOrder::Big, Some(bytes)) => f64::from(u32::from_be_bytes(*bytes)),
            _ => 0.0,
        };
        let wave = number(upper) / number(lower);
        if is_distance(&wave) {
            description
                .metadata
                .insert("wavelength".to_owned(), wave.into());
        }
    }
    Ok(Some(description))
}

/// When a plane was made, of a Julian day and milliseconds.
fn time_of(row: &[u32; PLANE_NUMBERS]) -> Option<Timestamp> {
    let [_, _, day, millis, ..] = *row;
    let day = i64::from(day);
    if day == 0 {
        return None;
    }
    let ticks = (day - EPOCH_DAY) * DAY_MILLIS + i64::from(millis);
    Some(Timestamp::new(ticks, Timebase::MILLISECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn julian_days_become_times() {
        // 2000-01-01 is day 2,451,545.
        let time = time_of(&[0, 1, 2_451_545, 1500, 0, 0]).expect("has a day");
        assert_eq!(time.ticks, 946_684_801_500);
        assert_eq!(time_of(&[0, 1, 0, 1500, 0, 0]), None);
    }
}
