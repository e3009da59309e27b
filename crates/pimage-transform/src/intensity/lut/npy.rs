//! Tables in numpy's arrays.

use std::path::Path;

use pimage_codec::npy::header::{Header, shape_text};
use pimage_core::{Color, Error, Frame, FrameFormat, Limits, Sample, with_sample_type};

use super::file::{Numbers, malformed};

/// An array of shape (N,), (N, 1) or (N, 3).
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Numbers, Error> {
    let limits = Limits::default();
    let length = Header::length(path, bytes, &limits)?;
    let head = bytes.get(..length);
    let head = head.ok_or_else(|| malformed(path, "the header is cut"))?;
    let header = Header::parse(path, head)?;
    let stored = header.stored(path)?;
    let (count, columns) = match header.shape.as_slice() {
        [count] | [count, 1] => (*count, 1),
        [count, 3] => (*count, 3),
        shape => {
            let shape = shape_text(shape);
            let reason = format!("its shape is {shape}; a table is (N,), (N, 1) or (N, 3)");
            return Err(Error::unsupported(path, reason));
        }
    };
    let color = Color::from_channels(columns).unwrap_or(Color::Gray);
    let width = u32::try_from(count).ok();
    let width = width.ok_or_else(|| malformed(path, "it has too many entries"))?;
    let format = FrameFormat::new(width, 1, color, stored.sample());
    let data = bytes.get(length..).unwrap_or_default();
    let expected = stored.frame_bytes(&format).unwrap_or(usize::MAX);
    if data.len() != expected {
        let found = data.len();
        return Err(malformed(
            path,
            format!("it has {found} bytes of numbers: expected {expected}"),
        ));
    }
    let mut frame = Frame::empty();
    // As large as the file, which is within its limit.
    frame.reset(&format, &Limits::none())?;
    stored.unpack(data, &mut frame);
    let numbers: Vec<f64> = with_sample_type!(format.sample, T => {
        let samples = frame.samples::<T>().unwrap_or_default();
        samples.iter().map(|sample| sample.to_f64()).collect()
    });
    let column = |place: usize| match header.is_fortran {
        true => numbers
            .iter()
            .skip(place * width as usize)
            .take(width as usize)
            .copied()
            .collect(),
        false => numbers
            .iter()
            .skip(place)
            .step_by(columns)
            .copied()
            .collect(),
    };
    Ok(Numbers {
        columns: (0..columns).map(column).collect(),
        top: match header.descr.get(1..) {
            Some("u1") => Some(255.0),
            Some("u2") => Some(65_535.0),
            Some(kind) if kind.starts_with('f') => Some(1.0),
            _ => None,
        },
        domains: vec![(0.0, 1.0); columns],
    })
}

#[cfg(test)]
mod tests {
    use pimage_codec::npy::header::written;
    use pimage_core::SampleType;

    use super::*;

    fn array(sample: SampleType, shape: &[u64], data: &[u8]) -> Result<Numbers, Error> {
        let mut bytes = written(sample, shape, 128);
        bytes.extend_from_slice(data);
        parse(Path::new("a.npy"), &bytes)
    }

    #[test]
    fn arrays_of_one_and_three_columns() {
        let one = array(SampleType::U8, &[3], &[1, 2, 255]).expect("is a table");
        assert_eq!(
            (one.columns, one.top),
            (vec![vec![1.0, 2.0, 255.0]], Some(255.0))
        );
        let all = array(SampleType::U8, &[65_536], &vec![9; 65_536]).expect("is a table");
        assert_eq!(all.columns[0].len(), 65_536);
        let three = array(SampleType::U8, &[2, 3], &[1, 2, 3, 4, 5, 6]).expect("is a table");
        assert_eq!(three.columns, [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
        let error = array(SampleType::U8, &[2, 2, 2], &[0; 8])
            .err()
            .expect("is no table");
        assert!(
            error.to_string().contains("its shape is (2, 2, 2)"),
            "{error}"
        );
        let error = array(SampleType::U16, &[2], &[0; 3]).err().expect("is cut");
        assert!(
            error.to_string().contains("3 bytes of numbers: expected 4"),
            "{error}"
        );
    }
}
