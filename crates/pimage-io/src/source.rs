//! Bytes of a file or of a member of an archive, by offset.

use pimage_core::Error;
use pimage_fs::MappedFile;

#[cfg(feature = "npz")]
use crate::formats::npz::member::Member;

/// Where frames come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file.
    Map(MappedFile),
    /// A part of an archive, perhaps compressed.
    #[cfg(feature = "npz")]
    Member(Member),
}

impl Source {
    /// Length, bytes.
    pub(crate) const fn len(&self) -> u64 {
        match self {
            Self::Map(file) => file.len(),
            #[cfg(feature = "npz")]
            Self::Member(member) => member.len(),
        }
    }

    /// The bytes `offset..offset + length`, fewer when they end before or cannot be decoded.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub(crate) fn slice(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        match self {
            Self::Map(file) => file.slice(offset, length),
            #[cfg(feature = "npz")]
            Self::Member(member) => member.slice(offset, length),
        }
    }

    /// Why the last slice was short.
    pub(crate) fn fault(&self) -> Option<&str> {
        match self {
            Self::Map(_) => None,
            #[cfg(feature = "npz")]
            Self::Member(member) => member.fault(),
        }
    }

    /// What is wrong with the bytes that were read in full; told once.
    pub(crate) fn take_mismatch(&mut self) -> Option<String> {
        match self {
            Self::Map(_) => None,
            #[cfg(feature = "npz")]
            Self::Member(member) => member.take_mismatch(),
        }
    }
}
