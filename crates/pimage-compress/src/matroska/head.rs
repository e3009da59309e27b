//! What stands before the clusters: the file's header, the track, and the tag that describes the array.

use super::ebml::{
    self, Children, child, put, put_checked, put_float, put_place, put_uint, put_void,
};
use super::ids;

/// Name of the tag whose text describes the array.
pub(crate) const TAG_NAME: &str = "PIMAGE_ARRAY";

/// The video of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Track {
    /// As Matroska calls it: `V_MJPEG`.
    pub(crate) codec: String,
    /// What the decoder needs before the first picture; empty where it needs nothing.
    pub(crate) private: Vec<u8>,
    /// Size of the pictures, pixels.
    pub(crate) size: [u32; 2],
    /// Size at which they are to be shown, for its shape.
    pub(crate) display: [u32; 2],
    /// Nanoseconds of a tick.
    pub(crate) tick: u64,
    /// Nanoseconds from one picture to the next, where that is always the same.
    pub(crate) period: Option<u64>,
}

/// What is known once all clusters are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Totals {
    /// Ticks from the first picture to the end of the last.
    pub(crate) duration: u64,
    /// Where the cues begin, from the start of the file.
    pub(crate) cues_at: u64,
    /// Length of the file.
    pub(crate) length: u64,
}

/// All that stands before the first cluster; as long without totals as with them.
pub(crate) fn build(track: &Track, description: &str, totals: Option<Totals>) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, ids::EBML, &ebml_header());
    let inside = segment_at();
    let size = totals.map(|totals| totals.length.saturating_sub(inside));
    ebml::open_element(&mut out, ids::SEGMENT, size);
    let (mut info, mut tags, mut tracks) = (Vec::new(), Vec::new(), Vec::new());
    put_checked(&mut info, ids::INFO, &info_of(track, totals));
    put_checked(&mut tags, ids::TAGS, &tags_of(description));
    put_checked(&mut tracks, ids::TRACKS, &tracks_of(track));
    let cues_at = totals.map(|totals| totals.cues_at.saturating_sub(inside));
    let lengths = [info.len(), tags.len()].map(|length| length as u64);
    // Its own length does not depend on what it says.
    let length = seek_head([0; 3], cues_at).len() as u64;
    let first = length;
    let second = first + lengths[0];
    let third = second + lengths[1];
    out.extend(seek_head([first, second, third], cues_at));
    out.extend(info);
    out.extend(tags);
    out.extend(tracks);
    out
}

/// Where the body of the segment begins, from which places in a file are counted.
pub(crate) fn segment_at() -> u64 {
    let mut out = Vec::new();
    put(&mut out, ids::EBML, &ebml_header());
    ebml::open_element(&mut out, ids::SEGMENT, None);
    out.len() as u64
}

fn ebml_header() -> Vec<u8> {
    let mut out = Vec::new();
    put_uint(&mut out, ids::EBML_VERSION, 1);
    put_uint(&mut out, ids::EBML_READ_VERSION, 1);
    put_uint(&mut out, ids::EBML_MAX_ID_LENGTH, 4);
    put_uint(&mut out, ids::EBML_MAX_SIZE_LENGTH, 8);
    put(&mut out, ids::DOC_TYPE, b"matroska");
    put_uint(&mut out, ids::DOC_TYPE_VERSION, 4);
    put_uint(&mut out, ids::DOC_TYPE_READ_VERSION, 2);
    out
}

/// Where the other elements are, from the first byte in the segment.
fn seek_head(places: [u64; 3], cues_at: Option<u64>) -> Vec<u8> {
    let names = [ids::INFO, ids::TAGS, ids::TRACKS];
    let entry = |id: u32, at: u64| {
        let mut seek = Vec::new();
        put(&mut seek, ids::SEEK_ID, &id.to_be_bytes());
        put_place(&mut seek, ids::SEEK_POSITION, at);
        let mut out = Vec::new();
        put(&mut out, ids::SEEK, &seek);
        out
    };
    let mut body = Vec::new();
    for (id, at) in names.into_iter().zip(places) {
        body.extend(entry(id, at));
    }
    match cues_at {
        Some(at) => body.extend(entry(ids::CUES, at)),
        None => put_void(&mut body, entry(ids::CUES, 0).len()),
    }
    let mut out = Vec::new();
    put_checked(&mut out, ids::SEEK_HEAD, &body);
    out
}

fn info_of(track: &Track, totals: Option<Totals>) -> Vec<u8> {
    let mut out = Vec::new();
    put_uint(&mut out, ids::TIMESTAMP_SCALE, track.tick);
    let duration = totals.map_or(0, |totals| totals.duration);
    match duration {
        // A duration of nothing is not allowed: the element is as long.
        0 => put_void(&mut out, 11),
        ticks => put_float(&mut out, ids::DURATION, ticks as f64),
    }
    let name = concat!("pimage ", env!("CARGO_PKG_VERSION"));
    put(&mut out, ids::MUXING_APP, name.as_bytes());
    put(&mut out, ids::WRITING_APP, name.as_bytes());
    out
}

fn tags_of(description: &str) -> Vec<u8> {
    let mut simple = Vec::new();
    put(&mut simple, ids::TAG_NAME, TAG_NAME.as_bytes());
    put(&mut simple, ids::TAG_STRING, description.as_bytes());
    let mut tag = Vec::new();
    put(&mut tag, ids::TARGETS, &[]);
    put(&mut tag, ids::SIMPLE_TAG, &simple);
    let mut out = Vec::new();
    put(&mut out, ids::TAG, &tag);
    out
}

fn tracks_of(track: &Track) -> Vec<u8> {
    let [width, height] = track.size.map(u64::from);
    let [shown_width, shown_height] = track.display.map(u64::from);
    let mut video = Vec::new();
    put_uint(&mut video, ids::FLAG_INTERLACED, 2);
    put_uint(&mut video, ids::PIXEL_WIDTH, width);
    put_uint(&mut video, ids::PIXEL_HEIGHT, height);
    put_uint(&mut video, ids::DISPLAY_WIDTH, shown_width);
    put_uint(&mut video, ids::DISPLAY_HEIGHT, shown_height);
    let mut entry = Vec::new();
    put_uint(&mut entry, ids::TRACK_NUMBER, 1);
    put_uint(&mut entry, ids::TRACK_UID, 1);
    put_uint(&mut entry, ids::TRACK_TYPE, 1);
    put_uint(&mut entry, ids::FLAG_LACING, 0);
    if let Some(period) = track.period {
        put_uint(&mut entry, ids::DEFAULT_DURATION, period);
    }
    put_uint(&mut entry, ids::MAX_BLOCK_ADDITION_ID, 1);
    put(&mut entry, ids::CODEC_ID, track.codec.as_bytes());
    if !track.private.is_empty() {
        put(&mut entry, ids::CODEC_PRIVATE, &track.private);
    }
    put(&mut entry, ids::VIDEO, &video);
    let mut out = Vec::new();
    put(&mut out, ids::TRACK_ENTRY, &entry);
    out
}

/// The text that describes the array, out of the body of the tags; `None` where they have none.
pub(crate) fn description_of(tags: &[u8]) -> Option<&str> {
    let named = |(id, body): (u32, &'_ [u8])| {
        id == ids::SIMPLE_TAG && child(body, ids::TAG_NAME) == Some(TAG_NAME.as_bytes())
    };
    let tags = Children(tags).filter(|(id, _)| *id == ids::TAG);
    let mut simple = tags.flat_map(|(_, tag)| Children(tag));
    let (_, found) = simple.find(|found| named(*found))?;
    std::str::from_utf8(child(found, ids::TAG_STRING)?).ok()
}

/// The video, out of the body of the tracks, but for its tick; `None` where there is none.
pub(crate) fn track_of(tracks: &[u8]) -> Option<Track> {
    let entry = child(tracks, ids::TRACK_ENTRY)?;
    let video = child(entry, ids::VIDEO)?;
    let side = |id: u32| u32::try_from(ebml::uint(child(video, id)?)?).ok();
    Some(Track {
        codec: String::from_utf8(child(entry, ids::CODEC_ID)?.to_vec()).ok()?,
        private: child(entry, ids::CODEC_PRIVATE)
            .unwrap_or_default()
            .to_vec(),
        size: [side(ids::PIXEL_WIDTH)?, side(ids::PIXEL_HEIGHT)?],
        display: [side(ids::DISPLAY_WIDTH)?, side(ids::DISPLAY_HEIGHT)?],
        tick: 0,
        period: child(entry, ids::DEFAULT_DURATION).and_then(ebml::uint),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_do_not_change_the_length() {
        let track = Track {
            codec: "V_MJPEG".to_owned(),
            private: vec![1, 2, 3],
            size: [64, 48],
            display: [640, 480],
            tick: 625_000,
            period: Some(40_000_000),
        };
        let without = build(&track, "{}", None);
        let totals = Totals {
            duration: 3000,
            cues_at: 1 << 33,
            length: 1 << 34,
        };
        let with = build(&track, "{}", Some(totals));
        assert_eq!(without.len(), with.len());
        let header = ebml::Head::parse(&with).expect("is an element");
        let start = header.bytes + header.size.expect("is known") as usize;
        let segment = ebml::Head::parse(&with[start..]).expect("is an element");
        let inside = &with[start + segment.bytes..];
        let tags = child(inside, ids::TAGS)
            .and_then(ebml::checked)
            .expect("is sound");
        assert_eq!(description_of(tags), Some("{}"));
        let tracks = child(inside, ids::TRACKS)
            .and_then(ebml::checked)
            .expect("is sound");
        assert_eq!(track_of(tracks), Some(Track { tick: 0, ..track }));
    }
}
