//! Options that only some formats have: given for another one, they are an error and never ignored.

use pimage_core::Error;

use crate::options::{GifOptions, TiffMetadata, ZarrOptions};
use crate::{Format, WriteOptions};

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
        formats: &["tiff", "images", "npz", "zarr"],
    },
    Special {
        name: "--append",
        is_given: |options| options.append,
        formats: &["zarr"],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMATS;

    #[test]
    fn every_name_is_that_of_a_format() {
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
            "--append is given for npy: expected an output of zarr"
        );
        refuse(row("zarr"), &options).expect("has it");
    }
}
