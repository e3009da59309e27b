//! How far apart two frames are, and how far apart two rate-distortion curves are.
//!
//! ```
//! use pimage_core::{Color, Frame, FrameFormat, SampleType};
//! use pimage_metrics::Difference;
//!
//! let a = Frame::zeroed(FrameFormat::new(2, 2, Color::Gray, SampleType::U8));
//! let mut b = a.clone();
//! b.samples_mut::<u8>().expect("is u8")[3] = 2;
//! let difference = Difference::between(&a, &b)?;
//! assert_eq!(difference.max, 2.0);
//! assert_eq!(difference.mean_square(), 1.0);
//! assert_eq!(difference.psnr(a.format()), 20.0 * 255f64.log10());
//! # Ok::<(), pimage_core::Error>(())
//! ```

mod bjontegaard;
mod channels;
mod difference;
mod multiscale;
mod pair;
mod peak;
mod ssim;
mod window;

pub use bjontegaard::{RatePoint, bd_psnr, bd_rate};
pub use channels::ChannelErrors;
pub use difference::Difference;
pub use multiscale::{ms_ssim, ssim_gaussian};
pub use peak::{peak_of, psnr};
