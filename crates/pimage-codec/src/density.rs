//! The size of a pixel, from how many there are in a length.

use pimage_core::{Metadata, keys};

/// Says the size of a pixel in micrometers, where there are so many in a meter, across and down; nothing when that is not positive.
pub(crate) fn insert_pixel_size(metadata: &mut Metadata, pixels_per_meter: [f64; 2]) {
    let [x, y] = pixels_per_meter.map(|pixels| 1e6 / pixels);
    if !(x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0) {
        return;
    }
    metadata.insert(keys::PIXEL_SIZE_X.to_owned(), x.into());
    metadata.insert(keys::PIXEL_SIZE_Y.to_owned(), y.into());
    metadata.insert(keys::PIXEL_SIZE_UNIT.to_owned(), "µm".into());
}
