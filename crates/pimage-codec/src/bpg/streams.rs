//! Between HEVC streams, one of colour and perhaps one of opacity, and the data of a file.

use super::bits::malformed;
use super::coding::Coding;
use super::header::{Alpha, File, Header};
use super::nal::{Kind, Nal, START_CODE, nals};
use super::parameters::put_parameter_sets;
use super::sequence::Sequence;
use pimage_core::Error;

/// The layer of the units of colour.
const COLOR: u8 = 0;
/// The layer of the units of opacity.
const OPACITY: u8 = 1;

/// Ordinary HEVC streams of one picture each.
#[derive(Debug)]
pub(super) struct Streams {
    /// Of the colours.
    pub(super) color: Vec<u8>,
    /// Of opacity, or what is there instead.
    pub(super) alpha: Option<Vec<u8>>,
}

impl Streams {
    /// The streams of a file's first picture.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`], also when the data are too few for a picture of that size.
    pub(super) fn of(file: &File<'_>) -> Result<Self, Error> {
        let header = &file.header;
        let mut rest = file.data;
        let alpha = match header.alpha {
            Alpha::None => None,
            _ => Some(Coding::take(&mut rest)?),
        };
        let color = Coding::take(&mut rest)?;
        // The first unit has no start code.
        let units = [&START_CODE, rest].concat();
        let stream = |coding: Coding, layer, chroma_idc| {
            let mut stream = Vec::with_capacity(rest.len() + 256);
            put_parameter_sets(&coding, header, chroma_idc, &mut stream);
            let slice_bytes = put_first_picture(&units, layer, &mut stream)?;
            let least = coding.min_slice_bytes(header.width, header.height);
            if slice_bytes < least {
                let size = format!("{}x{}", header.width, header.height);
                return Err(malformed(format!(
                    "it has {slice_bytes} bytes for a picture of {size}, which has {least} at least"
                )));
            }
            Ok(stream)
        };
        Ok(Self {
            alpha: match alpha {
                Some(coding) => Some(stream(coding, OPACITY, 0)?),
                None => None,
            },
            color: stream(color, COLOR, header.chroma.idc())?,
        })
    }
}

/// Appends the units of the first picture of a layer, as those of an ordinary stream; the bytes of its slices.
fn put_first_picture(units: &[u8], layer: u8, stream: &mut Vec<u8>) -> Result<u64, Error> {
    let mut slice_bytes = 0;
    for unit in nals(units).filter(|unit| unit.layer() == layer) {
        match unit.kind() {
            Kind::IdrSlice | Kind::Slice => {
                if slice_bytes > 0 && unit.begins_picture() {
                    break;
                }
                slice_bytes += unit.bytes().len() as u64;
            }
            Kind::Picture => {}
            // The sizes are the header's; what else there is changes no sample.
            Kind::Video | Kind::Sequence | Kind::Other => continue,
        }
        stream.extend(START_CODE);
        unit.put_in_layer(COLOR, stream);
    }
    if slice_bytes == 0 {
        let name = if layer == COLOR { "colour" } else { "opacity" };
        return Err(malformed(format!("it has no slice of {name}")));
    }
    Ok(slice_bytes)
}

/// The data of a file with these streams of an encoder, of one picture each.
///
/// # Errors
///
/// When a stream is not what the header says, or is coded in a way that BPG does not have.
pub(super) fn data_of(
    header: &Header,
    color: &[u8],
    alpha: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    let color = Encoded::of(color, header, header.chroma.idc())?;
    let alpha = alpha
        .map(|alpha| Encoded::of(alpha, header, 0))
        .transpose()?;
    let mut data = Vec::new();
    if let Some(alpha) = &alpha {
        alpha.coding.put(&mut data);
    }
    color.coding.put(&mut data);
    // Opacity comes before the colours that it belongs to.
    let opacity = alpha.as_ref().map_or(&[][..], |alpha| &alpha.units);
    let mut is_first = true;
    for index in 0..color.units.len().max(opacity.len()) {
        for (units, layer) in [(opacity, OPACITY), (&color.units, COLOR)] {
            let Some(unit) = units.get(index) else {
                continue;
            };
            if !is_first {
                data.extend(START_CODE);
            }
            is_first = false;
            unit.put_in_layer(layer, &mut data);
        }
    }
    Ok(data)
}

/// The stream of an encoder, taken apart.
#[derive(Debug)]
struct Encoded<'a> {
    coding: Coding,
    /// What a file keeps.
    units: Vec<Nal<'a>>,
}

impl<'a> Encoded<'a> {
    fn of(stream: &'a [u8], header: &Header, chroma_idc: u32) -> Result<Self, Error> {
        let mut sequence = None;
        let mut units = Vec::new();
        for unit in nals(stream) {
            match unit.kind() {
                Kind::Sequence => sequence = Some(Sequence::parse(unit.bytes())?),
                Kind::Picture | Kind::IdrSlice => units.push(unit),
                Kind::Slice => {
                    return Err(malformed("the encoder made more than one picture of it"));
                }
                Kind::Video | Kind::Other => {}
            }
        }
        let found = sequence.ok_or_else(|| malformed("the encoder's stream has no sequence"))?;
        let coding = found.coding;
        let (width, height) = coding.padded(header.width, header.height);
        let depth = u32::from(header.depth);
        let expected = Sequence {
            coding,
            chroma_idc,
            width,
            height,
            depths: (depth, depth),
        };
        if found != expected {
            return Err(malformed(format!(
                "the encoder's stream is {found:?}, expected {expected:?}"
            )));
        }
        Ok(Self { coding, units })
    }
}
