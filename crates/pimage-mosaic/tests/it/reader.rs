//! Mosaics as readers: every frame in any order, whatever they are made of.

use pimage_core::{
    Color, Damage, Error, Frame, FrameCount, FrameFormat, FrameReader, FrameReaderExt,
    MemoryReader, Paint, SampleType, StreamInfo,
};
use pimage_mosaic::{
    Area, Arrangement, AtEnd, Cell, FromFn, Grid, Layout, Mosaic, MosaicOptions, Offset, Size,
    Timing,
};
use pimage_testkit::{
    SyntheticReader, assert_frames_eq, counter_frame, counter_frames, every_format, suite,
};
use pimage_transform::null_image;

fn gray(width: u32, height: u32) -> FrameFormat {
    FrameFormat::new(width, height, Color::Gray, SampleType::U8)
}

fn columns(columns: u32) -> Layout {
    Layout {
        arrangement: Arrangement::Grid(Grid {
            columns: Some(columns),
            ..Grid::default()
        }),
        ..Layout::default()
    }
}

fn mosaic(cells: Vec<Cell>, layout: &Layout) -> Mosaic {
    Mosaic::new(cells, layout, &MosaicOptions::default()).expect("goes together")
}

/// Frames one above the other: their bytes follow each other.
fn stacked(frames: &[&Frame]) -> Frame {
    let format = *frames[0].format();
    let height = frames.iter().map(|frame| frame.format().height).sum();
    let mut all = Frame::zeroed(FrameFormat { height, ..format });
    all.set_bit_depth(format.bit_depth);
    let bytes: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.bytes())
        .copied()
        .collect();
    all.bytes_mut().copy_from_slice(&bytes);
    all
}

#[test]
fn frames_of_every_format_are_the_sources_in_any_order() {
    for format in every_format(6, 4) {
        if format.color.has_alpha() {
            continue;
        }
        let frames = counter_frames(format, 15);
        let expected: Vec<Frame> = (0..12)
            .map(|i| stacked(&[&frames[i], &frames[i + 3]]))
            .collect();
        let open = || -> Box<dyn FrameReader> {
            let first = Cell::new(SyntheticReader::new(format, 12));
            let second = SyntheticReader::new(format, 15)
                .range(3..15)
                .expect("is long enough");
            Box::new(mosaic(vec![first, Cell::new(second)], &columns(1)))
        };
        suite::reader(open, &expected);
    }
}

#[test]
fn a_mosaic_of_one_is_its_source() {
    let format = gray(9, 7).with_bit_depth(8);
    let source = || SyntheticReader::new(format, 20).with_numbers((5..25).collect());
    let frames: Vec<Frame> = (0..20)
        .map(|i| {
            let mut frame = source().frame(i);
            frame.stamp.number = None;
            frame
        })
        .collect();
    suite::reader(
        || Box::new(mosaic(vec![Cell::new(source())], &columns(1))),
        &frames,
    );
}

#[test]
fn nested_mosaics_equal_flat_ones() {
    let cells = |range: std::ops::Range<u64>| {
        let cells = range.map(|at| {
            let source = SyntheticReader::new(gray(5, 3), 30);
            Cell::new(source.range(at * 2..at * 2 + 20).expect("is within"))
        });
        cells.collect::<Vec<_>>()
    };
    let row = |range| Cell::new(mosaic(cells(range), &columns(2)));
    let mut nested = mosaic(vec![row(0..2), row(2..4)], &columns(1));
    let mut flat = mosaic(cells(0..4), &columns(2));
    let pairs: Vec<_> = nested.frames().zip(flat.frames()).collect();
    assert_eq!(pairs.len(), 20);
    for (nested, flat) in pairs {
        let (nested, flat) = (nested.expect("is read"), flat.expect("is read"));
        assert_frames_eq(&nested, &flat);
        assert_eq!(nested.stamp, flat.stamp);
    }
}

#[test]
fn gray_is_shown_in_colour_beside_colour() {
    let rgb = FrameFormat::new(2, 1, Color::Rgb, SampleType::U16).with_bit_depth(12);
    let gray = FrameFormat {
        color: Color::Gray,
        ..rgb
    };
    let alpha = FrameFormat {
        color: Color::Rgba,
        ..rgb
    };
    let cells = [rgb, gray, alpha].map(|format| Cell::new(SyntheticReader::new(format, 1)));
    let layout = Layout {
        background: Paint::WHITE,
        ..columns(1)
    };
    let mut mosaic = mosaic(cells.into(), &layout);
    assert_eq!(mosaic.info().format.to_string(), "2x3 rgb uint16 (12 bit)");
    let frame = mosaic.frames().next().expect("is one").expect("is read");
    let samples = frame.samples::<u16>().expect("is u16");
    let of = |format| {
        counter_frame(0, format)
            .samples::<u16>()
            .expect("is u16")
            .to_vec()
    };
    assert_eq!(samples[..6], of(rgb));
    let repeated: Vec<u16> = of(gray).iter().flat_map(|sample| [*sample; 3]).collect();
    assert_eq!(samples[6..12], repeated);
    let over: Vec<u16> = of(alpha)
        .chunks(4)
        .flat_map(|pixel| {
            let opacity = f64::from(pixel[3]) / 4095.0;
            [0, 1, 2].map(|c| {
                (4095.0 + (f64::from(pixel[c]) - 4095.0) * opacity).round_ties_even() as u16
            })
        })
        .collect();
    assert_eq!(samples[12..], over);
}

#[test]
fn samples_of_other_types_are_refused_by_name() {
    let deep = FrameFormat::new(4, 4, Color::Gray, SampleType::U16).with_bit_depth(12);
    let cells = vec![
        Cell::new(SyntheticReader::new(gray(4, 4), 3)).named("a.avi"),
        Cell::new(SyntheticReader::new(deep, 3)).named("b.seq"),
    ];
    let error = Mosaic::new(cells, &Layout::default(), &MosaicOptions::default());
    assert_eq!(
        error.expect_err("is refused").to_string(),
        "the format of cell 1, `b.seq`, is 4x4 gray uint16 (12 bit): expected samples like those of cell 0, `a.avi`, 4x4 gray uint8; `-t 1:rescale=8`, or another range of it, brings that cell to 8 bits"
    );
}

#[test]
fn still_images_are_held() {
    let still = counter_frame(7, gray(4, 4));
    let cells = vec![
        Cell::new(MemoryReader::new(vec![still.clone()]).expect("is one")),
        Cell::new(SyntheticReader::new(gray(4, 4), 9)),
    ];
    let mut mosaic = mosaic(cells, &columns(1));
    assert_eq!(mosaic.info().frame_count, FrameCount::Exact(9));
    for (frame, index) in mosaic.frames().zip(0..) {
        let expected = stacked(&[&still, &counter_frame(index, gray(4, 4))]);
        assert_frames_eq(&frame.expect("is read"), &expected);
    }
}

/// A reader that only goes forward, does not know its length, and may fail.
struct Forward {
    inner: SyntheticReader,
    info: StreamInfo,
    fails_at: Option<u64>,
    next: u64,
}

impl Forward {
    fn new(inner: SyntheticReader, fails_at: Option<u64>) -> Self {
        let mut info = inner.info().clone();
        info.frame_count = FrameCount::Unknown;
        Self {
            inner,
            info,
            fails_at,
            next: 0,
        }
    }
}

impl FrameReader for Forward {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        if self.fails_at == Some(self.next) {
            return Err(Error::malformed(
                "counter",
                "b.avi",
                "its seventh bit is blue",
            ));
        }
        self.next += 1;
        self.inner.read_into(frame)
    }
}

fn two(format: FrameFormat, first: u64, second: Forward) -> Vec<Cell> {
    vec![
        Cell::new(SyntheticReader::new(format, first)).named("a.avi"),
        Cell::new(second).named("b.avi"),
    ]
}

#[test]
fn unknown_lengths_end_where_the_longest_does() {
    let format = gray(3, 3);
    for (first, second) in [(5, 9), (9, 5), (0, 4), (4, 0), (0, 0)] {
        let source = Forward::new(SyntheticReader::new(format, second), None);
        let mut mosaic = mosaic(two(format, first, source), &columns(1));
        assert_eq!(mosaic.info().frame_count, FrameCount::Unknown);
        assert!(mosaic.as_seek().is_none());
        let frames: Vec<_> = mosaic
            .frames()
            .map(|frame| frame.expect("is read"))
            .collect();
        assert_eq!(frames.len() as u64, first.max(second));
        let black = Frame::zeroed(format);
        for (frame, index) in frames.iter().zip(0..) {
            let shown = |count| match index < count {
                true => counter_frame(index, format),
                false => black.clone(),
            };
            assert_frames_eq(frame, &stacked(&[&shown(first), &shown(second)]));
            assert_eq!(frame.stamp.secs(), Some(index as f64 / 25.0));
        }
    }
}

#[test]
fn a_source_that_fails_names_itself_at_its_frame() {
    let format = gray(3, 3);
    let source = Forward::new(SyntheticReader::new(format, 20), Some(11));
    let mut mosaic = mosaic(two(format, 20, source), &columns(1));
    let mut frames = mosaic.frames();
    for index in 0..11 {
        let frame = frames.next().expect("is there").expect("is read");
        assert_eq!(frame.stamp.index, index);
    }
    let error = frames.next().expect("is an error").expect_err("fails");
    assert_eq!(error.to_string(), "cell 1, `b.avi`, failed");
    let cause = std::error::Error::source(&error).expect("has a cause");
    assert_eq!(
        cause.to_string(),
        "`b.avi` is not valid counter: its seventh bit is blue"
    );
    assert!(frames.next().is_none());
}

#[test]
fn a_source_that_fails_is_crossed_out_where_the_mosaic_keeps_going() {
    let format = gray(8, 8);
    let source = Forward::new(SyntheticReader::new(format, 20), Some(11));
    let options = MosaicOptions {
        keep_going: true,
        ..MosaicOptions::default()
    };
    let mut mosaic =
        Mosaic::new(two(format, 20, source), &columns(1), &options).expect("goes together");
    let frames: Vec<_> = mosaic
        .frames()
        .map(|frame| frame.expect("is read"))
        .collect();
    assert_eq!(frames.len(), 20);
    for (frame, index) in frames.iter().zip(0..) {
        let shown = counter_frame(index, format);
        let second = if index < 11 {
            shown.clone()
        } else {
            null_image(&format)
        };
        assert_frames_eq(frame, &stacked(&[&shown, &second]));
    }
    let damage = Damage {
        frames: 11..20,
        reason: "cell 1, `b.avi`, `b.avi` is not valid counter: its seventh bit is blue".to_owned(),
    };
    assert_eq!(mosaic.damage(), [damage]);
}

#[test]
fn a_panic_in_a_source_is_its_error() {
    let info = StreamInfo::new("drawn", gray(2, 2), FrameCount::Exact(9));
    let source = FromFn::new(info, |index, _: &mut Frame| {
        assert!(index < 4, "a number is too large");
        Ok(())
    });
    let mut mosaic = mosaic(vec![Cell::new(source)], &columns(1));
    let mut frames = mosaic.frames().skip(4);
    let error = frames.next().expect("is an error").expect_err("fails");
    assert_eq!(error.to_string(), "cell 0, `drawn`, failed");
    let cause = std::error::Error::source(&error)
        .expect("has a cause")
        .to_string();
    assert!(cause.contains("a number is too large"), "{cause}");
}

#[test]
fn frames_that_are_missing_are_crossed_out_and_listed() {
    let format = gray(8, 8);
    let info = StreamInfo::new("gaps", format, FrameCount::Exact(6));
    let gaps = Gaps {
        info,
        present: vec![0, 1, 4],
        next: 0,
        damage: Vec::new(),
    };
    let mut mosaic = mosaic(vec![Cell::new(gaps).named("g.seq")], &columns(1));
    let frames: Vec<_> = mosaic
        .frames()
        .map(|frame| frame.expect("is read"))
        .collect();
    assert_eq!(frames.len(), 6);
    for (frame, index) in frames.iter().zip(0..) {
        let expected = match index {
            0 | 1 | 4 => counter_frame(index, format),
            _ => null_image(&format),
        };
        assert_frames_eq(frame, &expected);
    }
    let texts: Vec<_> = mosaic.damage().iter().map(ToString::to_string).collect();
    let expected = [
        "frames 2 to 3: cell 0, `g.seq`, torn",
        "frame 5: cell 0, `g.seq`, it is missing",
    ];
    assert_eq!(texts, expected);
}

/// A reader without some of its frames, which lists those between.
struct Gaps {
    info: StreamInfo,
    present: Vec<u64>,
    next: usize,
    damage: Vec<Damage>,
}

impl FrameReader for Gaps {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let Some(&index) = self.present.get(self.next) else {
            return Ok(false);
        };
        if let Some(before) = self.next.checked_sub(1) {
            for missing in self.present[before] + 1..index {
                Damage::frame(missing, "torn").add_to(&mut self.damage);
            }
        }
        self.next += 1;
        *frame = counter_frame(index, self.info.format);
        Ok(true)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}

/// A reader that delivers each frame from the fifth on and says that it is damaged.
struct Torn {
    reader: SyntheticReader,
    damage: Vec<Damage>,
}

impl FrameReader for Torn {
    fn info(&self) -> &StreamInfo {
        self.reader.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        let is_there = self.reader.read_into(frame)?;
        if is_there && frame.stamp.index >= 5 {
            Damage::frame(frame.stamp.index, "torn").add_to(&mut self.damage);
        }
        Ok(is_there)
    }

    fn damage(&self) -> &[Damage] {
        &self.damage
    }
}

#[test]
fn all_of_a_run_of_damaged_frames_is_listed() {
    let torn = Torn {
        reader: SyntheticReader::new(gray(8, 8), 100),
        damage: Vec::new(),
    };
    let mut mosaic = mosaic(vec![Cell::new(torn).named("t.avi")], &columns(1));
    assert_eq!(mosaic.frames().filter(Result::is_ok).count(), 100);
    let texts: Vec<_> = mosaic.damage().iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["frames 5 to 99: cell 0, `t.avi`, torn"]);
}

#[test]
fn places_are_background_where_nothing_is_shown() {
    let format = gray(4, 2);
    let layout = Layout {
        background: Paint::rgb(9, 9, 9),
        border: 1,
        padding: 2,
        ..columns(1)
    };
    let late = Timing {
        offset: Offset::Frames(2),
        ..Timing::default()
    };
    let cells = vec![
        Cell::new(SyntheticReader::new(format, 4)).timed(late),
        Cell::new(SyntheticReader::new(format, 3)),
    ];
    let mut mosaic = mosaic(cells, &layout);
    assert_eq!(mosaic.info().frame_count, FrameCount::Exact(6));
    let place = |second| Area::new(1, if second { 5 } else { 1 }, Size::new(4, 2));
    for (frame, index) in mosaic.frames().zip(0u64..) {
        let frame = frame.expect("is read");
        let mut expected = Frame::zeroed(gray(6, 8));
        expected.bytes_mut().fill(9);
        for (shown, area) in [
            (index.checked_sub(2).filter(|at| *at < 4), place(false)),
            (Some(index).filter(|at| *at < 3), place(true)),
        ] {
            if let Some(shown) = shown {
                let source = counter_frame(shown, format);
                for row in 0..2 {
                    let at = (area.y as usize + row) * 6 + area.x as usize;
                    expected.bytes_mut()[at..at + 4]
                        .copy_from_slice(&source.bytes()[row * 4..row * 4 + 4]);
                }
            }
        }
        assert_frames_eq(&frame, &expected);
    }
}

#[test]
fn loops_and_stops_end_as_they_say() {
    let format = gray(2, 2);
    let count = |ends: &[(u64, AtEnd)]| {
        let cells = ends.iter().map(|(count, at_end)| {
            Cell::new(SyntheticReader::new(format, *count)).timed(Timing {
                at_end: Some(*at_end),
                ..Timing::default()
            })
        });
        mosaic(cells.collect(), &columns(1)).info().frame_count
    };
    use AtEnd::{Background, Hold, Loop, Stop};
    assert_eq!(count(&[(3, Background), (7, Hold)]), FrameCount::Exact(7));
    assert_eq!(count(&[(3, Background), (7, Loop)]), FrameCount::Exact(3));
    assert_eq!(count(&[(3, Loop), (7, Loop)]), FrameCount::Exact(7));
    assert_eq!(
        count(&[(9, Stop), (7, Stop), (3, Hold)]),
        FrameCount::Exact(7)
    );
}

#[test]
fn a_used_token_stops_reading() {
    let options = MosaicOptions::default();
    let cells = vec![Cell::new(SyntheticReader::new(gray(4, 4), 900))];
    let mut mosaic = Mosaic::new(cells, &columns(1), &options).expect("goes together");
    options.cancel.cancel();
    let error = mosaic.frames().find_map(Result::err).expect("stops");
    assert!(matches!(error, Error::Stopped), "{error}");
}
