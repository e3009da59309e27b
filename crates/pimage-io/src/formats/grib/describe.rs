//! What a variable says of itself, as metadata.
#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::indexing_slicing
)]

use pimage_core::{
    Clock, Color, FrameCount, FrameFormat, FrameRate, Metadata, SampleType, StreamInfo, Value, keys,
};

use super::choose::{short_name, title_and_units, variable_name};
use super::date::date_text;
use super::grid::{self, Grid};
use super::octets::{u8_at, u16_at};
use super::product::Surface;
use super::scan::{Field, Gap, Variable};

/// Most places where something is wrong that are told in words.
const MOST_REASONS: usize = 20;

/// Names of metadata that the writer reads again.
pub(super) mod names {
    pub(crate) const DISCIPLINE: &str = "GRIB_discipline";
    pub(crate) const CATEGORY: &str = "GRIB_parameterCategory";
    pub(crate) const NUMBER: &str = "GRIB_parameterNumber";
    pub(crate) const CENTRE: &str = "GRIB_centre";
    pub(crate) const SUB_CENTRE: &str = "GRIB_subCentre";
    pub(crate) const TABLES: &str = "GRIB_tablesVersion";
    pub(crate) const LOCAL_TABLES: &str = "GRIB_localTablesVersion";
    pub(crate) const SIGNIFICANCE: &str = "GRIB_significanceOfReferenceTime";
    /// How the data are used, and whether they are an analysis or a forecast.
    pub(crate) const STATUS: [&str; 2] = [
        "GRIB_productionStatusOfProcessedData",
        "GRIB_typeOfProcessedData",
    ];
    /// How the values were made, from what, and by what.
    pub(crate) const PROCESS: [&str; 3] = [
        "GRIB_typeOfGeneratingProcess",
        "GRIB_backgroundProcess",
        "GRIB_generatingProcessIdentifier",
    ];
    pub(crate) const REFERENCE: &str = "GRIB_referenceTime";
    pub(crate) const GRID: &str = "GRIB_gridType";
    pub(crate) const WIDTH: &str = "GRIB_Ni";
    pub(crate) const HEIGHT: &str = "GRIB_Nj";
    pub(crate) const FIRST: [&str; 2] = [
        "GRIB_latitudeOfFirstGridPointInDegrees",
        "GRIB_longitudeOfFirstGridPointInDegrees",
    ];
    pub(crate) const LAST: [&str; 2] = [
        "GRIB_latitudeOfLastGridPointInDegrees",
        "GRIB_longitudeOfLastGridPointInDegrees",
    ];
    pub(crate) const WESTWARD: &str = "GRIB_iScansNegatively";
    pub(crate) const STEP_TYPE: &str = "GRIB_stepType";
    pub(crate) const TEMPLATE: &str = "GRIB_productDefinitionTemplateNumber";
    pub(crate) const MEMBER: &str = "GRIB_number";
    /// Kind, decimal places and value of the first and of the second surface.
    pub(crate) const SURFACES: [[&str; 3]; 2] = [
        [
            "GRIB_typeOfFirstFixedSurface",
            "GRIB_scaleFactorOfFirstFixedSurface",
            "GRIB_scaledValueOfFirstFixedSurface",
        ],
        [
            "GRIB_typeOfSecondFixedSurface",
            "GRIB_scaleFactorOfSecondFixedSurface",
            "GRIB_scaledValueOfSecondFixedSurface",
        ],
    ];
}

/// The stream of a variable, whose fields are `fields`.
pub(super) fn info_of(
    variable: &Variable,
    grid: &Grid,
    fields: &[Field],
    gaps: &[Gap],
) -> StreamInfo {
    let sample = match variable.needs_f64 {
        true => SampleType::F64,
        false => SampleType::F32,
    };
    let format = FrameFormat::new(grid.width, grid.height, Color::Gray, sample);
    let count = FrameCount::Exact(fields.len() as u64);
    let mut info = StreamInfo::new("grib", format, count);
    info.codec = Some(variable.packing.name().to_owned());
    info.clock = Clock::Epoch;
    info.metadata = metadata_of(variable);
    grid::add_positions(&variable.grid, grid, &mut info.metadata);
    let times: Option<Vec<i64>> = fields.iter().map(|field| field.time).collect();
    if let Some(times) = times {
        match step_of(&times) {
            Step::Even(step) => info.rate = FrameRate::new(1, step),
            Step::Uneven => {
                info.metadata
                    .insert(keys::VARIABLE_RATE.to_owned(), true.into());
            }
            Step::None => {}
        }
    }
    let reference = fields.first().and_then(|first| first.reference);
    let is_shared = fields.iter().all(|field| field.reference == reference);
    if let Some(text) = reference.filter(|_| is_shared).and_then(date_text) {
        info.metadata
            .insert(names::REFERENCE.to_owned(), text.into());
    }
    if !gaps.is_empty() {
        info.metadata
            .insert(keys::CUT.to_owned(), reasons_of(gaps).into());
    }
    info
}

/// What is wrong, in words: a few places and how many more there are.
fn reasons_of(gaps: &[Gap]) -> String {
    let shown = gaps.iter().take(MOST_REASONS);
    let mut reasons: Vec<_> = shown.map(|gap| gap.reason.clone()).collect();
    if gaps.len() > MOST_REASONS {
        reasons.push(format!("{} more places", gaps.len() - MOST_REASONS));
    }
    reasons.join("; ")
}

/// The time from one frame to the next.
#[derive(Debug, PartialEq)]
enum Step {
    /// There are fewer than two frames.
    None,
    /// Always so many seconds.
    Even(u32),
    Uneven,
}

fn step_of(times: &[i64]) -> Step {
    let mut steps = times.windows(2).filter_map(|pair| match pair {
        [before, after] => Some(after.saturating_sub(*before)),
        _ => None,
    });
    let Some(first) = steps.next() else {
        return Step::None;
    };
    match u32::try_from(first) {
        Ok(step) if step > 0 && steps.all(|other| other == first) => Step::Even(step),
        _ => Step::Uneven,
    }
}

fn metadata_of(variable: &Variable) -> Metadata {
    let mut metadata = Metadata::new();
    let product = &variable.product;
    let mut add = |name: &str, value: Value| {
        metadata.insert(name.to_owned(), value);
    };
    let (discipline, category, number) = product.codes;
    add(names::DISCIPLINE, u32::from(discipline).into());
    add(names::CATEGORY, u32::from(category).into());
    add(names::NUMBER, u32::from(number).into());
    add("GRIB_shortName", short_name(product).into());
    if let Some(name) = variable_name(product) {
        add("variable", name.into());
    }
    if let Some((title, units)) = title_and_units(product) {
        add("long_name", title.into());
        add("units", units.into());
    }
    let level = product.level();
    add("GRIB_typeOfLevel", level.kind.into());
    if let Some(value) = level.value {
        add("GRIB_level", value.into());
    }
    add(names::STEP_TYPE, product.step_type().into());
    if let Some(member) = product.member {
        add(names::MEMBER, u32::from(member).into());
    }
    if !product.is_plain() {
        add(names::TEMPLATE, u32::from(product.template).into());
    }
    add("GRIB_packingType", variable.packing.name().into());
    add("GRIB_bitsPerValue", u32::from(variable.packing.bits).into());
    let identification = &variable.identification;
    let numbers = [
        (names::CENTRE, u16_at(identification, 5)),
        (names::SUB_CENTRE, u16_at(identification, 7)),
        (names::TABLES, u8_at(identification, 9).map(u16::from)),
        (
            names::LOCAL_TABLES,
            u8_at(identification, 10).map(u16::from),
        ),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            add(name, u32::from(value).into());
        }
    }
    let [status, data] = names::STATUS;
    let made = [(names::SIGNIFICANCE, 11), (status, 19), (data, 20)];
    let made = made.map(|(name, at)| (name, u8_at(identification, at)));
    let process = variable.process.map(Some);
    let all = made
        .into_iter()
        .chain(names::PROCESS.into_iter().zip(process));
    for (name, value) in all {
        // All bits are set where nothing is said.
        if let Some(value) = value.filter(|value| *value != 255) {
            add(name, u32::from(value).into());
        }
    }
    if let Some((first, second)) = product.surfaces {
        for (surface, names) in [first, second].into_iter().zip(names::SURFACES) {
            describe_surface(surface, names, &mut metadata);
        }
    }
    grid::describe(&variable.grid, &mut metadata);
    metadata
}

fn describe_surface(surface: Surface, [kind, places, value]: [&str; 3], metadata: &mut Metadata) {
    if !surface.is_there() {
        return;
    }
    metadata.insert(kind.to_owned(), u32::from(surface.kind).into());
    if let Some(pair) = surface.value {
        metadata.insert(places.to_owned(), i64::from(pair.0).into());
        metadata.insert(value.to_owned(), i64::from(pair.1).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_reasons_stand_for_many() {
        let gap = |index| Gap {
            fields_before: index,
            reason: format!("gap {index}"),
        };
        let gaps: Vec<_> = (0..1000).map(gap).collect();
        assert_eq!(reasons_of(&[gap(0), gap(1)]), "gap 0; gap 1");
        let text = reasons_of(&gaps);
        assert!(text.ends_with("gap 19; 980 more places"), "{text}");
    }

    #[test]
    fn a_rate_needs_even_steps() {
        assert_eq!(step_of(&[0, 3_600, 7_200]), Step::Even(3_600));
        assert_eq!(step_of(&[0, 3_600, 7_201]), Step::Uneven);
        assert_eq!(step_of(&[0, 0]), Step::Uneven);
        assert_eq!(step_of(&[9, 0]), Step::Uneven);
        assert_eq!(step_of(&[9]), Step::None);
        assert_eq!(step_of(&[i64::MIN, i64::MAX]), Step::Uneven);
    }
}
