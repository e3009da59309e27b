//! Where an AVI recording is torn: its parts follow one another, and what lies between them is lost.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use pimage_core::{Cancel, Error};

use crate::folder::open_own;

/// Bytes of the name and the length of a part.
const HEAD: u64 = 8;

/// Bytes that are searched at once for the next part.
const BLOCK: usize = 64 << 10;

/// What a walk over all parts finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// Pictures.
    pub(super) frames: u64,
    /// How many pictures come before each hole.
    pub(super) holes: Vec<u64>,
    /// Whether the last part ends where the file does.
    pub(super) is_end_whole: bool,
}

/// Goes from part to part of a file.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Unsupported`] for what is no regular file, [`Error::Stopped`].
pub(super) fn walk(path: &Path, cancel: &Cancel) -> Result<Walk, Error> {
    let file = open_own(path)?;
    let length = file.metadata().map_err(Error::io("read", path))?.len();
    let failed = |error| Error::io("read", path)(error);
    let mut parts = Parts {
        source: BufReader::with_capacity(BLOCK, file),
        length,
    };
    let mut walk = Walk::default();
    let mut at = 0;
    while at < length {
        if cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        match parts.at(at).map_err(failed)? {
            Some(part) => {
                walk.frames += u64::from(part.is_picture);
                at = part.end;
            }
            None if length - at < HEAD => break,
            None => {
                walk.holes.push(walk.frames);
                match parts.next_picture(at, cancel, path)? {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
    }
    walk.is_end_whole = at == length;
    Ok(walk)
}

/// One part.
struct Part {
    is_picture: bool,
    end: u64,
}

struct Parts {
    source: BufReader<std::fs::File>,
    length: u64,
}

impl Parts {
    fn seek(&mut self, at: u64) -> std::io::Result<()> {
        let now = self.source.stream_position()?;
        match i64::try_from(i128::from(at) - i128::from(now)) {
            Ok(way) => self.source.seek_relative(way),
            Err(_) => self.source.seek(SeekFrom::Start(at)).map(|_| ()),
        }
    }

    /// The part that begins here; `None` when none does, or it does not end within the file.
    fn at(&mut self, at: u64) -> std::io::Result<Option<Part>> {
        if self.length.saturating_sub(at) < HEAD {
            return Ok(None);
        }
        self.seek(at)?;
        let (mut name, mut length) = ([0; 4], [0; 4]);
        self.source.read_exact(&mut name)?;
        self.source.read_exact(&mut length)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b" _".contains(byte);
        if !name.iter().all(is_name) {
            return Ok(None);
        }
        // What is in a list follows its name.
        let bytes = match &name {
            b"RIFF" | b"LIST" => 4,
            _ => u64::from(u32::from_le_bytes(length)),
        };
        let is_picture = is_picture(&name) && bytes > 0;
        let end = at + HEAD + bytes + bytes % 2;
        // Of the last part nothing is added to an odd length, perhaps.
        let end = if end == self.length + 1 {
            self.length
        } else {
            end
        };
        Ok((end <= self.length).then_some(Part { is_picture, end }))
    }

    /// Where the next picture begins behind a place.
    fn next_picture(
        &mut self,
        from: u64,
        cancel: &Cancel,
        path: &Path,
    ) -> Result<Option<u64>, Error> {
        let mut at = from + 1;
        let mut block = vec![0; BLOCK];
        while at + HEAD <= self.length {
            if cancel.is_cancelled() {
                return Err(Error::Stopped);
            }
            let failed = |error| Error::io("read", path)(error);
            self.seek(at).map_err(failed)?;
            let most = usize::try_from(self.length - at).map_or(BLOCK, |left| left.min(BLOCK));
            let found = block.get_mut(..most).unwrap_or_default();
            self.source.read_exact(found).map_err(failed)?;
            let places = (at..).zip(block.windows(4).take(most.saturating_sub(3)));
            let places: Vec<u64> = places
                .filter(|(_, name)| is_picture(name))
                .map(|(place, _)| place)
                .collect();
            for place in places {
                if let Some(part) = self.at(place).map_err(failed)?
                    && (part.end == self.length || self.at(part.end).map_err(failed)?.is_some())
                {
                    return Ok(Some(place));
                }
            }
            at += (most as u64).saturating_sub(3).max(1);
        }
        Ok(None)
    }
}

/// Whether it is the name of a picture of the only stream.
fn is_picture(name: &[u8]) -> bool {
    matches!(name, b"00dc" | b"00db")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film of pictures of these lengths, and where each begins.
    fn film(lengths: &[usize]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes =
            b"RIFF\0\0\0\0AVI LIST\0\0\0\0hdrlavih\x03\0\0\0xyz\0LIST\0\0\0\0movi".to_vec();
        let mut begins = Vec::new();
        for length in lengths {
            begins.push(bytes.len());
            bytes.extend(b"00dc");
            bytes.extend((*length as u32).to_le_bytes());
            bytes.extend(vec![0xfe; length + length % 2]);
        }
        (bytes, begins)
    }

    fn walked(bytes: &[u8]) -> Walk {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.avi");
        std::fs::write(&path, bytes).expect("is written");
        walk(&path, &Cancel::new()).expect("is read")
    }

    #[test]
    fn holes_are_found_where_they_are() {
        let (bytes, begins) = film(&[7, 100_000, 0, 8, 9, 10]);
        let whole = |frames, holes: &[u64], is_end_whole| Walk {
            frames,
            holes: holes.to_vec(),
            is_end_whole,
        };
        assert_eq!(walked(&bytes), whole(5, &[], true));
        let cut = bytes.get(..bytes.len() - 3).expect("is shorter");
        assert_eq!(walked(cut), whole(4, &[4], false));
        let mut torn = bytes;
        torn.iter_mut()
            .skip(begins[1] + 20)
            .take(5)
            .for_each(|byte| *byte = 0);
        assert_eq!(walked(&torn), whole(5, &[], true), "within a picture");
        torn.iter_mut()
            .skip(begins[3] - 2)
            .take(6)
            .for_each(|byte| *byte = 0);
        assert_eq!(walked(&torn), whole(4, &[2], true));
        torn.iter_mut()
            .skip(begins[5] + 5)
            .take(6)
            .for_each(|byte| *byte = 0xff);
        assert_eq!(
            walked(&torn),
            whole(2, &[2], false),
            "one picture alone is none"
        );
    }
}
