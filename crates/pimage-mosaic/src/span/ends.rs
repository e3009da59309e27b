//! When a mosaic ends, from when its sources do.

use crate::timing::AtEnd;

/// What each source has to say of the end of the mosaic.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    roles: Vec<Role>,
}

/// What a source has to say of the end of the mosaic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The mosaic ends when it does.
    Stop,
    /// The mosaic does not end before it.
    Last,
    /// Nothing, unless there are only such.
    Loop,
    /// Nothing, unless there are only such.
    Still,
}

impl Role {
    /// That of a source that moves and does this at its end.
    pub(super) const fn of(at_end: Option<AtEnd>) -> Self {
        match at_end {
            None | Some(AtEnd::Background | AtEnd::Hold) => Self::Last,
            Some(AtEnd::Loop) => Self::Loop,
            Some(AtEnd::Stop) => Self::Stop,
        }
    }
}

impl Ends {
    pub(super) const fn new(roles: Vec<Role>) -> Self {
        Self { roles }
    }

    /// The end of the mosaic from those of its sources, when those that decide are known.
    pub(super) fn of<T: Ord>(&self, ends: impl Iterator<Item = Option<T>>) -> Option<T> {
        let deciding = self.deciding()?;
        let ends = self.roles.iter().zip(ends);
        let mut ends = ends
            .filter(|(role, _)| **role == deciding)
            .map(|(_, end)| end);
        let first = ends.next()??;
        ends.try_fold(first, |most, end| {
            end.map(|end| match deciding {
                Role::Stop => most.min(end),
                _ => most.max(end),
            })
        })
    }

    /// Whether the mosaic is over, from whether its sources are.
    pub(super) fn are_met(&self, are_over: impl Iterator<Item = bool>) -> bool {
        let deciding = self.deciding();
        let all = self.roles.iter().zip(are_over);
        let mut deciders = all.filter(|(role, _)| Some(**role) == deciding);
        match deciding {
            Some(Role::Stop) => deciders.any(|(_, is_over)| is_over),
            _ => deciders.all(|(_, is_over)| is_over),
        }
    }

    /// Which sources decide.
    fn deciding(&self) -> Option<Role> {
        let all = [Role::Stop, Role::Last, Role::Loop, Role::Still];
        all.into_iter().find(|role| self.roles.contains(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_decide() {
        use Role::{Last, Loop, Still, Stop};
        let end = |roles: &[Role], ends: &[Option<u64>]| {
            Ends::new(roles.to_vec()).of(ends.iter().copied())
        };
        assert_eq!(end(&[Last, Last], &[Some(3), Some(5)]), Some(5));
        assert_eq!(end(&[Last, Loop], &[Some(3), Some(5)]), Some(3));
        assert_eq!(end(&[Stop, Stop, Last], &[Some(4), Some(3), None]), Some(3));
        assert_eq!(end(&[Still, Still], &[Some(1), Some(1)]), Some(1));
        assert_eq!(end(&[Last, Last], &[Some(3), None]), None);
        let met =
            |roles: &[Role], over: &[bool]| Ends::new(roles.to_vec()).are_met(over.iter().copied());
        assert!(met(&[Stop, Stop, Last], &[false, true, false]));
        assert!(!met(&[Last, Last], &[false, true]));
        assert!(met(&[Last, Loop], &[true, false]));
    }
}
