//! Options that only some formats have: given for another one, they are an error and never ignored.

use pimage_core::Error;

use crate::options::{GifOptions, TiffMetadata, ZarrOptions};
use crate::{Format, ReadOptions, WriteOptions};

/// One option that not every format has.
struct Special {
    name: &'static str,
    is_given: fn(&WriteOptions) -> bool,
    /// The formats that have it.
    formats: &'static [&'static str],
}

const SPECIAL: &[Special] = &[
    Special {
        name: "--compression",
        is_given: |options| options.compression.is_some(),
        formats: &["tiff", "images", "npz", "zarr", "netcdf", "hdf5", "grib"],
    },
    Special {
        name: "--append",
        is_given: |options| options.append,
        formats: &["imgstore", "zarr"],
    },
    Special {
        name: "--tiff-metadata",
        is_given: |options| options.tiff != TiffMetadata::Auto,
        formats: &["tiff"],
    },
    Special {
        name: "--loop",
        is_given: |options| options.gif.loops != GifOptions::default().loops,
        formats: &["gif"],
    },
    Special {
        name: "--seamless",
        is_given: |options| options.gif.seamless,
        formats: &["gif"],
    },
    Special {
        name: "--max-colors",
        is_given: |options| options.gif.max_colors != GifOptions::default().max_colors,
        formats: &["gif"],
    },
    Special {
        name: "--max-bytes",
        is_given: |options| options.gif.max_bytes.is_some(),
        formats: &["gif"],
    },
    Special {
        name: "--global-palette",
        is_given: |options| options.gif.global_palette,
        formats: &["gif"],
    },
    Special {
        name: "--dither",
        is_given: |options| options.gif.dither != GifOptions::default().dither,
        formats: &["gif"],
    },
    Special {
        name: "--chunk",
        is_given: |options| options.zarr.chunk.is_some(),
        formats: &["zarr"],
    },
    Special {
        name: "--shard",
        is_given: |options| options.zarr.shard.is_some(),
        formats: &["zarr"],
    },
    Special {
        name: "--levels",
        is_given: |options| options.zarr.levels != ZarrOptions::default().levels,
        formats: &["zarr"],
    },
];

/// An error when an option is given that the format `row` does not have.
///
/// Files behind a number in the name (`part_%03d.tif`) get the options of their own format, which is then asked.
pub(crate) fn refuse(row: &Format, options: &WriteOptions) -> Result<(), Error> {
    let is_inner = row.name == "images" && options.frames_per_file.is_some();
    let given = SPECIAL
        .iter()
        .filter(|special| (special.is_given)(options) && !is_inner)
        .find(|special| !special.formats.contains(&row.name));
    match given {
        None => Ok(()),
        Some(special) => {
            let found = format!("given for {}", row.name);
            let expected = format!("an output of {}", special.formats.join(", "));
            Err(Error::bad_option(special.name, found, expected))
        }
    }
}

/// Formats that hold several arrays, of which `path:name` takes one.
const WITH_NAMES: &[&str] = &["netcdf", "hdf5", "npz", "zarr", "tiff", "images", "grib"];
/// Formats whose dimensions can be named.
const WITH_AXES: &[&str] = &["npy", "npz", "zarr", "images"];

/// An error when a layout of samples without a header is given together with a format that has one.
pub(crate) fn refuse_two_layouts(options: &ReadOptions) -> Result<(), Error> {
    match (&options.raw, options.format.as_deref()) {
        (Some(_), Some(name)) if name != "raw" && name != "images" => {
            let found = format!("given for {name}");
            Err(Error::bad_option("--raw", found, "an input of raw"))
        }
        _ => Ok(()),
    }
}

/// An error when parts or dimensions are named of still images of one frame each, which have neither.
#[cfg(feature = "images")]
pub(crate) fn refuse_parts_of_images(options: &ReadOptions) -> Result<(), Error> {
    let (option, value) = match (&options.variable, &options.axes) {
        (Some(name), _) => ("the name after `:`", name),
        (None, Some(axes)) => ("--axes", axes),
        (None, None) => return Ok(()),
    };
    let found = format!("`{value}` for images of one frame each");
    Err(Error::bad_option(option, found, "files that hold arrays"))
}

/// An error when an option for reading is given that the format `row` does not have.
pub(crate) fn refuse_reading(row: &Format, options: &ReadOptions) -> Result<(), Error> {
    let lacks = |formats: &[&str]| !formats.contains(&row.name);
    let refused = |option: &str, value: &str, formats: &[&str]| {
        let found = format!("`{value}` for {}", row.name);
        Err(Error::bad_option(
            option,
            found,
            format!("an input of {}", formats.join(", ")),
        ))
    };
    match options {
        ReadOptions {
            variable: Some(name),
            ..
        } if lacks(WITH_NAMES) => refused("the name after `:`", name, WITH_NAMES),
        ReadOptions {
            axes: Some(axes), ..
        } if lacks(WITH_AXES) => refused("--axes", axes, WITH_AXES),
        ReadOptions {
            pattern: Some(pattern),
            ..
        } if lacks(&["images"]) => refused("--pattern", pattern, &["images"]),
        ReadOptions {
            undecoded: true, ..
        } if lacks(&["imgstore"]) => {
            let found = format!("given for {}", row.name);
            let expected = "an input of imgstore, which says how frames are coded";
            Err(Error::bad_option("--undecoded", found, expected))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMATS;

    #[test]
    fn every_name_is_that_of_a_format() {
        let reading = [WITH_NAMES, WITH_AXES].concat();
        assert!(
            reading
                .iter()
                .all(|name| FORMATS.iter().any(|row| row.name == *name))
        );
        for special in SPECIAL {
            for name in special.formats {
                assert!(FORMATS.iter().any(|row| row.name == *name), "{name}");
            }
            assert!(
                !(special.is_given)(&WriteOptions::default()),
                "{}",
                special.name
            );
        }
    }

    #[test]
    fn options_of_other_formats_are_refused() {
        let options = WriteOptions {
            append: true,
            ..WriteOptions::default()
        };
        let row = |name: &str| {
            FORMATS
                .iter()
                .find(|row| row.name == name)
                .expect("is a row")
        };
        let error = refuse(row("npy"), &options).expect_err("has no append");
        assert_eq!(
            error.to_string(),
            "--append is given for npy: expected an output of imgstore, zarr"
        );
        refuse(row("zarr"), &options).expect("has it");
        let options = ReadOptions {
            axes: Some("hwt".to_owned()),
            ..ReadOptions::default()
        };
        let error = refuse_reading(row("y4m"), &options).expect_err("has no axes");
        let expected = "--axes is `hwt` for y4m: expected an input of npy, npz, zarr, images";
        assert_eq!(error.to_string(), expected);
        refuse_reading(row("npy"), &options).expect("has them");
    }
}
