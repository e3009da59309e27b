//! Steps one after another: parsed, printed, and put over a reader.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use pimage_core::Error;

use crate::grammar::lines;
use crate::operator::operator;
use crate::{Arguments, Operation, Spec};

/// One step: how it is written, and what it does.
#[derive(Debug, Clone)]
pub struct Step {
    spec: Spec,
    operation: Operation,
    files: Vec<PathBuf>,
}

impl Step {
    /// The step that a specification describes.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] when there is no such operation or it takes no such parameters;
    /// [`Error::NotBuilt`] when its feature is not compiled in.
    pub fn new(spec: Spec) -> Result<Self, Error> {
        let operator = operator(&spec.name)?;
        let arguments = Arguments::new(operator, &spec)?;
        let operation = (operator.build)(&arguments)?;
        let files = arguments.into_files();
        Ok(Self {
            spec,
            operation,
            files,
        })
    }

    /// A step of one's own; `name` is how it is printed and recorded, and no parser knows it.
    #[must_use]
    pub fn custom(name: impl Into<String>, operation: Operation) -> Self {
        Self {
            spec: Spec::new(name),
            operation,
            files: Vec::new(),
        }
    }

    /// How it is written.
    #[must_use]
    pub const fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What it does.
    #[must_use]
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Files that it reads by itself, such as a font; recordings that it opens are told by the reader over which it stands.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text.parse()?)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

/// Steps that are applied in the order given.
///
/// ```
/// use pimage_core::{Color, Frame, FrameFormat, FrameReader, MemoryReader, SampleType};
/// use pimage_transform::{Chain, Operation, Step, Surroundings, TransformingReader};
///
/// let chain: Chain = "crop=2,0,4,3 | flip=horizontal".parse()?;
/// assert_eq!(chain.to_string(), "crop=2,0,4,3 | flip=horizontal");
/// // A closure is a step like any other.
/// let chain = chain.then(Step::custom("darken", Operation::frame(|frame: &mut Frame| {
///     for sample in frame.samples_mut::<u8>().into_iter().flatten() {
///         *sample /= 2;
///     }
///     Ok(())
/// })));
/// let frame = Frame::zeroed(FrameFormat::new(8, 3, Color::Gray, SampleType::U8));
/// let reader = MemoryReader::new(vec![frame])?;
/// let mut reader = TransformingReader::new(reader, &chain, &Surroundings::default())?;
/// assert_eq!(reader.info().format.width, 4);
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chain {
    steps: Vec<Step>,
}

impl Chain {
    /// A chain of no steps, which changes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// The steps of a file: one a line or several between bars; what follows ` # ` is a comment.
    ///
    /// # Errors
    ///
    /// As those of parsing; what is badly written is told with its line.
    ///
    /// ```
    /// use pimage_transform::Chain;
    ///
    /// let chain = Chain::from_lines("# for the poster\ncrop=10  # the rim\nflip")?;
    /// assert_eq!(chain.to_string(), "crop=10 | flip");
    /// let error = Chain::from_lines("crop=10\nflip=up").unwrap_err().to_string();
    /// assert!(error.starts_with("line 2: flip direction is `up`"), "{error}");
    /// # Ok::<(), pimage_core::Error>(())
    /// ```
    pub fn from_lines(text: &str) -> Result<Self, Error> {
        let mut chain = Self::new();
        for (line, text) in lines(text) {
            let steps: Self = text.parse().map_err(|error| match error {
                Error::BadOption {
                    name,
                    found,
                    expected,
                } => Error::bad_option(format!("line {line}: {name}"), found, expected),
                other => other,
            })?;
            chain.extend(steps.steps);
        }
        Ok(chain)
    }

    /// The chain with one more step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The steps, in the order in which they are applied.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there is no step.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl Extend<Step> for Chain {
    fn extend<I: IntoIterator<Item = Step>>(&mut self, steps: I) {
        self.steps.extend(steps);
    }
}

impl FromStr for Chain {
    type Err = Error;

    /// Steps between bars, or on lines of their own.
    fn from_str(text: &str) -> Result<Self, Error> {
        let specs = Spec::parse_chain(text)?;
        let steps: Result<Vec<_>, _> = specs.into_iter().map(Step::new).collect();
        Ok(Self { steps: steps? })
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            if place > 0 {
                f.write_str(" | ")?;
            }
            step.fmt(f)?;
        }
        Ok(())
    }
}
