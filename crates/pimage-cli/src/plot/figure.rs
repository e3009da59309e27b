//! A figure of the columns of tables.

use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use pimage_colormap::{Coloring, Colormap};
use pimage_convert::{Measure, RangeSpec};
use pimage_core::{Cancel, Color, Error, Frame, FrameFormat, Limits, Paint, SampleType};
use pimage_plot::{
    Axis, Bins, Column, Figure, Histogram, Panel, ScaleKind, Series, Spectrum, Table, Theme,
};

use super::Data;
use super::columns::{Horizontal, vertical};

/// What is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A line through the points.
    #[default]
    Line,
    /// A dot at each point.
    Scatter,
    /// How often values occur.
    Histogram,
    /// The power at each frequency, by the method of Welch.
    Spectrum,
    /// A bar for each value.
    Bars,
    /// A tick at each value.
    Events,
    /// All numbers as an image with a colour bar.
    Image,
}

/// Two numbers, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits2(f64, f64);

impl FromStr for Limits2 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once(',').and_then(|(low, high)| {
            let low: f64 = low.trim().parse().ok()?;
            let high: f64 = high.trim().parse().ok()?;
            (low.is_finite() && high.is_finite() && low < high).then_some(Self(low, high))
        });
        numbers
            .ok_or_else(|| format!("`{text}` is not a range: expected LOW,HIGH, such as -0.5,12"))
    }
}

impl FigureArgs {
    /// The range of the x axis that was asked for.
    pub(crate) fn x_range(&self) -> Option<RangeInclusive<f64>> {
        self.xlim.map(|Limits2(low, high)| low..=high)
    }
}

/// Which axes are logarithmic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogAxes {
    X,
    Y,
    Xy,
}

/// What a figure shows.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Figure")]
pub(crate) struct FigureArgs {
    /// What to draw.
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) kind: Kind,

    /// The column along the x axis, by its name or its number from 0.
    ///
    /// Unless given, a column of times; else the first of several if its numbers rise; else the number of the row.
    #[arg(long, value_name = "COLUMN")]
    x: Option<String>,

    /// The columns to draw, by names or numbers; all but the x and those that count unless given, of a table of `pimage stats` the means.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    y: Vec<String>,

    /// Columns to draw on an axis of their own on the right side.
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    y2: Vec<String>,

    /// The title above.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// The label of the x axis, instead of the name and the unit of its column.
    #[arg(long, value_name = "TEXT")]
    xlabel: Option<String>,

    /// The label of the y axis.
    #[arg(long, value_name = "TEXT")]
    ylabel: Option<String>,

    /// The range of the x axis.
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true)]
    xlim: Option<Limits2>,

    /// The range of the y axis.
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true)]
    ylim: Option<Limits2>,

    /// Axes that are logarithmic.
    #[arg(long, value_name = "AXES", value_enum)]
    log: Option<LogAxes>,

    /// Whether there is a legend; where several series have names unless given.
    #[arg(long, value_name = "yes|no", value_parser = parse_yes, num_args = 0..=1, default_missing_value = "yes")]
    legend: Option<bool>,

    /// Dark ink on a light ground, or light ink on a dark one.
    #[arg(long, value_name = "light|dark", default_value = "light")]
    theme: Theme,

    /// Bins of a histogram; by the rule of Freedman and Diaconis unless given.
    #[arg(long, value_name = "N")]
    bins: Option<usize>,

    /// The colormap of an image.
    #[arg(long, value_name = "NAME", default_value = "viridis")]
    map: String,
}

fn parse_yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" | "on" | "true" => Ok(true),
        "no" | "off" | "false" => Ok(false),
        _ => Err(format!("`{text}` is neither yes nor no")),
    }
}

/// What is drawn against one side of a panel.
#[derive(Debug, Default)]
struct Side {
    names: Vec<String>,
    units: Vec<Option<String>>,
}

impl Side {
    fn note(&mut self, name: &str, unit: Option<&str>) {
        self.names.push(name.to_owned());
        self.units.push(unit.map(str::to_owned));
    }

    /// The axis of one column has its name; that of several has the unit that they share.
    fn axis(&self, label: Option<&str>) -> Axis {
        if let Some(label) = label {
            return Axis::new(label);
        }
        let name = match self.names.as_slice() {
            [only] => only.as_str(),
            _ => "",
        };
        let unit = self.units.first().cloned().flatten();
        match unit {
            Some(unit)
                if self
                    .units
                    .iter()
                    .all(|other| other.as_deref() == Some(&*unit)) =>
            {
                Axis::new(name).with_unit(unit)
            }
            _ => Axis::new(name),
        }
    }
}

/// A panel that is being filled.
struct Filling<'a> {
    args: &'a FigureArgs,
    panel: Panel,
    left: Side,
    right: Side,
    /// What the x axis is, where it is not that of the data.
    x: Option<Axis>,
    has_several_files: bool,
    cancel: &'a Cancel,
}

impl FigureArgs {
    /// The figure, and what stands along its x axis.
    pub(crate) fn figure(
        &self,
        (width, height): (u32, u32),
        data: &[Data],
        events: &[Data],
        cancel: &Cancel,
    ) -> Result<(Figure, Horizontal), Error> {
        let mut filling = Filling {
            args: self,
            panel: Panel::new(),
            left: Side::default(),
            right: Side::default(),
            x: None,
            has_several_files: data.len() > 1,
            cancel,
        };
        let mut first = None;
        for data in data {
            let horizontal = Horizontal::of(&data.table, self.x.as_deref())?;
            filling.add(data, &horizontal)?;
            first.get_or_insert(horizontal);
        }
        let Some(horizontal) = first else {
            let expected = "a table of numbers or a recording";
            return Err(Error::bad_option("DATA", "missing", expected));
        };
        for events in events {
            filling.add_events(events)?;
        }
        let figure = Figure::new(width, height)?.with_theme(self.theme);
        let figure = figure.with(filling.panel(&horizontal)?);
        let figure = match &self.title {
            Some(title) => figure.with_title(title.clone()),
            None => figure,
        };
        Ok((figure, horizontal))
    }

    fn bins(&self) -> Bins {
        self.bins.map_or(Bins::Auto, Bins::Count)
    }
}

impl Filling<'_> {
    /// Adds the columns of a table.
    fn add(&mut self, data: &Data, horizontal: &Horizontal) -> Result<(), Error> {
        let table = &data.table;
        if self.args.kind == Kind::Image {
            return self.add_image(table);
        }
        let left = match (self.args.y.is_empty(), self.args.y2.is_empty()) {
            (true, false) => Vec::new(),
            _ => vertical(table, &self.args.y, horizontal, "--y")?,
        };
        let right = match self.args.y2.is_empty() {
            true => Vec::new(),
            false => vertical(table, &self.args.y2, horizontal, "--y2")?,
        };
        let all = left.iter().map(|place| (place, false));
        for (place, is_right) in all.chain(right.iter().map(|place| (place, true))) {
            let Some(column) = table.columns.get(*place) else {
                continue;
            };
            let name = match self.has_several_files {
                true => format!("{}: {}", data.name, column.name),
                false => column.name.clone(),
            };
            let series = self.series(column, horizontal)?.with_name(name);
            let series = match paint(&column.name) {
                Some(paint) => series.with_paint(paint),
                None => series,
            };
            let side = if is_right {
                &mut self.right
            } else {
                &mut self.left
            };
            side.note(&column.name, column.unit.as_deref());
            let series = if is_right { series.on_right() } else { series };
            self.panel = std::mem::take(&mut self.panel).with(series);
        }
        Ok(())
    }

    fn series(&mut self, column: &Column, horizontal: &Horizontal) -> Result<Series, Error> {
        let values = column.values.as_slice();
        let own = || match &column.unit {
            Some(unit) => Axis::new(column.name.clone()).with_unit(unit.clone()),
            None => Axis::new(column.name.clone()),
        };
        match self.args.kind {
            Kind::Line | Kind::Image => Series::line(horizontal.values.clone(), values),
            Kind::Scatter => Series::scatter(horizontal.values.clone(), values),
            Kind::Histogram => {
                self.x.get_or_insert_with(own);
                Ok(Series::histogram(Histogram::new(values, self.args.bins())?))
            }
            Kind::Events => {
                self.x.get_or_insert_with(own);
                Ok(Series::events(values))
            }
            Kind::Bars => {
                // Names at the places of the bars: the numbers of the column that was named.
                let names = horizontal.values.iter().map(f64::to_string);
                let axis = Axis::new(horizontal.label.clone()).with_categories(names);
                self.x.get_or_insert(axis);
                Ok(Series::bars(values))
            }
            Kind::Spectrum => self.spectrum(values, horizontal),
        }
    }

    fn spectrum(&mut self, values: &[f64], horizontal: &Horizontal) -> Result<Series, Error> {
        let Some(step) = horizontal.step() else {
            let expected = "one that rises in even steps, as a spectrum needs";
            return Err(Error::bad_option(
                "the x of the plot",
                format!("`{}`", horizontal.label),
                expected,
            ));
        };
        let (step, unit) = match (horizontal.seconds, &horizontal.unit) {
            (Some(seconds), _) => (step * seconds, "Hz".to_owned()),
            (None, Some(unit)) => (step, format!("1/{unit}")),
            (None, None) => (step, format!("1/{}", horizontal.label)),
        };
        self.x
            .get_or_insert_with(|| Axis::new("frequency").with_unit(unit));
        let piece = 256;
        let spectrum = Spectrum::welch_in_pieces(values, 1.0 / step, piece, self.cancel)?;
        Ok(Series::spectrum(&spectrum))
    }

    fn add_image(&mut self, table: &Table) -> Result<(), Error> {
        let (rows, columns) = (table.rows(), table.columns.len());
        let side = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let format = FrameFormat::new(side(columns), side(rows), Color::Gray, SampleType::F64);
        let mut frame = Frame::empty();
        frame.reset(&format, &Limits::default())?;
        let samples = frame.samples_mut::<f64>().unwrap_or_default();
        for (row, samples) in samples.chunks_exact_mut(columns.max(1)).enumerate() {
            for (column, sample) in table.columns.iter().zip(samples) {
                *sample = column.values.get(row).copied().unwrap_or(f64::NAN);
            }
        }
        let coloring = Coloring::new(Colormap::by_name(&self.args.map)?, RangeSpec::Auto);
        let series = Series::image(frame, coloring)?;
        self.x.get_or_insert_with(|| Axis::new("column"));
        self.left.note("row", None);
        self.panel = std::mem::take(&mut self.panel).with(series);
        Ok(())
    }

    /// Adds marks at the times of a table: its x, or its only column.
    fn add_events(&mut self, events: &Data) -> Result<(), Error> {
        let horizontal = Horizontal::of(&events.table, None)?;
        let values = match (horizontal.column, events.table.columns.first()) {
            (None, Some(first)) => first.values.as_slice().into(),
            _ => horizontal.values,
        };
        let series = Series::events(values).with_name(events.name.clone());
        self.panel = std::mem::take(&mut self.panel).with(series);
        Ok(())
    }

    /// The panel with its axes.
    fn panel(self, horizontal: &Horizontal) -> Result<Panel, Error> {
        let args = self.args;
        let x = match (&args.xlabel, self.x) {
            (Some(label), Some(_)) => Axis::new(label.clone()),
            (None, Some(axis)) => axis,
            (label, None) => horizontal.axis(label.as_deref()),
        };
        let counted = match args.kind {
            Kind::Histogram => Some("count"),
            Kind::Spectrum => Some("power"),
            Kind::Events => Some(""),
            _ => None,
        };
        let y = self.left.axis(args.ylabel.as_deref().or(counted));
        let is_log = |axes: LogAxes| args.log == Some(axes) || args.log == Some(LogAxes::Xy);
        let shaped = |axis: Axis, is_log: bool, limits: Option<Limits2>| {
            let axis = if is_log {
                axis.with_scale(ScaleKind::Log)
            } else {
                axis
            };
            match limits {
                Some(Limits2(low, high)) => axis.with_range(low, high),
                None => Ok(axis),
            }
        };
        let x = shaped(x, is_log(LogAxes::X), args.xlim)?;
        let y = shaped(y, is_log(LogAxes::Y), args.ylim)?;
        let panel = self
            .panel
            .with_x(x)
            .with_y(y)
            .with_right(self.right.axis(None));
        Ok(match args.legend {
            Some(legend) => panel.with_legend(legend),
            None => panel,
        })
    }
}

/// Red, green and blue for what `pimage stats` calls so.
fn paint(name: &str) -> Option<Paint> {
    let (measure, channel) = name.split_once('_')?;
    measure.parse::<Measure>().ok()?;
    match channel.split('_').next()? {
        "r" => Some(Paint::rgb(0xd6, 0x27, 0x28)),
        "g" => Some(Paint::rgb(0x2c, 0xa0, 0x2c)),
        "b" => Some(Paint::rgb(0x1f, 0x77, 0xb4)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_two_numbers_in_order() {
        assert_eq!("-0.5, 12".parse(), Ok(Limits2(-0.5, 12.0)));
        for text in ["", "1", "2,1", "nan,1", "a,b"] {
            assert!(text.parse::<Limits2>().is_err(), "{text}");
        }
    }

    #[test]
    fn several_columns_share_their_unit() {
        let mut side = Side::default();
        side.note("a", Some("m"));
        assert_eq!(side.axis(None).title(), "a (m)");
        side.note("b", Some("m"));
        assert_eq!(side.axis(None).title(), "m");
        side.note("c", None);
        assert_eq!(side.axis(None).title(), "");
        assert_eq!(side.axis(Some("own")).title(), "own");
    }
}
