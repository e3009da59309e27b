//! How the cells of a mosaic are laid out, as typed.

use clap::Args;
use pimage_core::{Error, Paint};
use pimage_mosaic::{
    Arrangement, Aspect, CellSize, Direction, Fit, FitTo, Grid, Inset, Insets, Layout, Pair, Side,
    Titles, method_named,
};
use pimage_transform::Method;

/// Cells in a row or column; what there is to say of none is said with the layout.
fn parse_cells(text: &str) -> Result<u32, String> {
    let refused = || format!("`{text}` is not a number of cells: expected 1 or more");
    text.parse().ok().ok_or_else(refused)
}

/// Where the sources are shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Layout")]
#[group(id = "layout_options", multiple = true)]
pub(crate) struct LayoutArgs {
    /// Cells in a row; without --columns and --rows as many as bring the mosaic nearest to --aspect.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_cells)]
    columns: Option<u32>,

    /// Rows of cells.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_cells)]
    rows: Option<u32>,

    /// Width over height that the mosaic should come near to, such as 16:9 (the default) or 1.5.
    #[arg(long, value_name = "W:H", allow_negative_numbers = true, conflicts_with_all = ["columns", "rows"])]
    aspect: Option<Aspect>,

    /// The room of each picture, such as 320x240, 320x or x240; the greatest width and height of all sources unless given.
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    cell_size: Option<CellSize>,

    /// How a picture is fitted into its cell: contain (as large as its shape lets it be), shrink (never larger than it is) or stretch.
    #[arg(long, value_name = "HOW")]
    fit: Option<Fit>,

    /// Side by side with one height (horizontal), or one above the other with one width (vertical), instead of a grid.
    #[arg(long, value_name = "DIRECTION", conflicts_with_all = ["columns", "rows", "aspect", "cell_size", "fit"])]
    pair: Option<Direction>,

    /// Whose height or width the sources of a pair get: first (the default), second, larger or smaller.
    #[arg(long, value_name = "SOURCE", requires = "pair")]
    fit_to: Option<FitTo>,

    /// The sources after the first as small pictures over it, such as bottom-right, top-left,scale:0.25 or 40,8,scale:0.5.
    ///
    /// Given once for each of them, in their order; those for which it is not given take the corners that are left.
    /// X,Y are pixels from the upper left of the large picture; scale is the part of its sides that a small one may take, 0.3 unless given.
    #[arg(long = "inset", value_name = "PLACE", allow_hyphen_values = true, conflicts_with_all = ["columns", "rows", "aspect", "cell_size", "fit", "pair"])]
    insets: Vec<Inset>,

    /// Pixels of background around everything.
    #[arg(
        long,
        value_name = "PIXELS",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    border: u32,

    /// Pixels of background between cells, and between insets and the edges of the large picture.
    #[arg(
        long,
        value_name = "PIXELS",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    padding: u32,

    /// The colour between and around the pictures, such as white, #202020 or 64; black unless given.
    #[arg(long, value_name = "COLOR")]
    background: Option<Paint>,

    /// Longest side of the whole mosaic, pixels; the pictures shrink as much as it takes.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true)]
    max_size: Option<u32>,

    /// How pictures are resized: auto (area where they shrink, linear where they grow), nearest, linear, cubic, area or lanczos.
    #[arg(long, value_name = "METHOD", value_parser = parse_method)]
    method: Option<Resizing>,

    /// Titles above or below their pictures.
    #[arg(long, value_name = "SIDE")]
    title_side: Option<Side>,

    /// Size of the letters of titles, pixels; a twenty-fourth of a cell, within 12 and 64, unless given.
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true)]
    title_size: Option<f64>,

    /// Colour of the letters of titles; what is legible unless given.
    #[arg(long, value_name = "COLOR")]
    title_color: Option<Paint>,

    /// Colour behind titles; the background's unless given.
    #[arg(long, value_name = "COLOR")]
    title_background: Option<Paint>,
}

/// A method of resizing; `auto` is none.
#[derive(Debug, Clone, Copy)]
struct Resizing(Option<Method>);

fn parse_method(name: &str) -> Result<Resizing, Error> {
    method_named(name).map(Resizing)
}

impl LayoutArgs {
    /// What was asked for.
    pub(crate) fn layout(&self) -> Layout {
        let arrangement = if let Some(direction) = self.pair {
            let fit_to = self.fit_to.unwrap_or_default();
            Arrangement::Pair(Pair { direction, fit_to })
        } else if self.insets.is_empty() {
            Arrangement::Grid(Grid {
                columns: self.columns,
                rows: self.rows,
                aspect: self.aspect.unwrap_or_default(),
                cell: self.cell_size,
                fit: self.fit.unwrap_or_default(),
            })
        } else {
            let insets = self.insets.clone();
            Arrangement::Insets(Insets { insets })
        };
        Layout {
            arrangement,
            border: self.border,
            padding: self.padding,
            background: self.background.unwrap_or(Paint::BLACK),
            max_size: self.max_size,
            method: self.method.and_then(|method| method.0),
            titles: Titles {
                side: self.title_side.unwrap_or_default(),
                size: self.title_size,
                paint: self.title_color,
                band: self.title_background,
            },
        }
    }
}
