//! The table of codecs.

use std::collections::BTreeSet;

use pimage_codec::{CODECS, Settings, by_content, by_extension};
use pimage_core::{Color, FrameFormat, SampleType};
use pimage_testkit::counter_frame;

#[test]
fn names_and_extensions_belong_to_one_row() {
    let (mut names, mut extensions) = (BTreeSet::new(), BTreeSet::new());
    for codec in CODECS {
        assert!(names.insert(codec.name), "{} twice", codec.name);
        assert_eq!(codec.name, codec.name.to_lowercase());
        assert!(!codec.title.is_empty() && !codec.extensions.is_empty());
        for extension in codec.extensions.iter().filter(|_| codec.is_file) {
            assert!(extensions.insert(*extension), ".{extension} twice");
            assert_eq!(
                by_extension(extension).map(|row| row.name),
                Some(codec.name)
            );
        }
        if let Err(error) = codec.available() {
            assert!(!codec.feature.is_empty(), "{}: {error}", codec.name);
        }
    }
}

#[test]
fn what_a_codec_writes_is_recognised_as_its_own() {
    for codec in CODECS {
        if !codec.is_file || !codec.can_encode() {
            continue;
        }
        for color in Color::ALL {
            for sample in SampleType::ALL {
                let format = FrameFormat::new(9, 5, color, sample);
                let Ok(bytes) = codec.encode(&counter_frame(1, format), &Settings::default())
                else {
                    continue;
                };
                let found = by_content(&bytes).map(|row| row.name);
                // `.pnm` names three formats and has none of its own.
                if codec.name == "pnm" {
                    assert!(
                        matches!(found, Some("pbm" | "pgm" | "ppm" | "pam")),
                        "{found:?}"
                    );
                } else {
                    assert_eq!(found, Some(codec.name), "{format}");
                }
            }
        }
    }
}
