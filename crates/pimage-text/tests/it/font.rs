//! Fonts that come from outside.

use pimage_core::{Color, Frame, FrameFormat, SampleType};
use pimage_testkit::survive;
use pimage_text::{Anchor, Font, Pen, TextStyle};

static BUNDLED: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");

/// Damaged fonts a test run: each takes milliseconds.
const DAMAGED: usize = 400;

#[test]
fn a_damaged_font_is_refused_or_drawn() {
    survive(BUNDLED, DAMAGED, 17, |bytes| {
        let Ok(font) = Font::from_bytes("damaged", bytes.to_vec()) else {
            return;
        };
        let style = TextStyle::legible(20.0);
        let pen = Pen::new(font, style).expect("the style is within its ranges");
        let mut frame = Frame::zeroed(FrameFormat::new(200, 60, Color::Gray, SampleType::U8));
        pen.draw(
            &mut frame,
            5.0,
            5.0,
            Anchor::TopLeft,
            "AVg 0123456789\nÄµ\u{1f41f}ж",
        );
    });
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_no_font() {
    let error = Font::open("/dev/zero").expect_err("is no font");
    assert_eq!(
        error.to_string(),
        "`/dev/zero` is not valid TTF or OTF: it is longer than 134217728 bytes"
    );
}
