//! When a store was made, as it says or as its folder's name and time tell.

use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// As Python writes a time in UTC without saying so: `2020-02-03T04:05:06.700000`.
pub(super) fn written(created: Timestamp) -> String {
    let rounded = created.round(Unit::Microsecond).unwrap_or(created);
    let local = TimeZone::UTC.to_datetime(rounded);
    if local.subsec_nanosecond() == 0 {
        local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    } else {
        local.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
    }
}

/// A time with an offset, or without one, which means UTC.
pub(super) fn parsed(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let local: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

/// What a store without a date is taken to be made at, in the zone that its user named or else that of this machine:
/// the date in the folder's name (`20200203_040506`), then the time of the file.
pub(super) fn guessed(file: &Path, timezone: Option<&str>) -> Timestamp {
    let zone = timezone
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or_else(TimeZone::system);
    let folder = file.parent().and_then(Path::file_name);
    let named = folder.and_then(|name| {
        let local = date_in(name.to_str()?)?;
        zone.to_timestamp(local).ok()
    });
    named
        .or_else(|| {
            let modified = file.metadata().ok()?.modified().ok()?;
            Timestamp::try_from(modified).ok()
        })
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The last `20YYMMDD_HHMMSS` in a name.
fn date_in(name: &str) -> Option<DateTime> {
    const LENGTH: usize = 15;
    let starts = (0..=name.len().checked_sub(LENGTH)?).rev();
    for start in starts {
        let Some(piece) = name.get(start..start + LENGTH) else {
            continue;
        };
        let shape_fits = piece.bytes().enumerate().all(|(place, byte)| match place {
            8 => byte == b'_',
            _ => byte.is_ascii_digit(),
        });
        if piece.starts_with("20")
            && shape_fits
            && let Ok(date) = DateTime::strptime("%Y%m%d_%H%M%S", piece)
        {
            return Some(date);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_python_does() {
        for (text, expected) in [
            ("2020-02-03T04:05:06.7", "2020-02-03T04:05:06.700000"),
            ("2020-02-03T04:05:06", "2020-02-03T04:05:06"),
            ("2020-02-03 04:05:06+02:00", "2020-02-03T02:05:06"),
            ("2020-02-03T04:05:06Z", "2020-02-03T04:05:06"),
        ] {
            let time = parsed(text).expect("is a time");
            assert_eq!(written(time), expected);
            assert_eq!(parsed(&written(time)), Some(time));
        }
        assert_eq!(parsed("yesterday"), None);
    }

    #[test]
    fn a_folder_may_have_its_date_in_its_name() {
        let path = Path::new("/data/mouse_20200203_040506.rec/metadata.yaml");
        let time = guessed(path, Some("UTC"));
        assert_eq!(written(time), "2020-02-03T04:05:06");
        assert_eq!(date_in("x20209903_040506"), None);
        assert_eq!(date_in("µ"), None);
    }
}
