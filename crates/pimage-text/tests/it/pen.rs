//! Pens on frames of every format and size.

use pimage_core::{Color, Frame, FrameFormat, Paint, SampleType};
use pimage_testkit::{every_format, noise_frame};
use pimage_text::{Anchor, Extent, Font, Pen, TextStyle, draw_line, fill_rectangle};
use proptest::prelude::*;

fn gray(width: u32, height: u32) -> Frame {
    Frame::zeroed(FrameFormat::new(width, height, Color::Gray, SampleType::U8))
}

fn pen(style: TextStyle) -> Pen {
    Pen::new(Font::bundled(), style).expect("the style is within its ranges")
}

/// All there is.
fn rich(size: f64) -> TextStyle {
    TextStyle::legible(size)
        .with_shadow(2, -1, 1.5, Paint::rgb(255, 0, 0))
        .with_background(3, Paint::rgb(0, 0, 255))
        .with_opacity(0.7)
}

/// A frame in characters, darkest first.
fn drawn(frame: &Frame) -> Vec<String> {
    let shade = |sample: &u8| b" .:-=+*#%@"[usize::from(*sample) * 10 / 256] as char;
    let width = frame.format().width as usize;
    let rows = frame.bytes().chunks(width);
    rows.map(|row| {
        row.iter()
            .map(shade)
            .collect::<String>()
            .trim_end()
            .to_owned()
    })
    .collect()
}

/// What the rasteriser and the layout make of the bundled font; a change of either shows here, and in every recording.
#[test]
fn letters_look_like_this() {
    let mut frame = gray(36, 16);
    pen(TextStyle::new(13.0)).draw(&mut frame, 1.0, 0.0, Anchor::TopLeft, "10 µÄg");
    let found = drawn(&frame);
    assert_eq!(found, EXPECTED, "\n{}", found.join("\n"));
}

const EXPECTED: [&str; 16] = [
    "                                -# %",
    "                                .- -",
    "   :==      +*=                  .=.",
    "  +@%@     %*=%*                 *@+",
    "    :@    =%   @:      .         @=@",
    "    :@    #+   #+     .@   -%   =% @",
    "    :@    %=   **     .@   -%   #= +",
    "    :@    %=   **     .@   -%  .@  .",
    "    :@    %=   *+     .@   -%  +%===",
    "    :@    **   %=     .@   =%  @*+++",
    "    -@    :@. -@      .@-  #% -@",
    "  -@@@@@   +@%@-      .@#%@+@*#*",
    "             .        .@ .  .",
    "                      .@",
    "                      .#",
    "",
];

#[test]
fn text_is_as_large_as_it_is_measured() {
    for size in [9.0, 20.0, 51.5] {
        let pen = pen(TextStyle::new(size));
        let extent = pen.measure("Hg|\nÄ|");
        let mut frame = gray(400, 300);
        pen.draw(&mut frame, 200.0, 150.0, Anchor::Center, "Hg|\nÄ|");
        let inked: Vec<(f64, f64)> = frame
            .bytes()
            .iter()
            .enumerate()
            .filter(|(_, sample)| **sample > 0)
            .map(|(place, _)| ((place % 400) as f64, (place / 400) as f64))
            .collect();
        assert!(!inked.is_empty());
        for (x, y) in inked {
            // Half a pixel on each side is what rounding of the base line may move it.
            assert!(
                (x + 0.5 - 200.0).abs() <= extent.width / 2.0 + 1.0,
                "{size}: {x},{y}"
            );
            assert!(
                (y + 0.5 - 150.0).abs() <= extent.height / 2.0 + 1.0,
                "{size}: {x},{y}"
            );
        }
    }
    assert_eq!(pen(rich(20.0)).measure(""), Extent::default());
}

#[test]
fn nothing_to_say_changes_nothing() {
    let pen = pen(rich(20.0));
    for text in ["", "\u{7}", "\u{200b}\u{202e}"] {
        let mut frame = gray(40, 30);
        if pen.measure(text).height > 0.0 {
            // A line without characters is still a line, with a box behind it.
            continue;
        }
        pen.draw(&mut frame, 20.0, 15.0, Anchor::Center, text);
        assert_eq!(frame, gray(40, 30), "{text:?}");
    }
    let mut frame = gray(40, 30);
    for (x, y) in [
        (f64::NAN, 0.0),
        (0.0, f64::INFINITY),
        (1e300, 0.0),
        (-5e9, -5e9),
    ] {
        pen.draw(&mut frame, x, y, Anchor::Center, "text");
    }
    assert_eq!(frame, gray(40, 30));
}

#[test]
fn every_format_and_size_is_drawn_on() {
    let pen = pen(rich(30.0));
    for (width, height) in [(0, 0), (1, 1), (1, 9), (9, 1), (40, 20)] {
        for format in every_format(width, height) {
            let before = noise_frame(3, 0, format);
            let mut frame = before.clone();
            pen.draw(
                &mut frame,
                0.0,
                0.0,
                Anchor::Center,
                "much larger than the frame\nby far",
            );
            draw_line(&mut frame, (-5.0, -5.0), (90.0, 60.0), 3.0, Paint::WHITE);
            fill_rectangle(&mut frame, -3, 2, 9, 90, Paint::BLACK);
            assert_eq!(frame.format(), before.format());
            let is_changed = frame.bytes() != before.bytes();
            assert_eq!(is_changed, width * height > 0, "{format}");
        }
    }
}

#[test]
fn what_is_not_in_the_font_is_a_box() {
    let pen = pen(TextStyle::new(24.0));
    let text = |text: &str| {
        let mut frame = gray(60, 40);
        pen.draw(&mut frame, 2.0, 2.0, Anchor::TopLeft, text);
        drawn(&frame)
    };
    // A fish, and a letter of a script that is not bundled.
    assert_eq!(text("\u{1f41f}"), text("\u{5d0}"));
    assert_ne!(text("\u{1f41f}"), text(" "));
    // Left to right, whatever the script and whatever the marks of direction.
    assert_eq!(text("a\u{202e}b\u{1b}c"), text("abc"));
}

#[test]
fn lines_stand_as_their_anchor_says() {
    let pen = pen(TextStyle::new(16.0));
    let first_column = |anchor, x| {
        let mut frame = gray(120, 50);
        pen.draw(&mut frame, x, 2.0, anchor, "wide line\ni");
        let rows = drawn(&frame);
        // The second line.
        rows.iter()
            .skip(24)
            .filter(|row| !row.is_empty())
            .map(|row| row.len() - row.trim_start().len())
            .min()
    };
    let [left, middle, right] = [
        (Anchor::TopLeft, 10.0),
        (Anchor::Top, 50.0),
        (Anchor::TopRight, 110.0),
    ]
    .map(|(anchor, x)| first_column(anchor, x).expect("the line is drawn"));
    assert!(
        left < 14 && (45..=50).contains(&middle) && (105..110).contains(&right),
        "{left} {middle} {right}"
    );
}

proptest! {
    #[test]
    fn a_part_of_a_frame_is_drawn_on_as_the_whole(
        text in "[ -~\nµÄ]{0,12}",
        (x, y) in (-30.0..90.0f64, -30.0..70.0f64),
        size in 3.0..40.0f64,
        (left, top) in (0usize..30, 0usize..20),
    ) {
        let pen = pen(rich(size));
        let mut whole = gray(80, 60);
        pen.draw(&mut whole, x, y, Anchor::Left, &text);
        let mut part = gray(40, 30);
        pen.draw(&mut part, x - left as f64, y - top as f64, Anchor::Left, &text);
        for row in 0..30 {
            let start = (row + top) * 80 + left;
            prop_assert_eq!(&part.bytes()[row * 40..(row + 1) * 40], &whole.bytes()[start..start + 40]);
        }
    }

    #[test]
    fn any_text_is_drawn(text in "\\PC{0,20}|[\u{0}-\u{20}\u{200b}-\u{206f}\u{5d0}-\u{5ea}]{0,9}", size in 1.0..90.0f64) {
        let mut frame = gray(50, 30);
        pen(rich(size)).draw(&mut frame, 25.0, 15.0, Anchor::Center, &text);
    }
}
