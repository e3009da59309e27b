//! Frames by a value that they have, in logarithmic time.

/// Which frame is meant by a number or a time that perhaps no frame has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Find {
    /// The one that has exactly this value.
    #[default]
    Exact,
    /// The one whose value is nearest; of two equally near the earlier frame.
    Nearest,
    /// The one with the greatest value that is not above.
    Previous,
    /// The one with the least value that is not below.
    Next,
}

/// The frames in the order of a value.
#[derive(Debug)]
pub(super) enum Order {
    /// Their own order already is.
    AsIs,
    /// The frames, sorted by value, then by index; those without a value are left out.
    Sorted(Vec<u32>),
}

impl Order {
    /// The order of these values.
    pub(super) fn of<T: PartialOrd + Copy>(values: &[T], is_known: fn(&T) -> bool) -> Self {
        let is_ascending = values.is_sorted() && values.iter().all(is_known);
        if is_ascending {
            return Self::AsIs;
        }
        let known = (0u32..).zip(values).filter(|(_, value)| is_known(value));
        let mut order: Vec<_> = known.map(|(frame, value)| (*value, frame)).collect();
        // Only known values are compared, which are ordered.
        order.sort_by(|left, right| {
            let by_value = left.0.partial_cmp(&right.0);
            by_value
                .unwrap_or(std::cmp::Ordering::Equal)
                .then(left.1.cmp(&right.1))
        });
        Self::Sorted(order.into_iter().map(|(_, frame)| frame).collect())
    }

    fn len(&self, frames: usize) -> usize {
        match self {
            Self::AsIs => frames,
            Self::Sorted(order) => order.len(),
        }
    }

    /// The frame at a rank.
    fn frame(&self, rank: usize) -> Option<usize> {
        match self {
            Self::AsIs => Some(rank),
            Self::Sorted(order) => usize::try_from(*order.get(rank)?).ok(),
        }
    }

    /// The first rank whose value does not satisfy `is_before`.
    fn partition<T: Copy>(&self, values: &[T], is_before: impl Fn(T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len(values.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            let value = self.frame(middle).and_then(|frame| values.get(frame));
            if value.is_some_and(|value| is_before(*value)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The frame that is meant by `wanted`.
    pub(super) fn find<T: PartialOrd + Copy>(
        &self,
        values: &[T],
        wanted: T,
        find: Find,
        distance: impl Fn(T, T) -> f64,
    ) -> Option<u64> {
        let first_at_least = |wanted: T| -> Option<(usize, T)> {
            let rank = self.partition(values, |value| value < wanted);
            let frame = self.frame(rank)?;
            Some((frame, *values.get(frame)?))
        };
        let last_at_most = || -> Option<(usize, T)> {
            let rank = self.partition(values, |value| value <= wanted);
            let frame = self.frame(rank.checked_sub(1)?)?;
            // The first of those that have the same value.
            first_at_least(*values.get(frame)?)
        };
        let found = match find {
            Find::Exact => first_at_least(wanted).filter(|(_, value)| *value == wanted),
            Find::Next => first_at_least(wanted),
            Find::Previous => last_at_most(),
            Find::Nearest => match (last_at_most(), first_at_least(wanted)) {
                (Some(below), Some(above)) => {
                    let (down, up) = (distance(below.1, wanted), distance(above.1, wanted));
                    let is_below = down < up || (down <= up && below.0 < above.0);
                    Some(if is_below { below } else { above })
                }
                (below, above) => below.or(above),
            },
        };
        found.map(|(frame, _)| frame as u64)
    }
}
