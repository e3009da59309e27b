//! OME-TIFF: planes of up to five dimensions, in one file or several, described by XML.

mod date;
mod table;
mod xml;

use std::path::{Path, PathBuf};

use pimage_core::{Axis, Error, FrameRate, Limits, Timestamp};

pub(super) use self::table::{Entry, Files, Table};
use self::xml::{Image, Ome};
use super::describe::{Description, axes_of, set_pixel_size};

/// Whether a description may be OME's.
pub(super) fn is_ome(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('<') && text.contains("<OME") || text.contains(":OME ")
}

/// Where the planes of an image are, and what is said of them.
pub(super) struct Planes {
    pub(super) description: Description,
    pub(super) table: Table,
}

/// Reads the description of image `number` in the file `files.first()`; an inner error is why it cannot be used.
///
/// `page_samples` is the number of samples in a page.
pub(super) fn read(
    text: &str,
    number: u64,
    page_samples: u64,
    files: Files,
    limits: &Limits,
) -> Result<Result<Planes, String>, Error> {
    let mut ome = match xml::parse(text) {
        Ok(ome) => ome,
        Err(reason) => return Ok(Err(reason)),
    };
    let uuid = ome.uuid.take();
    if let Some(name) = ome.elsewhere.take() {
        ome = match elsewhere(&name, files.first(), limits)? {
            Ok(ome) => ome,
            Err(reason) => return Ok(Err(reason)),
        };
    }
    let count = ome.images.len();
    let image = usize::try_from(number)
        .ok()
        .and_then(|place| ome.images.get(place));
    let Some(image) = image else {
        let last = count.saturating_sub(1);
        let expected = format!("an image from 0 to {last}");
        return Err(Error::bad_option("series", number.to_string(), expected));
    };
    if image.order.is_empty() {
        return Ok(Err("it says nothing of the pixels".to_owned()));
    }
    let sizes = match sizes(image, page_samples) {
        Ok(sizes) => sizes,
        Err(reason) => return Ok(Err(reason)),
    };
    let table = Table::of(image, &sizes, uuid.as_deref(), count == 1, files, limits)?;
    let mut description = describe(image, &sizes);
    if count > 1 {
        let note = format!("{count} images; `:N` behind the name picks another one");
        description
            .metadata
            .insert("series".to_owned(), note.into());
    }
    Ok(Ok(Planes { description, table }))
}

/// Letters and lengths of the dimensions over the pages, fastest first.
type Sizes = [(char, u64); 3];

fn sizes(image: &Image, page_samples: u64) -> Result<Sizes, String> {
    let channels = if page_samples > 1 && image.size_c.is_multiple_of(page_samples) {
        image.size_c / page_samples
    } else {
        image.size_c
    };
    let mut letters = image.order.chars().skip(2);
    let mut next = || {
        let letter = letters.next().unwrap_or('T');
        let length = match letter {
            'C' => channels,
            'Z' => image.size_z,
            _ => image.size_t,
        };
        (letter, length)
    };
    let sizes = [next(), next(), next()];
    let total = sizes.iter().try_fold(1u64, |a, (_, b)| a.checked_mul(*b));
    match total {
        Some(_) => Ok(sizes),
        None => Err("its dimensions multiply to more than any file holds".to_owned()),
    }
}

fn describe(image: &Image, sizes: &Sizes) -> Description {
    let mut description = Description {
        dialect: "OME",
        depth: image.bits,
        count: Some(sizes.iter().map(|(_, length)| length).product()),
        ..Description::default()
    };
    let secs = image
        .increment
        .as_ref()
        .and_then(|(value, unit)| xml::in_secs(*value, unit));
    description.rate = secs.and_then(|secs| FrameRate::from_fps(1.0 / secs));
    let axis = |(letter, length): (char, u64)| {
        let mut axis = Axis::new(letter.to_ascii_lowercase().to_string(), length);
        let spacing = match letter {
            'Z' => &image.physical[2],
            'T' if length > 1 => &image.increment,
            _ => &None,
        };
        if let Some((value, unit)) = spacing {
            axis = axis.with_spacing(*value, unit.clone());
        }
        if letter == 'C' && image.channels.len() as u64 == length {
            let names = image.channels.iter().map(|channel| channel.name.clone());
            let names: Option<Vec<_>> = names.collect();
            axis.labels = names.unwrap_or_default();
        }
        axis
    };
    description.axes = axes_of(sizes.iter().rev().map(|size| axis(*size)));
    if let [Some((x, unit)), Some((y, other)), _] = &image.physical
        && unit == other
    {
        set_pixel_size(&mut description.metadata, *x, *y, unit);
    }
    if let Some(name) = &image.name {
        let name = name.clone();
        description.metadata.insert("name".to_owned(), name.into());
    }
    description.times = times(image, sizes).unwrap_or_default();
    if let Some(date) = &image.date {
        // Times are counted from the date; without any it says what one moment cannot.
        match date::moment(date).and_then(|(moment, clock)| {
            let times = date::counted_from(moment, &description.times)?;
            Some((times, clock))
        }) {
            Some((times, clock)) => (description.times, description.clock) = (times, clock),
            None => {
                let date = date.clone();
                description
                    .metadata
                    .insert("acquisition_date".to_owned(), date.into());
            }
        }
    }
    description
}

/// When each plane was taken, when it is said of all.
fn times(image: &Image, sizes: &Sizes) -> Option<Vec<Timestamp>> {
    let total: u64 = sizes.iter().map(|(_, length)| length).product();
    if image.planes.len() as u64 != total {
        return None;
    }
    let mut times = vec![None; image.planes.len()];
    for plane in &image.planes {
        let place = table::plane_number(sizes, plane.c, plane.z, plane.t)?;
        let time = Timestamp::from_secs(plane.delta?)?;
        *times.get_mut(usize::try_from(place).ok()?)? = Some(time);
    }
    times.into_iter().collect()
}

/// The description in another file of the folder.
fn elsewhere(name: &str, path: &Path, limits: &Limits) -> Result<Result<Ome, String>, Error> {
    let Some(companion) = beside(path, name) else {
        return Ok(Err(format!(
            "its description is in `{name}`, which is no plain name"
        )));
    };
    let Ok(metadata) = companion.metadata() else {
        return Ok(Err(format!(
            "its description is in `{name}`, which is not there"
        )));
    };
    if !metadata.is_file() || metadata.len() > limits.max_metadata_bytes {
        return Ok(Err(format!("its description in `{name}` is too long")));
    }
    let bytes = std::fs::read(&companion).map_err(Error::io("read", &companion))?;
    Ok(xml::parse(&String::from_utf8_lossy(&bytes)))
}

/// A file of this name in the same folder; `None` for what is more than a name.
fn beside(path: &Path, name: &str) -> Option<PathBuf> {
    let is_name =
        !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0', ':']);
    is_name.then(|| path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_looked_for() {
        let path = Path::new("/data/a.ome.tif");
        assert_eq!(
            beside(path, "b.ome.tif").as_deref(),
            Some(Path::new("/data/b.ome.tif"))
        );
        for name in ["", "..", "../b.tif", "/etc/passwd", "c:\\b.tif", ".hidden"] {
            assert_eq!(beside(path, name), None, "{name}");
        }
    }
}
