//! The table of codecs.

use std::collections::BTreeSet;

use pimage_codec::{CODECS, EncodeOptions, by_content, by_extension};
use pimage_core::{Color, FrameFormat, SampleType};
use pimage_testkit::counter_frame;

#[test]
fn names_and_extensions_belong_to_one_row() {
    let (mut names, mut extensions) = (BTreeSet::new(), BTreeSet::new());
    for codec in CODECS {
        assert!(names.insert(codec.name), "{} twice", codec.name);
        assert_eq!(codec.name, codec.name.to_lowercase());
        assert!(!codec.title.is_empty() && !codec.extensions.is_empty());
        for extension in codec.extensions {
            assert!(extensions.insert(*extension), ".{extension} twice");
            assert_eq!(
                by_extension(extension).map(|row| row.name),
                Some(codec.name)
            );
        }
        let is_built = codec.decode.is_some() || codec.encode.is_some();
        assert!(is_built || !codec.feature.is_empty(), "{}", codec.name);
        assert_eq!(
            codec.format.is_some(),
            codec.decode.is_some(),
            "{}",
            codec.name
        );
    }
}

#[test]
fn what_a_codec_writes_is_recognised_as_its_own() {
    for codec in CODECS {
        let Some(encode) = codec.encode else { continue };
        for color in Color::ALL {
            for sample in SampleType::ALL {
                let format = FrameFormat::new(9, 5, color, sample);
                let mut bytes = Vec::new();
                let frame = counter_frame(1, format);
                if encode(&frame, &EncodeOptions::default(), &mut bytes).is_err() {
                    continue;
                }
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
