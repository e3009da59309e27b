//! Groups by ZFP keep every promise that others keep.

use pimage_compress::{
    Coding, CompressOptions, Goal, Layer, Method, OpenOptions, create, decode_group, encode_group,
    encode_group_zfp, open, read_header,
};
use pimage_core::{
    Cancel, Color, Frame, FrameCount, FrameFormat, FrameReader, FrameWriter, SampleType, StreamInfo,
};
use proptest::prelude::*;

use crate::bound::{field, holes, look, promised, shape};
use crate::file::{frames, write};

fn packed() -> Vec<u8> {
    let values: Vec<f32> = (0..6000).map(|i| (i as f32 * 0.07).sin()).collect();
    let bytes = encode_group_zfp(&values, [6, 20, 50], 1e-4, &Cancel::new()).unwrap();
    assert_eq!(read_header(&bytes).unwrap().method, Method::Zfp);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn floats_keep_the_bound(
        look in look(), shape in shape(), holes in holes(), seed: u64, exponent in -9.0..1.0_f64,
    ) {
        let values = field(look, shape, holes, seed);
        let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        let bound = 10.0_f64.powf(exponent) * largest;
        let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let cancel = Cancel::new();
        let bytes = encode_group_zfp(&values, shape, bound, &cancel).unwrap();
        promised(&values, &decode_group::<f64>(&bytes, &cancel).unwrap(), bound)?;
        let bytes = encode_group_zfp(&single, shape, bound, &cancel).unwrap();
        promised(&single, &decode_group::<f32>(&bytes, &cancel).unwrap(), bound)?;
    }

    #[test]
    fn a_flipped_bit_or_a_cut_is_found(at: prop::sample::Index, bit in 0..8_u32) {
        let mut bytes = packed();
        let at = at.index(bytes.len());
        prop_assert!(decode_group::<f32>(&bytes[..at], &Cancel::new()).is_err());
        bytes[at] ^= 1 << bit;
        prop_assert!(decode_group::<f32>(&bytes, &Cancel::new()).is_err());
    }

    #[test]
    fn forged_groups_are_refused_or_unpacked(
        tail in prop::collection::vec(any::<u8>(), 0..3000),
        shape in prop::array::uniform3(0..40_u8),
        exponent in -300.0..300.0_f64, is_double: bool, mask_bytes in 0..3_u8,
    ) {
        let mut group = vec![b'z', b'f', if is_double { b'8' } else { b'4' }, 0, 0, 0];
        for size in shape.into_iter().chain([mask_bytes]) {
            group.extend(u32::from(size).to_le_bytes());
        }
        group.extend((tail.len() as u32).to_le_bytes());
        group.extend(10.0_f64.powf(exponent).to_le_bytes());
        group.extend(0.0_f64.to_le_bytes());
        group.extend(tail);
        let checksum = crc32c::crc32c(&group);
        group.extend(checksum.to_le_bytes());
        let found = if is_double {
            decode_group::<f64>(&group, &Cancel::new()).map(|values| values.len())
        } else {
            decode_group::<f32>(&group, &Cancel::new()).map(|values| values.len())
        };
        if let Ok(count) = found {
            prop_assert_eq!(count, shape.into_iter().map(usize::from).product::<usize>());
        }
    }
}

#[test]
fn a_mask_stands_beside() {
    let mut values: Vec<f64> = (0..8000).map(|i| (f64::from(i) * 0.01).cos()).collect();
    for (at, value) in values.iter_mut().enumerate() {
        match at % 97 {
            3 => *value = f64::NAN,
            5 => *value = f64::from_bits(0x7ff8_0000_0000_1234),
            8 => *value = f64::NEG_INFINITY,
            _ => {}
        }
    }
    let cancel = Cancel::new();
    let bytes = encode_group_zfp(&values, [20, 20, 20], 1e-3, &cancel).unwrap();
    assert_eq!(read_header(&bytes).unwrap().method, Method::Zfp);
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    promised(&values, &decode_group(&bytes, &cancel).unwrap(), 1e-3).unwrap();
}

#[test]
fn others_are_kept_where_they_are_smaller_or_zfp_cannot() {
    let cancel = Cancel::new();
    let values: Vec<f32> = (0..6000).map(|i| (i as f32 * 0.07).sin()).collect();
    let best = encode_group(&values, [6, 20, 50], 1e-4, &cancel).unwrap();
    assert!(best.len() <= packed().len());
    let method = |bytes: Vec<u8>| read_header(&bytes).unwrap().method;
    let exact = encode_group_zfp(&values, [6, 20, 50], 0.0, &cancel).unwrap();
    assert_ne!(method(exact), Method::Zfp);
    let whole: Vec<i16> = (0..6000).map(|i| i % 777).collect();
    let whole = encode_group_zfp(&whole, [6, 20, 50], 1.0, &cancel).unwrap();
    assert_ne!(method(whole), Method::Zfp);
    cancel.cancel();
    assert!(encode_group_zfp(&values, [6, 20, 50], 1e-4, &cancel).is_err());
}

#[test]
fn a_file_of_it_is_for_floats_and_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let set = |goal: Goal| CompressOptions {
        goal,
        layer: Layer::Zfp,
        ..CompressOptions::default()
    };
    let made = |sample: SampleType| {
        let format = FrameFormat::new(24, 20, Color::Gray, sample);
        let info = StreamInfo::new("test", format, FrameCount::Exact(8));
        (info, frames(format, 8))
    };
    for (sample, goal) in [
        (SampleType::F32, Goal::Exact),
        (SampleType::F32, Goal::MaxError(0.0)),
        (SampleType::U8, Goal::MaxError(2.0)),
    ] {
        let (info, frames) = made(sample);
        let mut writer = create(&path, &info, set(goal)).unwrap();
        let found = writer.write(&frames[0]).map_err(|error| error.to_string());
        let expected = "layer is zfp: expected floats and a largest error above 0 for it";
        assert_eq!(found, Err(expected.to_owned()));
    }
    let (info, frames) = made(SampleType::F32);
    write(&path, &info, &frames, set(Goal::MaxError(0.1)));
    let mut reader = open(&path, &OpenOptions::default()).unwrap();
    let group = reader.groups().unwrap().remove(0);
    assert_eq!(group.codings, [Coding::Group(Method::Zfp)]);
    let mut found = Frame::zeroed(info.format);
    for frame in &frames {
        assert!(reader.read_into(&mut found).unwrap());
        let values = |frame: &Frame| frame.samples::<f32>().unwrap().to_vec();
        promised(&values(frame), &values(&found), 0.1).unwrap();
    }
}
