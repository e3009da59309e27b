//! One channel of a part of a frame, row by row, and what is measured of it.

use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Sample, with_sample_type};

use super::rows::Row;
use super::tally::Tally;
use super::{Measure, Region};

/// What a worker keeps from frame to frame.
#[derive(Debug)]
pub(super) struct Room {
    /// One channel of a frame of several, and of the frame before.
    planes: [Frame; 2],
    floats: Vec<f64>,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            planes: [Frame::empty(), Frame::empty()],
            floats: Vec::new(),
        }
    }
}

/// The samples of a rectangle of one channel.
#[derive(Debug, Clone, Copy)]
struct Plane<'a, T> {
    samples: &'a [T],
    /// Samples from one row to the next.
    stride: usize,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl<'a, T> Plane<'a, T> {
    fn row(&self, y: usize) -> &'a [T] {
        let start = (self.y + y) * self.stride + self.x;
        self.samples
            .get(start..start + self.width)
            .unwrap_or_default()
    }

    fn rows(&self) -> impl Iterator<Item = &'a [T]> {
        let plane = Self { ..*self };
        (0..self.height).map(move |y| plane.row(y))
    }
}

/// The measures of one channel of a part of a frame; a difference without a frame before it is nothing.
pub(super) fn measure(
    frame: &Frame,
    before: Option<&Frame>,
    region: &Region,
    channel: usize,
    measures: &[Measure],
    room: &mut Room,
    values: &mut Vec<Option<f64>>,
) -> Result<(), Error> {
    let Room { planes, floats } = room;
    let [own, other] = planes;
    with_sample_type!(frame.format().sample, T => {
        let own = plane::<T>(frame, region, channel, own)?;
        let is_compared = measures.contains(&Measure::Difference);
        let before = match before.filter(|_| is_compared) {
            Some(before) => Some(plane::<T>(before, region, channel, other)?),
            None => None,
        };
        measure_plane(own, before, measures, floats, values);
    });
    Ok(())
}

/// The rectangle where it lies, or gathered in `room` where channels lie between each other.
fn plane<'a, T: Sample>(
    frame: &'a Frame,
    region: &Region,
    channel: usize,
    room: &'a mut Frame,
) -> Result<Plane<'a, T>, Error> {
    let format = frame.format();
    let channels = format.color.channels();
    let samples = frame.samples::<T>().unwrap_or_default();
    let (width, height) = (region.width as usize, region.height as usize);
    let (x, y) = (region.x as usize, region.y as usize);
    let stride = format.width as usize;
    if channels == 1 {
        return Ok(Plane {
            samples,
            stride,
            x,
            y,
            width,
            height,
        });
    }
    // The frame that it is a part of was within the limits.
    let gray = FrameFormat::new(region.width, region.height, Color::Gray, format.sample);
    room.reset(&gray, &Limits::none())?;
    let gathered = room.samples_mut::<T>().unwrap_or_default();
    let rows = samples.chunks_exact((stride * channels).max(1)).skip(y);
    for (row, to) in rows.zip(gathered.chunks_exact_mut(width.max(1))) {
        let pixels = row.chunks_exact(channels).skip(x);
        for (pixel, to) in pixels.zip(to) {
            if let Some(sample) = pixel.get(channel) {
                *to = *sample;
            }
        }
    }
    Ok(Plane {
        samples: room.samples::<T>().unwrap_or_default(),
        stride: width,
        x: 0,
        y: 0,
        width,
        height,
    })
}

fn measure_plane<T: Row>(
    plane: Plane<'_, T>,
    before: Option<Plane<'_, T>>,
    measures: &[Measure],
    room: &mut Vec<f64>,
    values: &mut Vec<Option<f64>>,
) {
    let wants = |measure: Measure| measures.contains(&measure);
    let is_added = measures
        .iter()
        .any(|measure| !matches!(measure, Measure::Sharpness | Measure::Difference));
    let (with_squares, with_bends) = (wants(Measure::Std), wants(Measure::Sharpness));
    let (mut own, mut bends, mut apart) = (
        T::Tally::default(),
        T::Tally::default(),
        T::Tally::default(),
    );
    // One pass: a row is still in the cache when its neighbour needs it.
    for (y, row) in plane.rows().enumerate() {
        if is_added {
            T::add(row, with_squares, &mut own);
        }
        if with_bends {
            add_laplacian(&plane, y, room, &mut bends);
        }
        if let Some(before) = &before {
            T::add_difference(row, before.row(y), room, &mut apart);
        }
    }
    values.extend(measures.iter().map(|measure| {
        Some(match measure {
            Measure::Mean => own.mean(),
            Measure::Min => own.min(),
            Measure::Max => own.max(),
            Measure::Std => own.variance().sqrt(),
            Measure::Sharpness => bends.variance(),
            Measure::Difference => return before.map(|_| apart.mean()),
            Measure::Nan => own.nan() as f64,
        })
    }));
}

/// The Laplacian of a row, mirrored at the outermost pixels.
fn add_laplacian<T: Row>(
    plane: &Plane<'_, T>,
    y: usize,
    room: &mut Vec<f64>,
    tally: &mut T::Tally,
) {
    let last = plane.height.saturating_sub(1);
    // The row above the first is the second, the one below the last the one before it.
    let above = plane.row(if y == 0 { 1.min(last) } else { y - 1 });
    let below = plane.row(if y == last {
        last.saturating_sub(1)
    } else {
        y + 1
    });
    let row = plane.row(y);
    let width = row.len();
    let inner = 1..width.saturating_sub(1);
    if let (Some(left), Some(own), Some(right), Some(above), Some(below)) = (
        row.get(..width.saturating_sub(2)),
        row.get(inner.clone()),
        row.get(2..),
        above.get(inner.clone()),
        below.get(inner),
    ) {
        T::add_laplacian([above, left, own, right, below], room, tally);
    }
    // The first pixel and the last have the same neighbour on both sides; in one column that is the pixel itself.
    let edges = [(0, 1), (width.saturating_sub(1), width.saturating_sub(2))];
    for (x, beside) in edges.into_iter().take(width.min(2)) {
        let at = |row: &'_ [T], x: usize| row.get(x).copied();
        let beside = beside.min(width - 1);
        if let (Some(above), Some(side), Some(own), Some(below)) =
            (at(above, x), at(row, beside), at(row, x), at(below, x))
        {
            let around = [&[above][..], &[side], &[own], &[side], &[below]];
            T::add_laplacian(around, room, tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, arr2};
    use pimage_core::SampleType;

    use super::*;

    #[track_caller]
    fn check(
        frame: &Frame,
        region: &Region,
        channel: usize,
        measures: &[Measure],
        expected: &[f64],
    ) {
        let mut values = Vec::new();
        let mut room = Room::new();
        measure(
            frame,
            None,
            region,
            channel,
            measures,
            &mut room,
            &mut values,
        )
        .expect("is sound");
        let values: Vec<_> = values
            .into_iter()
            .map(|value| value.unwrap_or(-1.0))
            .collect();
        assert_eq!(values, expected);
    }

    #[test]
    fn the_laplacian_is_mirrored_at_the_edges() {
        let array = arr2(&[[1u8, 2, 4], [8, 16, 32]]).insert_axis(ndarray::Axis(2));
        let frame = Frame::from_array(array, Color::Gray).expect("is gray");
        // cv2.Laplacian: [[16, 29, 52], [2, -20, -88]], of which the variance is taken.
        let bends: [f64; 6] = [16.0, 29.0, 52.0, 2.0, -20.0, -88.0];
        let mean = bends.iter().sum::<f64>() / 6.0;
        let variance = bends.iter().map(|bend| (bend - mean).powi(2)).sum::<f64>() / 6.0;
        let region = Region::whole(frame.format());
        let mut values = Vec::new();
        let measures = [Measure::Sharpness];
        measure(
            &frame,
            None,
            &region,
            0,
            &measures,
            &mut Room::new(),
            &mut values,
        )
        .expect("is sound");
        let found = values[0].expect("is there");
        assert!(
            (found - variance).abs() < 1e-9 * variance,
            "{found} {variance}"
        );
        // A row of one pixel, and a pixel alone, have themselves beside them.
        check(&frame, &Region::new(1, 1, 1, 1), 0, &measures, &[0.0]);
        check(
            &frame,
            &Region::new(1, 0, 1, 2),
            0,
            &measures,
            &[28.0 * 28.0],
        );
    }

    #[test]
    fn channels_and_regions_are_told_apart() {
        let array = Array3::from_shape_fn((4, 5, 3), |(y, x, c)| (100 * c + 10 * y + x) as u16);
        let frame = Frame::from_array(array, Color::Rgb).expect("is rgb");
        let region = Region::new(1, 2, 3, 2);
        let measures = [Measure::Min, Measure::Max, Measure::Mean, Measure::Nan];
        for channel in 0..3 {
            let base = 100.0 * channel as f64;
            let expected = [base + 21.0, base + 33.0, base + 27.0, 0.0];
            check(&frame, &region, channel, &measures, &expected);
        }
        let empty = Frame::zeroed(FrameFormat::new(2, 2, Color::Gray, SampleType::F32));
        check(&empty, &Region::new(0, 0, 2, 2), 0, &measures, &[0.0; 4]);
    }
}
