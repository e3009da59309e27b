//! What stands before and behind a group's bytes.

use pimage_core::Error;

/// Bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 42;

/// Bytes behind it: the checksum.
pub(crate) const CHECKSUM_BYTES: usize = 4;

/// How a group is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// One value, which is no more than the bound away from any.
    Constant,
    /// Predicted from neighbours, residuals with a context model.
    Predicted,
    /// Copied from neighbours that have the same value.
    Copied,
    /// The values as they are.
    Stored,
    /// By ZFP at a fixed accuracy, which only builds with the feature `zfp` unpack.
    Zfp,
}

impl Method {
    const ALL: [(u8, Self); 5] = [
        (b'c', Self::Constant),
        (b'p', Self::Predicted),
        (b'l', Self::Copied),
        (b's', Self::Stored),
        (b'z', Self::Zfp),
    ];

    fn code(self) -> u8 {
        Self::ALL
            .iter()
            .find(|(_, method)| *method == self)
            .map_or(0, |(code, _)| *code)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, method)| *method)
    }
}

/// What a group says of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Header {
    /// How it is coded.
    pub method: Method,
    /// The type of its values: kind and bytes, as in numpy.
    pub sample: [u8; 2],
    /// Frames, rows, columns.
    pub shape: [usize; 3],
    /// How far a value may be off, 0 for not at all; or the step of the quantiser where only the mean error was asked for.
    pub bound: f64,
    /// Whether only the mean error was asked for, so that no bound is kept.
    pub is_mean: bool,
    pub(crate) plan: u8,
    pub(crate) finer: u8,
    /// The value of a constant group, the unit of predictions of an exact one.
    pub(crate) number: f64,
    /// Bytes of the mask, the first of the payload.
    pub(crate) mask_bytes: usize,
}

/// What is wrong with a group's bytes.
pub(crate) fn broken(found: impl Into<String>, expected: &str) -> Error {
    Error::bad_option("group", found.into(), expected)
}

impl Header {
    /// The whole group: header, payload and checksum.
    pub(crate) fn seal(&self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len() + CHECKSUM_BYTES);
        bytes.push(self.method.code());
        bytes.extend(self.sample);
        bytes.push(self.plan);
        bytes.push(self.finer);
        bytes.push(u8::from(self.is_mean));
        for size in self
            .shape
            .into_iter()
            .chain([self.mask_bytes, payload.len()])
        {
            bytes.extend((size as u32).to_le_bytes());
        }
        bytes.extend(self.bound.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(payload);
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// Reads a group's header, and checks the whole against its checksum; the payload with it.
    ///
    /// # Errors
    ///
    /// If the bytes are cut, changed, or no group.
    pub(crate) fn open(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let expected = "the bytes of a whole group";
        let shortest = HEADER_BYTES + CHECKSUM_BYTES;
        let Some((body, checksum)) = bytes
            .split_last_chunk::<CHECKSUM_BYTES>()
            .filter(|_| bytes.len() >= shortest)
        else {
            return Err(broken(format!("cut after {} bytes", bytes.len()), expected));
        };
        let u32_at = |at: usize| {
            let found = body.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            found.map_or(0, u32::from_le_bytes) as usize
        };
        let f64_at = |at: usize| {
            let found = body.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            found.map_or(f64::NAN, f64::from_le_bytes)
        };
        if u32_at(22) != body.len() - HEADER_BYTES {
            let found = format!("{} bytes of payload", body.len() - HEADER_BYTES);
            return Err(broken(found, &format!("{} of them", u32_at(22))));
        }
        if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
            return Err(broken("changed since it was written", expected));
        }
        let byte = |at: usize| body.get(at).copied().unwrap_or(0);
        let Some(method) = Method::from_code(byte(0)) else {
            return Err(broken(format!("of method {}", byte(0)), "a known method"));
        };
        let header = Self {
            method,
            sample: [byte(1), byte(2)],
            plan: byte(3),
            finer: byte(4),
            is_mean: byte(5) == 1,
            shape: [u32_at(6), u32_at(10), u32_at(14)],
            mask_bytes: u32_at(18),
            bound: f64_at(26),
            number: f64_at(34),
        };
        Ok((header, body.get(HEADER_BYTES..).unwrap_or(&[])))
    }
}
