//! Finds the fields of a file from the headers of its sections alone.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;
use std::path::Path;

use pimage_core::{Error, Limits};
use pimage_fs::MappedFile;

use super::date::date_at;
use super::octets::{u8_at, u16_at, u32_at, u64_at};
use super::packing::Packing;
use super::product::{Product, process_of};
use super::{grid, product};

/// What a message begins with.
pub(super) const MAGIC: &[u8] = b"GRIB";
/// What a message ends with.
pub(super) const END: &[u8] = b"7777";
/// Bytes of section 0.
pub(super) const INDICATOR_BYTES: usize = 16;
/// Bytes that are searched for the next message at first, and then at a time.
const NEAR_BYTES: usize = 1 << 10;
const SEARCH_BYTES: usize = 1 << 20;
/// Beginnings of messages without a field among which a field is no longer sought.
const MOST_BAD: u32 = 10_000;

/// One field: where its sections are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Index into [`Scan::variables`].
    pub(super) variable: u32,
    /// Offset of section 5.
    pub(super) packing: u64,
    /// Offset of the section 6 that counts, when it is not one of no bitmap.
    pub(super) bitmap: Option<NonZeroU64>,
    /// Offset of section 7.
    pub(super) data: u64,
    /// The reference time, seconds since 1970.
    pub(super) reference: Option<i64>,
    /// When the values are valid, seconds since 1970.
    pub(super) time: Option<i64>,
    /// Whether the values are of an interval that begins at the reference time.
    is_from_reference: bool,
}

/// What all the fields of one kind, level and grid share.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) product: Product,
    /// Sections 1 and 3 of the first field, as far as they are looked at.
    pub(super) identification: Vec<u8>,
    pub(super) grid: Vec<u8>,
    /// How the values of the first field were made.
    pub(super) process: [u8; 3],
    /// How the first field is packed.
    pub(super) packing: Packing,
    /// Whether single precision would make different values of one field equal.
    pub(super) needs_f64: bool,
    pub(super) count: u64,
}

/// A place where something is wrong.
#[derive(Debug, Clone)]
pub(super) struct Gap {
    /// Fields of all kinds before it.
    pub(super) fields_before: u64,
    pub(super) reason: String,
}

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) variables: Vec<Variable>,
    pub(super) fields: Vec<Field>,
    pub(super) gaps: Vec<Gap>,
}

/// Looks through a whole file.
///
/// # Errors
///
/// [`Error::Unsupported`] for messages of edition 1, [`Error::TooLarge`], [`Error::Io`]; a file without any field is [`Error::Malformed`].
pub(super) fn scan(file: &mut MappedFile, limits: &Limits) -> Result<Scan, Error> {
    let mut scanner = Scanner {
        limits,
        scan: Scan::default(),
        known: HashMap::new(),
        described_bytes: 0,
    };
    let (mut at, mut bad) = (0, 0);
    while let Some(start) = next_message(file, at)? {
        let before = scanner.scan.fields.len();
        at = scanner.message(file, start)?;
        bad = match scanner.scan.fields.len() == before {
            true => bad + 1,
            false => 0,
        };
        if bad >= MOST_BAD {
            let reason = format!(
                "{MOST_BAD} messages without a field are before byte {at}: what follows is not read"
            );
            scanner.gap(at, reason);
            break;
        }
    }
    scanner.part_intervals()?;
    let Scanner { scan, .. } = scanner;
    if scan.fields.is_empty() {
        let reason = match scan.gaps.first() {
            Some(gap) => gap.reason.clone(),
            None => "there is no message in it".to_owned(),
        };
        return Err(Error::malformed("grib", file.path(), reason));
    }
    Ok(scan)
}

/// The offset of the next message at or behind `at`: headings of bulletins and padding may be before it.
fn next_message(file: &mut MappedFile, mut at: u64) -> Result<Option<u64>, Error> {
    let mut most = NEAR_BYTES;
    loop {
        let bytes = file.slice(at, most)?;
        if let Some(place) = find(bytes, MAGIC) {
            return Ok(Some(at + place as u64));
        }
        if bytes.len() < most {
            return Ok(None);
        }
        at += (bytes.len() - (MAGIC.len() - 1)) as u64;
        most = SEARCH_BYTES;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    if bytes.starts_with(wanted) {
        return Some(0);
    }
    bytes.windows(wanted.len()).position(|four| four == wanted)
}

/// The sections that hold until others replace them.
#[derive(Default)]
struct Sections {
    identification: Option<Vec<u8>>,
    grid: Option<Vec<u8>>,
    product: Option<Vec<u8>>,
    packing: Option<(u64, Packing)>,
    /// The section 6 of the field, and the last one that has a bitmap of its own.
    bitmap: Option<Option<NonZeroU64>>,
    own_bitmap: Option<NonZeroU64>,
}

/// What tells variables apart: product, centre and grid.
type Key = (Product, Option<u16>, Vec<u8>);

struct Scanner<'a> {
    limits: &'a Limits,
    scan: Scan,
    known: HashMap<Key, u32>,
    described_bytes: u64,
}

impl Scanner<'_> {
    /// Takes in the message at `start`; where to look for the next one.
    fn message(&mut self, file: &mut MappedFile, start: u64) -> Result<u64, Error> {
        let head = file.slice(start, INDICATOR_BYTES)?;
        let (edition, discipline) = (u8_at(head, 7), u8_at(head, 6));
        let length = u64_at(head, 8);
        match edition {
            Some(2) => {}
            Some(1) => return Err(edition_1(file.path(), start)),
            Some(other) => {
                let reason = format!("the message at byte {start} is of edition {other}");
                return Ok(self.gap(start + MAGIC.len() as u64, reason));
            }
            None => return Ok(self.gap(file.len(), cut(start, 16, file.len() - start))),
        }
        let (Some(discipline), Some(length)) = (discipline, length) else {
            return Ok(self.gap(file.len(), cut(start, 16, file.len() - start)));
        };
        let end = start.saturating_add(length);
        let mut sections = Sections::default();
        let mut at = start + INDICATOR_BYTES as u64;
        loop {
            if file.slice(at, END.len())? == END {
                at += END.len() as u64;
                if at != end {
                    let reason = format!(
                        "the message at byte {start} says that it has {length} bytes and has {}",
                        at - start
                    );
                    return Ok(self.gap(at, reason));
                }
                return Ok(at);
            }
            let head = file.slice(at, 6)?;
            let (Some(bytes), Some(number)) = (u32_at(head, 0), u8_at(head, 4)) else {
                return Ok(self.gap(file.len(), cut(start, length, file.len() - start)));
            };
            let next = at.saturating_add(u64::from(bytes));
            if next > file.len() && end > file.len() {
                return Ok(self.gap(file.len(), cut(start, length, file.len() - start)));
            }
            if bytes < 5 || next > end {
                let reason =
                    format!("section {number} of the message at byte {start} has {bytes} bytes");
                return Ok(self.gap(at.max(start + MAGIC.len() as u64), reason));
            }
            let section = (at, bytes, number);
            if let Err(reason) = self.section(file, discipline, section, &mut sections)? {
                let reason = format!("the message at byte {start}: {reason}");
                self.gap(next, reason);
            }
            at = next;
        }
    }

    /// Notes that something is wrong; `resume` is where to look on.
    fn gap(&mut self, resume: u64, reason: String) -> u64 {
        // What follows on the same place is about the same loss.
        let fields_before = self.scan.fields.len() as u64;
        if self
            .scan
            .gaps
            .last()
            .is_none_or(|gap| gap.fields_before != fields_before)
        {
            self.scan.gaps.push(Gap {
                fields_before,
                reason,
            });
        }
        resume
    }

    /// Takes in a section; the inner error is what is wrong with it.
    fn section(
        &mut self,
        file: &mut MappedFile,
        discipline: u8,
        (at, bytes, number): (u64, u32, u8),
        sections: &mut Sections,
    ) -> Result<Result<(), String>, Error> {
        let length = bytes as usize;
        let mut head = |most: usize| file.slice(at, length.min(most)).map(<[u8]>::to_vec);
        match number {
            1 => sections.identification = Some(head(21)?),
            3 => sections.grid = Some(head(grid::HEAD_BYTES)?),
            4 => sections.product = Some(head(product::HEAD_BYTES)?),
            5 => {
                let packing = Packing::parse(&head(64)?);
                sections.packing = packing.map(|packing| (at, packing));
            }
            6 => {
                let own = NonZeroU64::new(at);
                sections.bitmap = match u8_at(&head(6)?, 5) {
                    Some(255) => Some(None),
                    Some(254) => sections.own_bitmap.map(Some),
                    Some(0) => {
                        sections.own_bitmap = own;
                        Some(own)
                    }
                    // One that is defined elsewhere; reading the frame says so.
                    Some(_) => Some(own),
                    None => None,
                };
            }
            7 => return self.field(at, discipline, sections),
            _ => {}
        }
        Ok(Ok(()))
    }

    /// Takes in a field, whose data are in the section at `data`.
    fn field(
        &mut self,
        data: u64,
        discipline: u8,
        sections: &mut Sections,
    ) -> Result<Result<(), String>, Error> {
        let missing = |number| {
            Ok(Err(format!(
                "its data have no section {number} before them"
            )))
        };
        let Some(identification) = &sections.identification else {
            return missing(1);
        };
        let Some(grid) = &sections.grid else {
            return missing(3);
        };
        let Some(section) = &sections.product else {
            return missing(4);
        };
        let Some((at, packing)) = sections.packing.take() else {
            return missing(5);
        };
        let Some(bitmap) = sections.bitmap.take() else {
            return missing(6);
        };
        let reference = date_at(identification, 12);
        let Some((product, valid)) = Product::parse(section, discipline, reference) else {
            return Ok(Err("its product section is cut".to_owned()));
        };
        let process = process_of(section);
        let variable = self.variable(product, process, grid, identification, packing)?;
        self.scan.fields.push(Field {
            variable,
            packing: at,
            bitmap,
            data,
            reference,
            time: valid.time,
            is_from_reference: valid.is_from_reference,
        });
        self.limits.check_frames(self.scan.fields.len() as u64)?;
        Ok(Ok(()))
    }

    /// The index of a variable, which is new or gets one more field.
    fn variable(
        &mut self,
        product: Product,
        process: [u8; 3],
        grid: &[u8],
        identification: &[u8],
        packing: Packing,
    ) -> Result<u32, Error> {
        let place = u32::try_from(self.scan.variables.len()).unwrap_or(u32::MAX);
        let key = (product, u16_at(identification, 5), grid.to_vec());
        if let Some(index) = self.known.get(&key) {
            if let Some(variable) = self.scan.variables.get_mut(*index as usize) {
                variable.count += 1;
                variable.needs_f64 |= packing.needs_f64();
            }
            return Ok(*index);
        }
        self.count_description(grid.len())?;
        self.scan.variables.push(Variable {
            product: key.0.clone(),
            identification: identification.to_vec(),
            grid: grid.to_vec(),
            process,
            needs_f64: packing.needs_f64(),
            packing,
            count: 1,
        });
        self.known.insert(key, place);
        Ok(place)
    }

    /// Counts the memory of one more variable.
    fn count_description(&mut self, grid_bytes: usize) -> Result<(), Error> {
        // The key and the copy of it.
        self.described_bytes += 2 * (grid_bytes + size_of::<Variable>()) as u64;
        match self.described_bytes > self.limits.max_metadata_bytes {
            false => Ok(()),
            true => Err(Error::TooLarge {
                what: "bytes of descriptions of fields",
                value: self.described_bytes,
                limit: self.limits.max_metadata_bytes,
                option: "--limit metadata-bytes=N",
            }),
        }
    }

    /// Parts the intervals that begin at their reference time from the others where two of a variable end at once:
    /// those of 0 to 12 hours are not those of 6 to 12 hours.
    fn part_intervals(&mut self) -> Result<(), Error> {
        let (mut seen, mut mixed) = (HashSet::new(), HashSet::new());
        let is_interval = |variable: &Variable| variable.product.since_reference().is_some();
        let intervals: Vec<_> = self.scan.variables.iter().map(is_interval).collect();
        for field in &self.scan.fields {
            let is_interval = intervals.get(field.variable as usize) == Some(&true);
            if is_interval && !seen.insert((field.variable, field.reference, field.time)) {
                mixed.insert(field.variable);
            }
        }
        let mut parted: Vec<u32> = mixed.into_iter().collect();
        parted.sort_unstable();
        for place in parted {
            self.part(place)?;
        }
        Ok(())
    }

    /// Makes a variable of the intervals of another that begin at their reference time, unless all or none do.
    fn part(&mut self, place: u32) -> Result<(), Error> {
        let moved = |field: &&mut Field| field.variable == place && field.is_from_reference;
        let count = self.scan.fields.iter_mut().filter(moved).count() as u64;
        let Some(variable) = self.scan.variables.get_mut(place as usize) else {
            return Ok(());
        };
        let Some(product) = variable.product.since_reference() else {
            return Ok(());
        };
        if count == 0 || count == variable.count {
            return Ok(());
        }
        variable.count -= count;
        let parted = Variable {
            product,
            count,
            ..variable.clone()
        };
        self.count_description(parted.grid.len())?;
        let new = u32::try_from(self.scan.variables.len()).unwrap_or(u32::MAX);
        self.scan.variables.push(parted);
        for field in self.scan.fields.iter_mut().filter(moved) {
            field.variable = new;
        }
        Ok(())
    }
}

fn cut(start: u64, expected: u64, found: u64) -> String {
    format!("the message at byte {start} is cut: {found} of {expected} bytes")
}

fn edition_1(path: &Path, start: u64) -> Error {
    let reason = format!(
        "the message at byte {start} is GRIB edition 1; pimage reads edition 2, into which `grib_set -s edition=2` turns it"
    );
    Error::unsupported(path, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_ten_thousand_false_beginnings_is_not_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("false.grib2");
        let reason = |beginnings: usize| {
            let mut bytes = MAGIC.repeat(beginnings);
            bytes.extend(b"GRIB\0\0\0\x01\0\0\0\0\0\0\0\x10");
            std::fs::write(&path, bytes).expect("writes");
            let mut file = MappedFile::open(&path).expect("opens");
            scan(&mut file, &Limits::default())
                .expect_err("has no field")
                .to_string()
        };
        assert!(reason(9_000).contains("edition 1"), "{}", reason(9_000));
        let text = reason(12_000);
        assert!(text.contains("at byte 0 is of edition"), "{text}");
    }
}
