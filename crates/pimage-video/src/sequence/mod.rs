//! Consecutive gray frames to the packets of a closed group of pictures and back, in memory.
//!
//! The group needs nothing from outside but the codec's own header, which is what Matroska calls the codec's private data.
//! The same samples and options give the same bytes, whatever else the machine does: an encoder has one thread.
//!
//! ```
//! use pimage_core::Cancel;
//! use pimage_video::sequence::{Codec, Stream, decode, encode};
//!
//! let stream = Stream::new(Codec::X265, 20, 10, 12)?;
//! let samples: Vec<u16> = (0..3 * 200).map(|i| 4 * i).collect();
//! let options = [("x265-params".to_owned(), "lossless=1".to_owned())];
//! let coded = encode(&samples, &stream, &options, &Cancel::new())?;
//! assert!(coded.packets[0].is_key);
//! let back = decode(&coded.private, &coded.packets, &stream, &Cancel::new())?;
//! assert_eq!(back, samples);
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod decode;
mod encode;
mod hevc;
mod planes;
mod stream;

pub use decode::decode;
pub use encode::encode;
pub use stream::{Codec, Stream};

/// One coded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The bytes as Matroska stores them.
    pub data: Vec<u8>,
    /// Which frame of the group it shows, from 0; packets are in the order of decoding.
    pub frame: u32,
    /// Whether decoding can begin here.
    pub is_key: bool,
}

/// A group of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// The codec's header as Matroska stores it: `hvcC` for HEVC, FFV1's own, a bitmap header for JPEG 2000.
    pub private: Vec<u8>,
    /// One packet for each frame, in the order of decoding.
    pub packets: Vec<Packet>,
}

impl Coded {
    /// Bytes of all packets.
    #[must_use]
    pub fn packet_bytes(&self) -> usize {
        self.packets.iter().map(|packet| packet.data.len()).sum()
    }

    /// Puts the codec's own header into the first packet, for a track whose private data is another one's.
    /// HEVC allows it; the other codecs have the same header for all groups of a stream, and stay as they are.
    pub fn carry_header(&mut self) {
        if let Some(units) = hevc::parameter_sets(&self.private)
            && let Some(first) = self.packets.first_mut()
        {
            first.data.splice(..0, units);
        }
    }
}
