//! Laws of layouts, for sources of any size.

use pimage_core::{Error, Limits};
use pimage_mosaic::{
    Area, Arrangement, Aspect, CellSize, Direction, Explicit, Fit, FitTo, Grid, Insets, Layout,
    Pair, Place, Plan, Shown, Size, Spot, Titles,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn size() -> impl Strategy<Value = Size> {
    let side = prop_oneof![1..20u32, 1..2000u32];
    (side.clone(), side).prop_map(|(width, height)| Size::new(width, height))
}

/// Sources, of which some have titles.
fn sources(most: usize) -> impl Strategy<Value = Vec<Shown>> {
    let titles = prop_oneof![Just(false), any::<bool>()];
    let shown = (size(), titles).prop_map(|(size, is_titled)| Shown { size, is_titled });
    vec(shown, 1..=most)
}

/// A layout without an arrangement: border, padding, longest side, letters.
fn around() -> impl Strategy<Value = Layout> {
    let max_size = prop_oneof![Just(None), (1..4000u32).prop_map(Some)];
    let letters = prop_oneof![Just(None), (1.0..40.0f64).prop_map(Some)];
    (0..20u32, 0..20u32, max_size, letters).prop_map(|(border, padding, max_size, size)| Layout {
        border,
        padding,
        max_size,
        titles: Titles {
            size,
            ..Titles::default()
        },
        ..Layout::default()
    })
}

fn fit() -> impl Strategy<Value = Fit> {
    prop_oneof![Just(Fit::Contain), Just(Fit::Shrink), Just(Fit::Stretch)]
}

fn grid() -> impl Strategy<Value = Grid> {
    let number = || prop_oneof![Just(None), (1..12u32).prop_map(Some)];
    let cell = prop_oneof![
        Just(None),
        size().prop_map(|size| {
            Some(CellSize {
                width: Some(size.width),
                height: Some(size.height),
            })
        }),
    ];
    (number(), number(), 0.1..10.0f64, cell, fit()).prop_map(|(columns, rows, ratio, cell, fit)| {
        Grid {
            columns,
            rows,
            aspect: Aspect::new(ratio).expect("is within range"),
            cell,
            fit,
        }
    })
}

/// A plan, unless the numbers do not go together, which must be said in terms of an option.
fn planned(layout: &Layout, sources: &[Shown]) -> Option<Plan> {
    match layout.plan(sources, &Limits::default()) {
        Ok(plan) => Some(plan),
        Err(Error::BadOption { name, expected, .. }) => {
            assert!(!name.is_empty() && !expected.is_empty());
            None
        }
        Err(Error::TooLarge { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn areas(place: &Place) -> impl Iterator<Item = Area> {
    [Some(place.picture), place.title].into_iter().flatten()
}

/// Everything is within the border, and nothing hides anything.
fn expect_apart(plan: &Plan, border: u32) {
    let inner = Size::new(plan.width - 2 * border, plan.height - 2 * border);
    let inner = Area::new(border, border, inner);
    let all: Vec<Area> = plan.places.iter().flat_map(areas).collect();
    for (at, area) in all.iter().enumerate() {
        assert!(!area.size().is_empty(), "{area}");
        assert!(inner.contains(area), "{area} is not within {inner}");
        for other in all.iter().skip(at + 1) {
            assert!(!area.overlaps(other), "{area} and {other}");
        }
    }
    assert!(plan.places.iter().all(|place| !place.is_over));
}

/// The shape of a picture is that of its source, within half a pixel of one side.
fn expect_shape(place: &Place, source: Size) {
    let [width, height] = [place.picture.width, place.picture.height].map(f64::from);
    let [from_width, from_height] = [source.width, source.height].map(f64::from);
    let by_width = (height - width * from_height / from_width).abs();
    let by_height = (width - height * from_width / from_height).abs();
    // A picture has at least one pixel, however thin it is.
    let is_thin = place.picture.width == 1 || place.picture.height == 1;
    assert!(
        by_width <= 0.500_001 || by_height <= 0.500_001 || is_thin,
        "{} of {source}",
        place.picture
    );
}

fn expect_max_size(plan: &Plan, layout: &Layout) {
    if let Some(max) = layout.max_size {
        assert!(
            plan.width.max(plan.height) <= max,
            "{} > {max}",
            plan.size()
        );
    }
}

/// The rooms of a grid, found from the bands and the fitted pictures: columns and rows must be equally far from each other.
fn expect_rows_and_columns(plan: &Plan, grid: &Grid, layout: &Layout, count: usize) {
    let band = plan.lettering.map_or(0, |lettering| lettering.height);
    let (columns, rows) = match (grid.columns, grid.rows) {
        (Some(columns), Some(rows)) => (columns, rows),
        (Some(columns), None) => (columns, (count as u32).div_ceil(columns)),
        (None, Some(rows)) => ((count as u32).div_ceil(rows), rows),
        (None, None) => return,
    };
    let inner = (
        plan.width - 2 * layout.border - (columns - 1) * layout.padding,
        plan.height - 2 * layout.border - (rows - 1) * layout.padding - rows * band,
    );
    assert_eq!(
        (inner.0 % columns, inner.1 % rows),
        (0, 0),
        "{}",
        plan.size()
    );
    let cell = Size::new(inner.0 / columns, inner.1 / rows);
    for (at, place) in plan.places.iter().enumerate() {
        let (column, row) = (at as u32 % columns, at as u32 / columns);
        let corner = (
            layout.border + column * (cell.width + layout.padding),
            layout.border + row * (cell.height + band + layout.padding),
        );
        let room = Area::new(corner.0, corner.1 + band, cell);
        assert!(room.contains(&place.picture), "{} in {room}", place.picture);
        // In the middle, to a pixel.
        let left = place.picture.x - room.x;
        let right = room.right() - place.picture.right();
        assert!((0..=1).contains(&(right - u64::from(left))));
        let title = (band > 0).then(|| Area::new(corner.0, corner.1, Size::new(cell.width, band)));
        assert_eq!(place.title, title);
    }
}

proptest! {
    #[test]
    fn grids_are_exact(
        (layout, grid, sources) in (around(), grid(), sources(30)),
    ) {
        let layout = Layout { arrangement: Arrangement::Grid(grid), ..layout };
        if let Some(plan) = planned(&layout, &sources) {
            prop_assert_eq!(plan.places.len(), sources.len());
            expect_apart(&plan, layout.border);
            expect_max_size(&plan, &layout);
            expect_rows_and_columns(&plan, &grid, &layout, sources.len());
            for (place, shown) in plan.places.iter().zip(&sources) {
                match grid.fit {
                    Fit::Stretch => {}
                    Fit::Shrink if place.picture.size() == shown.size => {}
                    Fit::Shrink | Fit::Contain => expect_shape(place, shown.size),
                }
            }
        }
    }

    #[test]
    fn equal_sources_have_equal_cells((layout, grid, size, count) in (around(), grid(), size(), 1..40usize)) {
        let layout = Layout { arrangement: Arrangement::Grid(grid), ..layout };
        let sources = vec![Shown::new(size); count];
        if let Some(plan) = planned(&layout, &sources) {
            let first = plan.places[0].picture.size();
            prop_assert!(plan.places.iter().all(|place| place.picture.size() == first));
            // Nothing is resized that need not be.
            if layout.max_size.is_none() && grid.cell.is_none() {
                prop_assert_eq!(first, size);
            }
        }
    }

    #[test]
    fn no_number_of_columns_without_empty_ones_is_nearer_to_the_aspect((layout, ratio, size, count) in (around(), 0.2..5.0f64, size(), 1..30u32)) {
        let aspect = Aspect::new(ratio).expect("is within range");
        let with = |columns| Layout {
            arrangement: Arrangement::Grid(Grid { columns, aspect, ..Grid::default() }),
            ..layout.clone()
        };
        let sources = vec![Shown { size, is_titled: true }; count as usize];
        let miss = |plan: &Plan| {
            let found = f64::from(plan.width) / f64::from(plan.height);
            (found / ratio).max(ratio / found)
        };
        let best = planned(&with(None), &sources);
        let is_filled = |columns: &u32| count.div_ceil(count.div_ceil(*columns)) == *columns;
        let filled = (1..=count).filter(is_filled);
        let others = filled.filter_map(|columns| planned(&with(Some(columns)), &sources));
        let least = others.map(|plan| miss(&plan)).min_by(f64::total_cmp);
        prop_assert_eq!(best.is_some(), least.is_some());
        if let (Some(best), Some(least)) = (best, least) {
            prop_assert!(miss(&best) <= least + 1e-9, "{} of {least}", miss(&best));
        }
    }

    #[test]
    fn pairs_are_snapped(
        (layout, sources, is_vertical, to) in (around(), sources(5), any::<bool>(), 0..4usize),
    ) {
        let direction = if is_vertical { Direction::Vertical } else { Direction::Horizontal };
        let fit_to = FitTo::ALL[to].1;
        let layout = Layout { arrangement: Arrangement::Pair(Pair { direction, fit_to }), ..layout };
        if let Some(plan) = planned(&layout, &sources) {
            expect_apart(&plan, layout.border);
            expect_max_size(&plan, &layout);
            let band = plan.lettering.map_or(0, |lettering| lettering.height);
            let shared = |size: Size| if is_vertical { size.width } else { size.height };
            let side = shared(plan.places[0].picture.size());
            let mut next = layout.border;
            for (place, shown) in plan.places.iter().zip(&sources) {
                expect_shape(place, shown.size);
                prop_assert_eq!(shared(place.picture.size()), side);
                let (start, length) = match is_vertical {
                    true => (place.picture.y - band, place.picture.height + band),
                    false => (place.picture.x, place.picture.width),
                };
                prop_assert_eq!(start, next);
                next = start + length + layout.padding;
            }
            let length = if is_vertical { plan.height } else { plan.width };
            prop_assert_eq!(next - layout.padding + layout.border, length);
            if layout.max_size.is_none() {
                let mut sides = sources.iter().map(|shown| shared(shown.size));
                let expected = match fit_to {
                    FitTo::First => sides.next(),
                    FitTo::Second => sides.nth(1),
                    FitTo::Larger => sides.max(),
                    FitTo::Smaller => sides.min(),
                };
                prop_assert_eq!(Some(side), expected);
            }
        }
    }

    #[test]
    fn insets_lie_over_the_first_and_apart((layout, sources) in (around(), sources(5))) {
        let layout = Layout { arrangement: Arrangement::Insets(Insets::default()), ..layout };
        if let Some(plan) = planned(&layout, &sources) {
            expect_max_size(&plan, &layout);
            let (main, insets) = plan.places.split_first().expect("has a first");
            expect_shape(main, sources[0].size);
            let alone = Plan { places: vec![*main], ..plan.clone() };
            expect_apart(&alone, layout.border);
            for (at, (place, shown)) in insets.iter().zip(&sources[1..]).enumerate() {
                prop_assert!(place.is_over);
                prop_assert_eq!(place.title.is_some(), shown.is_titled);
                expect_shape(place, shown.size);
                for area in areas(place) {
                    prop_assert!(main.picture.contains(&area), "{} in {}", area, main.picture);
                    let gaps = [
                        u64::from(area.x - main.picture.x),
                        u64::from(area.y - main.picture.y),
                        main.picture.right() - area.right(),
                        main.picture.bottom() - area.bottom(),
                    ];
                    prop_assert!(gaps.iter().all(|gap| *gap >= u64::from(layout.padding)));
                    for other in insets.iter().skip(at + 1).flat_map(areas) {
                        prop_assert!(!area.overlaps(&other));
                    }
                }
            }
        }
    }

    #[test]
    fn every_plan_can_be_said_explicitly(
        (layout, arrangement, sources) in (
            around(),
            prop_oneof![
                grid().prop_filter("keeps shapes", |grid| grid.fit != Fit::Stretch).prop_map(Arrangement::Grid),
                Just(Arrangement::Pair(Pair::default())),
                Just(Arrangement::Insets(Insets::default())),
            ],
            sources(5),
        ),
    ) {
        let layout = Layout { arrangement, ..layout };
        if let Some(plan) = planned(&layout, &sources) {
            let spots = plan.places.iter().map(|place| Spot {
                room: place.picture,
                fit: Fit::Contain,
                title: place.title,
            });
            let explicit = Layout {
                arrangement: Arrangement::Explicit(Explicit { size: plan.size(), spots: spots.collect() }),
                titles: Titles { size: plan.lettering.map(|lettering| lettering.size), ..layout.titles },
                border: 0,
                padding: 0,
                max_size: None,
                ..layout
            };
            // In a grid every cell has a band, also where nobody has a title: it is a title of no text.
            let shown: Vec<_> = plan.places.iter().zip(&sources)
                .map(|(place, shown)| Shown { is_titled: place.title.is_some(), ..*shown })
                .collect();
            prop_assert_eq!(planned(&explicit, &shown), Some(plan));
        }
    }
}

#[test]
fn absurd_numbers_are_answered_by_name() {
    let two = vec![Shown::new(Size::new(640, 512)); 2];
    let check = |layout: Layout, sources: &[Shown], expected: &str| {
        let error = layout.plan(sources, &Limits::default());
        assert_eq!(error.expect_err("is refused").to_string(), expected);
    };
    let grid = |grid: Grid| Layout {
        arrangement: Arrangement::Grid(grid),
        ..Layout::default()
    };
    check(
        Layout::default(),
        &[],
        "the number of sources is 0: expected 1 or more",
    );
    check(
        Layout::default(),
        &[two[0], Shown::new(Size::new(0, 3))],
        "the size of source 1 is 0x3: expected at least one pixel",
    );
    check(
        grid(Grid {
            columns: Some(0),
            ..Grid::default()
        }),
        &two,
        "--columns is 0: expected 1 or more",
    );
    check(
        grid(Grid {
            columns: Some(1),
            rows: Some(1),
            ..Grid::default()
        }),
        &two,
        "--rows is 1: expected 2 or more, for 2 sources in 1 column(s)",
    );
    check(
        grid(Grid {
            columns: Some(u32::MAX),
            rows: Some(u32::MAX),
            ..Grid::default()
        }),
        &two,
        "width is 2748779068800, the limit is 65535 (`--limit side=N` raises it)",
    );
    check(
        Layout {
            border: u32::MAX,
            padding: u32::MAX,
            ..Layout::default()
        },
        &two,
        "width is 12884903165, the limit is 65535 (`--limit side=N` raises it)",
    );
    check(
        Layout {
            border: 10,
            max_size: Some(20),
            ..Layout::default()
        },
        &two,
        "--max-size is 20: expected 22 or more: border, padding, titles and a pixel of each picture",
    );
    check(
        Layout {
            arrangement: Arrangement::Pair(Pair::default()),
            ..Layout::default()
        },
        &two[..1],
        "--pair is of 1 source: expected 2 sources or more",
    );
    let one_inset = |text: &str| Layout {
        arrangement: Arrangement::Insets(Insets {
            insets: vec![text.parse().expect("parses")],
        }),
        ..Layout::default()
    };
    check(
        one_inset("600,0"),
        &two,
        "the inset of source 1 is 600,0,scale:0.3: expected a place for 192x154 pixels and the padding within the 640x512 of the first source",
    );
    check(
        one_inset("top"),
        &two[..1],
        "--inset is given 1 time(s) for 0 source(s): expected one for each source after the first, or fewer",
    );
}

#[test]
fn insets_do_not_hide_each_other() {
    let three = vec![Shown::new(Size::new(640, 512)); 3];
    let insets = ["top-left", "5,5,scale:0.1"].map(|text| text.parse().expect("parses"));
    let layout = Layout {
        arrangement: Arrangement::Insets(Insets {
            insets: insets.to_vec(),
        }),
        ..Layout::default()
    };
    let error = layout.plan(&three, &Limits::default());
    assert_eq!(
        error.expect_err("is hidden").to_string(),
        "the inset of source 2 is 5,5,scale:0.1: expected one that does not hide that of source 1"
    );
}

#[test]
fn explicit_cells_are_within_the_canvas() {
    let check = |size: Size, room: Area, expected: &str| {
        let spot = Spot {
            room,
            fit: Fit::Contain,
            title: None,
        };
        let layout = Layout {
            arrangement: Arrangement::Explicit(Explicit {
                size,
                spots: vec![spot],
            }),
            ..Layout::default()
        };
        let error = layout.plan(&[Shown::new(Size::new(4, 3))], &Limits::default());
        assert_eq!(error.expect_err("is refused").to_string(), expected);
    };
    let canvas = Size::new(100, 50);
    check(
        canvas,
        Area::new(90, 0, Size::new(11, 9)),
        "the place of cell 0 is 11x9 at 90,0: expected at least one pixel, within 100x50",
    );
    check(
        canvas,
        Area::new(u32::MAX, 0, Size::new(u32::MAX, 9)),
        "the place of cell 0 is 4294967295x9 at 4294967295,0: expected at least one pixel, within 100x50",
    );
    check(
        canvas,
        Area::new(0, 0, Size::new(0, 9)),
        "the place of cell 0 is 0x9 at 0,0: expected at least one pixel, within 100x50",
    );
    check(
        Size::new(0, 9),
        Area::default(),
        "the size of the mosaic is 0x9: expected at least one pixel",
    );
    check(
        Size::new(100_000, 9),
        Area::default(),
        "width is 100000, the limit is 65535 (`--limit side=N` raises it)",
    );
}
