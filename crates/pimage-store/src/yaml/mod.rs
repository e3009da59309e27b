//! YAML as `PyYAML`'s safe loader reads and writes it, with bounds on what a file may ask for.
//!
//! A reader of its own over a parser of events, because the rules by which `PyYAML` tells numbers from text are those of YAML 1.1 with exceptions:
//! it writes the text `1e5` without quotes, which every reader of YAML 1.2 takes for a number.

mod read;
mod scalar;
mod write;

pub(crate) use self::read::parse;
pub(crate) use self::write::written;
