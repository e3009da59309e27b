//! The colours of the maps that come with the crate: bytes, and rows that say whose they are.

mod rows;

use crate::Kind;

/// One map.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its name without the family's prefix.
    name: &'static str,
    kind: Kind,
    count: usize,
    /// Its first colour among those of the family.
    start: usize,
    /// The first colour of the reversed map, where that is not the same in the other order.
    mirrored: Option<usize>,
}

impl Row {
    const fn new(
        name: &'static str,
        kind: Kind,
        count: usize,
        start: usize,
        mirrored: Option<usize>,
    ) -> Self {
        Self {
            name,
            kind,
            count,
            start,
            mirrored,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }
}

/// The maps of one package.
#[derive(Debug)]
pub(crate) struct Family {
    /// `matplotlib`, `cmocean`, `Crameri`.
    pub(crate) title: &'static str,
    /// What stands before the names: `cmo.`.
    pub(crate) prefix: &'static str,
    pub(crate) rows: &'static [Row],
    bytes: &'static [u8],
}

impl Family {
    /// The colours of one of its maps, reversed or not.
    pub(crate) fn colors(&self, row: &Row, is_reversed: bool) -> Vec<[u8; 3]> {
        let (all, _) = self.bytes.as_chunks::<3>();
        let from = |start: usize| {
            let colors = all.get(start..start + row.count);
            colors.unwrap_or_default().to_vec()
        };
        match (is_reversed, row.mirrored) {
            (false, _) => from(row.start),
            (true, Some(start)) => from(start),
            (true, None) => from(row.start).into_iter().rev().collect(),
        }
    }
}

/// All families; a name without prefix means the first that has it.
pub(crate) static FAMILIES: [Family; 3] = [
    Family {
        title: "matplotlib",
        prefix: "",
        rows: rows::MATPLOTLIB,
        bytes: include_bytes!("matplotlib.bin"),
    },
    Family {
        title: "cmocean",
        prefix: "cmo.",
        rows: rows::CMOCEAN,
        bytes: include_bytes!("cmocean.bin"),
    },
    Family {
        title: "Crameri",
        prefix: "cmc.",
        rows: rows::CRAMERI,
        bytes: include_bytes!("crameri.bin"),
    },
];
