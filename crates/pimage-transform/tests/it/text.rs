//! Text and scale bars: what the stream says of itself reaches them, and they stay where they belong.

use pimage_core::{
    Clock, Color, Error, Frame, FrameFormat, FrameReader, FrameReaderExt, SampleType, Timebase,
    Timestamp, Transform, keys,
};
use pimage_testkit::{SyntheticReader, suite};
use pimage_text::{Anchor, Font, Pen};
use pimage_transform::{
    Annotate, Chain, Lettering, Measure, Operation, Place, Step, Surroundings, TransformingReader,
};

fn over(
    reader: impl FrameReader + 'static,
    chain: &str,
) -> Result<TransformingReader<'static>, Error> {
    let surroundings = Surroundings {
        threads: Some(2),
        ..Surroundings::default()
    };
    TransformingReader::new(reader.map(blacken), &chain.parse()?, &surroundings)
}

const FORMAT: FrameFormat = FrameFormat::new(200, 40, Color::Gray, SampleType::U8);

fn frames(count: u64) -> SyntheticReader {
    SyntheticReader::new(FORMAT, count)
}

fn blacken(frame: &mut Frame) -> Result<(), Error> {
    frame.bytes_mut().fill(0);
    Ok(())
}

/// What a chain makes of the first frame of a recording with one time.
fn annotated(clock: Clock, time: Timestamp, text: &str) -> Result<Frame, Error> {
    let reader = frames(1).with_times(clock, vec![time]);
    let chain = format!("annotate='{text}',x:2,y:2,size:16");
    let mut frame = Frame::empty();
    assert!(
        over(reader, &chain)?.read_into(&mut frame)?,
        "there is a frame"
    );
    Ok(frame)
}

/// The words in the same place, drawn without any of that.
fn words(text: &str) -> Frame {
    let mut frame = Frame::zeroed(FORMAT);
    let lettering = Lettering {
        size: Measure::Pixels(16.0),
        ..Lettering::default()
    };
    let pen = Pen::new(Font::bundled(), lettering.style(40)).expect("is within its ranges");
    pen.draw(&mut frame, 2.0, 2.0, Anchor::TopLeft, text);
    frame
}

/// The same frames, once and in order.
struct Once<R>(R);

impl<R: FrameReader> FrameReader for Once<R> {
    fn info(&self) -> &pimage_core::StreamInfo {
        self.0.info()
    }

    fn read_into(&mut self, frame: &mut Frame) -> Result<bool, Error> {
        self.0.read_into(frame)
    }
}

#[test]
fn the_time_since_the_first_frame_is_that_of_its_frame_in_any_order() {
    let hour = 3_600_000_000_000;
    let times = [0, 1500, 62_345].map(|ms| Timestamp::new(hour + ms, Timebase::MILLISECONDS));
    let recording = || frames(3).with_times(Clock::Epoch, times.to_vec());
    let chain = "annotate='{elapsed} {elapsed:%M:%S}',x:2,y:2,size:16";
    let expected = ["0.000 00:00", "1.500 00:01", "62.345 01:02"].map(words);
    let mut frame = Frame::empty();
    let mut reader = over(Once(recording()), chain).expect("opens");
    for expected in &expected {
        assert!(reader.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.bytes(), expected.bytes());
    }
    let mut reader = over(recording(), chain).expect("opens");
    for index in [2, 0, 1] {
        reader
            .as_seek()
            .expect("seeks")
            .seek(index)
            .expect("is inside");
        assert!(reader.read_into(&mut frame).expect("reads"));
        assert_eq!(frame.bytes(), expected[index as usize].bytes());
    }
}

fn check(clock: Clock, ticks: i64, text: &str, expected: &str) {
    let time = Timestamp::new(ticks, Timebase::MILLISECONDS);
    let found = annotated(clock, time, text).expect(text);
    assert_eq!(
        found.bytes(),
        words(expected).bytes(),
        "{text}, expected {expected}"
    );
}

#[test]
fn times_are_those_of_the_recording_s_clock() {
    check(
        Clock::Start,
        3_723_456,
        "{time:%H:%M:%S.%3f}",
        "01:02:03.456",
    );
    check(Clock::Start, -250, "{time} s", "-0.250 s");
    check(
        Clock::Epoch,
        1_709_210_096_789,
        "{time:%Y-%m-%d %T}",
        "2024-02-29 12:34:56",
    );
    check(
        Clock::LocalEpoch,
        1_709_210_096_789,
        "{time:%d.%m.}",
        "29.02.",
    );
    check(
        Clock::Start,
        0,
        "{index:03} {number} {name} {{}}",
        "000 - - {}",
    );
}

#[test]
fn what_the_clock_does_not_say_is_refused_before_the_first_frame() {
    let time = Timestamp::new(0, Timebase::MILLISECONDS);
    let error = annotated(Clock::Start, time, "{time:%Y}").expect_err("has no date");
    assert!(
        error
            .to_string()
            .contains("the times are those since the start"),
        "{error}"
    );
    let error = annotated(Clock::LocalEpoch, time, "{time:%z}").expect_err("has no zone");
    assert!(
        error
            .to_string()
            .starts_with("annotate is `{time:%z}`: expected"),
        "{error}"
    );
}

#[test]
fn an_annotated_recording_is_a_reader_like_any_other() {
    let chain = "annotate={index} {time},size:20";
    let expected: Result<Vec<_>, _> = over(frames(9), chain).expect("fits").frames().collect();
    let expected = expected.expect("reads");
    assert_ne!(expected[0].bytes(), expected[8].bytes());
    suite::reader(
        || Box::new(over(frames(9), chain).expect("fits")),
        &expected,
    );
}

#[test]
fn a_step_before_it_is_seen() {
    // Times that another step has moved, and pixels that it has made larger.
    let halve = Step::custom("halve", Operation::frame(HalfSize));
    let chain = Chain::new().then(halve).then(
        "scalebar=20um,label:no,outline:none,margin:0,thickness:3"
            .parse()
            .expect("parses"),
    );
    let mut reader = frames(1).with_metadata(keys::PIXEL_SIZE_X, 0.5);
    reader = reader.with_metadata(keys::PIXEL_SIZE_UNIT, "µm");
    let mut reader =
        TransformingReader::new(reader, &chain, &Surroundings::default()).expect("fits");
    let frame = reader.frames().next().expect("is one").expect("reads");
    // 20 µm are 40 pixels of 0.5 µm, and 20 of those twice as wide.
    let white: Vec<usize> = (0..frame.bytes().len())
        .filter(|place| frame.bytes()[*place] == 255)
        .collect();
    let width = frame.format().width as usize;
    assert_eq!((width, white.len()), (100, 60));
    assert_eq!((white[0] % width, white[0] / width), (80, 17));
}

/// Half as wide and high, of twice as large pixels.
struct HalfSize;

impl Transform for HalfSize {
    fn apply(&self, frame: &mut Frame, _: &mut Frame) -> Result<(), Error> {
        let stamp = frame.stamp.clone();
        *frame = Frame::zeroed(self.output_format(frame.format())?);
        frame.stamp = stamp;
        Ok(())
    }

    fn output_format(&self, input: &FrameFormat) -> Result<FrameFormat, Error> {
        Ok(FrameFormat {
            width: input.width / 2,
            height: input.height / 2,
            ..*input
        })
    }

    fn output_info(
        &self,
        input: &pimage_core::StreamInfo,
    ) -> Result<pimage_core::StreamInfo, Error> {
        let mut info = input.reformatted(self.output_format(&input.format)?);
        info.metadata
            .insert(keys::PIXEL_SIZE_X.to_owned(), 1.0.into());
        Ok(info)
    }
}

#[test]
fn a_bar_that_cannot_be_drawn_is_refused() {
    for (chain, expected) in [
        (
            "scalebar",
            "scalebar is on frames whose pixel size is unknown: expected `pixel:0.65um`, the width of a pixel",
        ),
        (
            "scalebar=1mm,pixel:1um",
            "scalebar length is 1 mm, 1000 pixels of 1 µm: expected 1 to 200 pixels, the width of the frames",
        ),
        (
            "scalebar=1nm,pixel:1um",
            "scalebar length is 1 nm, 0 pixels of 1 µm: expected 1 to 200 pixels, the width of the frames",
        ),
        (
            "scalebar=3px",
            "scalebar length is `3px`: expected auto, or a number with a unit such as 50um (nm, um, mm, cm, m)",
        ),
        (
            "scalebar=pixel:1um,thickness:0",
            "scalebar thickness is 0: expected above 0",
        ),
        (
            "annotate=a,size:9999",
            "annotate size is 9999: expected 1 to 2048 pixels, or percent of the height",
        ),
        (
            "annotate=a,color:blueish",
            "annotate color is `blueish`: expected white, #rrggbb or a gray of 0 to 255",
        ),
    ] {
        let Err(error) = over(frames(1), chain) else {
            panic!("{chain} is refused");
        };
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn an_automatic_bar_is_a_fifth_of_the_width() {
    for (pixel, pixels) in [("1um", 50), ("0.65um", 31), ("1.3nm", 38), ("10m", 50)] {
        let chain = format!("scalebar=pixel:{pixel},label:no,outline:none,thickness:1");
        let frames = over(frames(1), &chain).expect("fits").frames().next();
        let frame = frames.expect("is one").expect("reads");
        let white = frame
            .bytes()
            .iter()
            .filter(|sample| **sample == 255)
            .count();
        assert_eq!(white, pixels, "{pixel}");
    }
}

#[test]
fn a_part_outside_of_the_frame_is_left_out() {
    let place = Place::at(Anchor::Center)
        .with_point(Some(Measure::Percent(0.0)), Some(Measure::Percent(100.0)));
    let label = Annotate::new("wide words")
        .expect("parses")
        .with_place(place);
    let mut frame = Frame::zeroed(FORMAT);
    label.apply(&mut frame, &mut Frame::empty()).expect("draws");
    let rows: Vec<bool> = frame
        .bytes()
        .chunks(200)
        .map(|row| row.iter().any(|sample| *sample > 0))
        .collect();
    assert!(rows[39] && !rows[0], "{rows:?}");
    let right = frame
        .bytes()
        .chunks(200)
        .all(|row| row[150..].iter().all(|sample| *sample == 0));
    assert!(
        right,
        "the right half of the words is at the left of the frame"
    );
}
