//! Laws of layouts in files.

use pimage_core::{FrameRate, Limits, Paint, Timebase, Timestamp};
use pimage_mosaic::{
    Align, Arrangement, AtEnd, Fit, LayoutCell, LayoutFile, METHODS, Offset, Shown, Side, Size,
    Speed, Titles,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn paint() -> impl Strategy<Value = Paint> {
    any::<[u8; 4]>().prop_map(|[red, green, blue, alpha]| Paint {
        alpha,
        ..Paint::rgb(red, green, blue)
    })
}

/// Any text: quotes, line breaks, letters of all scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/.]{1,12}",
        "\\PC{0,12}",
        "[\"'\\\\\n\t#=\\[\\]é日]{0,8}"
    ]
}

fn one_of<T: Copy + std::fmt::Debug + 'static, const N: usize>(
    table: [(&'static str, T); N],
) -> impl Strategy<Value = T> {
    (0..N).prop_map(move |at| table[at].1)
}

fn offset() -> impl Strategy<Value = Offset> {
    let time = any::<i64>().prop_map(|ticks| Timestamp::new(ticks / 8, Timebase::NANOSECONDS));
    prop_oneof![
        any::<i64>().prop_map(Offset::Frames),
        (-5000..5000i64).prop_map(|ticks| {
            Offset::Time(Timestamp::new(ticks * 1_000_000, Timebase::NANOSECONDS))
        }),
        // Of what text says to the nanosecond.
        time.prop_filter("is exact", |time| {
            Timestamp::from_secs(time.secs()) == Some(*time)
        })
        .prop_map(Offset::Time),
    ]
}

fn cell() -> impl Strategy<Value = LayoutCell> {
    let steps = prop_oneof![
        Just(String::new()),
        Just("crop=10 | rotate=90".to_owned()),
        Just("annotate='a | \"b\"'".to_owned()),
    ];
    let colormap = prop_oneof![
        Just("viridis".to_owned()),
        Just("RdBu,range:symmetric".to_owned())
    ];
    let time = (
        offset(),
        (1..u32::MAX, 1..u32::MAX).prop_map(|(up, down)| Speed::new(up, down).expect("is not 0")),
        option::of(one_of(AtEnd::ALL)),
    );
    let looks = (
        option::of(text()),
        option::of(any::<[u32; 4]>()),
        steps,
        option::of(colormap),
    );
    (text(), any::<[u32; 4]>(), one_of(Fit::ALL), looks, time).prop_map(
        |(source, [x, y, width, height], fit, looks, (offset, speed, end))| LayoutCell {
            source,
            x,
            y,
            width,
            height,
            fit,
            title: looks.0,
            title_area: looks.1,
            transform: looks.2,
            colormap: looks.3,
            offset,
            speed,
            end,
        },
    )
}

fn titles() -> impl Strategy<Value = Titles> {
    let looks = (
        option::of(0.1..3000.0f64),
        option::of(paint()),
        option::of(paint()),
    );
    (one_of(Side::ALL), looks).prop_map(|(side, (size, paint, band))| Titles {
        side,
        size,
        paint,
        band,
    })
}

fn file() -> impl Strategy<Value = LayoutFile> {
    let rate = (1..u32::MAX, 1..u32::MAX).prop_map(|(up, down)| FrameRate::new(up, down));
    let rate = prop_oneof![Just(None), rate];
    let whole = (
        any::<(u32, u32)>(),
        paint(),
        rate,
        one_of(Align::ALL),
        one_of(METHODS),
    );
    (whole, titles(), vec(cell(), 0..4)).prop_map(
        |(((width, height), background, rate, align, method), titles, cells)| LayoutFile {
            width,
            height,
            background,
            rate,
            align,
            method,
            titles,
            cells,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(file in file()) {
        let text = file.to_string();
        let read = LayoutFile::parse(&text, "a.toml");
        prop_assert_eq!(read.map_err(|error| format!("{error}\n{text}")), Ok(file));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}|([a-z]{1,9} ?= ?[-0-9.\"a-z\\[\\]]{0,9}\n){0,9}") {
        if let Err(error) = LayoutFile::parse(&text, "a.toml") {
            let said = error.to_string();
            prop_assert!(said.starts_with("`a.toml` is not valid mosaic layout"), "{}", said);
            prop_assert!(!said.contains('\n'), "{}", said);
        }
    }
}

#[test]
fn little_is_enough() {
    let text = "width = 9\nheight = 8\n[[cell]]\nsource = 'a'\nx = 1\ny = 2\nwidth = 3\nheight = 4\nspeed = 2\noffset = '20ms'\n";
    let file = LayoutFile::parse(text, "a.toml").expect("is whole");
    let cell = &file.cells[0];
    assert_eq!((file.background, file.rate), (Paint::BLACK, None));
    assert_eq!(
        (cell.speed.to_string(), cell.offset.to_string()),
        ("2".into(), "0.02s".into())
    );
    let plan = file
        .layout()
        .plan(&[Shown::new(Size::new(6, 4))], &Limits::default());
    assert_eq!(
        plan.expect("is within").places[0].picture.to_string(),
        "3x2 at 1,3"
    );
    assert!(matches!(
        file.layout().arrangement,
        Arrangement::Explicit(_)
    ));
}

#[test]
fn errors_name_the_line_and_what_is_known() {
    let check = |text: &str, expected: &str| {
        let error = LayoutFile::parse(text, "a.toml").expect_err("is wrong");
        let said = error.to_string();
        assert!(said.contains(expected), "{said}");
    };
    check(
        "width = 9\nheight = 8\nborder = 2\n",
        "line 3: unknown field `border`, expected one of `width`, `height`",
    );
    check(
        "width = -9\nheight = 8\n",
        "line 1: invalid value: integer `-9`, expected u32",
    );
    check(
        "width = 9\nheight = 8\nalign = 'near'\n",
        "line 3: --align is `near`: expected index, nearest",
    );
    check(
        "width = 9\nheight = 8\nrate = 0\n",
        "line 3: `0` is not a frame rate",
    );
    check(
        "width = 9\nheight = 8\n[titles]\nside = 'left'\n",
        "line 4: the side of titles is `left`: expected above, below",
    );
    check(
        "width = 9\nheight = 8\n[[cell]]\nsource = 'a'\n",
        "missing field `x`",
    );
}
