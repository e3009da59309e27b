//! Named dimensions over the frames of a stream: time, depth, channel.

/// One dimension over the frames of a stream.
///
/// A microscope's stack of 10 times, 5 depths and 2 channels has 100 frames and three axes, `t`, `z` and `c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// A lower-case word; `t` time, `z` depth, `c` channel, `s` series or position are usual.
    pub name: String,
    /// Number of positions.
    pub length: u64,
    /// Distance between two positions, in [`Axis::unit`].
    pub spacing: Option<f64>,
    /// The unit of the spacing as the file spells it: `s`, `µm`.
    pub unit: Option<String>,
    /// A name for each position, such as the channels' names; empty when there are none.
    pub labels: Vec<String>,
}

impl Axis {
    /// The time axis.
    pub const TIME: &'static str = "t";
    /// The depth axis.
    pub const DEPTH: &'static str = "z";
    /// The channel axis.
    pub const CHANNEL: &'static str = "c";

    /// An axis of which only the length is known.
    #[must_use]
    pub fn new(name: impl Into<String>, length: u64) -> Self {
        Self {
            name: name.into(),
            length,
            spacing: None,
            unit: None,
            labels: Vec::new(),
        }
    }

    /// The same axis with a distance between positions.
    #[must_use]
    pub fn with_spacing(mut self, spacing: f64, unit: impl Into<String>) -> Self {
        self.spacing = Some(spacing);
        self.unit = Some(unit.into());
        self
    }
}

/// The number of frames that `axes` span; `None` when it exceeds the range of `u64`.
#[must_use]
pub fn frames_of(axes: &[Axis]) -> Option<u64> {
    axes.iter()
        .try_fold(1u64, |product, axis| product.checked_mul(axis.length))
}

/// `t 10, z 5 (0.5 µm), c 2 (DAPI, GFP)`.
impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.length)?;
        if let Some(spacing) = self.spacing {
            let unit = self.unit.as_deref().unwrap_or_default();
            write!(
                f,
                " ({spacing}{}{unit})",
                if unit.is_empty() { "" } else { " " }
            )?;
        }
        if !self.labels.is_empty() {
            write!(f, " ({})", self.labels.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_print_what_is_known() {
        let mut channel = Axis::new("c", 2);
        channel.labels = vec!["DAPI".into(), "GFP".into()];
        assert_eq!(channel.to_string(), "c 2 (DAPI, GFP)");
        let depth = Axis::new("z", 5).with_spacing(0.5, "µm");
        assert_eq!(depth.to_string(), "z 5 (0.5 µm)");
        assert_eq!(frames_of(&[channel, depth]), Some(10));
        assert_eq!(
            frames_of(&[Axis::new("t", u64::MAX), Axis::new("z", 2)]),
            None
        );
    }
}
