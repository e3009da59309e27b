//! Text on frames: a bundled font or any TTF or OTF, outlines and shadows, on every sample type.
//!
//! A [`Pen`] is a [`Font`] at one size with a [`TextStyle`]; it draws on any [`Frame`](pimage_core::Frame), and may be used by several threads.
//! [`fill_rectangle`], [`surround_rectangle`] and [`draw_line`] draw what goes with text: bars, ticks, crosses.
//!
//! Characters are placed one after the other from left to right, with the font's kerning and nothing else:
//! scripts that need shaping or run from right to left do not come out as they are written by hand.
//! Control and formatting characters are dropped; what the font does not have, such as emoji, is its box for missing characters.
//!
//! Paint is in the frame's own range: white is [`FrameFormat::full_scale`](pimage_core::FrameFormat::full_scale), which is 1 in frames of floats.
//! Gray frames get the luma of a colour. Where a frame has an opacity, it is raised by what is drawn.

mod anchor;
mod bitmap;
mod blend;
mod coverage;
mod flatten;
mod font;
mod glyphs;
mod layout;
mod pen;
mod shape;
mod style;

pub use anchor::Anchor;
pub use font::Font;
pub use pen::{Extent, Pen};
pub use shape::{draw_line, fill_rectangle, surround_rectangle};
pub use style::{Background, Outline, Shadow, TextStyle};
