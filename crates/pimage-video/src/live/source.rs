//! What is meant by the name of a camera or the address of a stream.

use std::fmt;
use std::str::FromStr;

use pimage_core::{Error, FrameRate};

/// What begins the name of a camera.
const CAMERA: &str = "camera:";

/// What begins the address of a network stream.
const NETWORK: [&str; 9] = [
    "http://", "https://", "rtmp://", "rtmps://", "rtp://", "rtsp://", "rtsps://", "tcp://",
    "udp://",
];

/// A camera or a network stream, by name.
///
/// `camera:/dev/video0` (Linux), `camera:0` (macOS) or `camera:video=Integrated Camera` (Windows), perhaps with size and rate behind a comma:
/// `camera:/dev/video0,640x480@30`. Addresses begin with `rtsp://`, `rtp://`, `rtmp://`, `tcp://`, `udp://`, `http://` or `https://`.
///
/// ```
/// use pimage_video::LiveSource;
///
/// assert!(LiveSource::is_named("rtsp://10.0.0.7/stream") && !LiveSource::is_named("film.mp4"));
/// let camera: LiveSource = "camera:/dev/video0,640x480@30".parse()?;
/// assert_eq!(camera.to_string(), "camera:/dev/video0,640x480@30");
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSource {
    pub(super) name: String,
    /// What libavformat is told.
    pub(super) address: String,
    /// libavformat's name of the kind of device; `None` for the network.
    pub(super) device: Option<String>,
    pub(super) options: Vec<(String, String)>,
}

impl LiveSource {
    /// Whether a name is meant as a camera or a network stream, and not as a file.
    #[must_use]
    pub fn is_named(name: &str) -> bool {
        name.starts_with(CAMERA) || NETWORK.iter().any(|scheme| name.starts_with(scheme))
    }

    /// A device by the kind that FFmpeg calls it, such as `v4l2`, and its name there.
    #[must_use]
    pub fn device(kind: &str, address: &str) -> Self {
        Self {
            name: format!("{kind}:{address}"),
            address: address.to_owned(),
            device: Some(kind.to_owned()),
            options: Vec::new(),
        }
    }
}

impl FromStr for LiveSource {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let wrong = || {
            let expected =
                "camera:NAME[,WIDTHxHEIGHT][@RATE], or an address such as rtsp://HOST/PATH";
            Error::bad_option("the source", format!("`{name}`"), expected)
        };
        if let Some(camera) = name.strip_prefix(CAMERA) {
            let (address, mode) = camera.rsplit_once(',').unwrap_or((camera, ""));
            let options = mode_options(mode).ok_or_else(wrong)?;
            if address.is_empty() {
                return Err(wrong());
            }
            return Ok(Self {
                name: name.to_owned(),
                options,
                ..Self::device(system_devices(), address)
            });
        }
        if !Self::is_named(name) {
            return Err(wrong());
        }
        let mut options = Vec::new();
        if name.starts_with("rtsp") {
            // Nothing is lost on the way by TCP; where a server has only UDP, that is taken.
            options.push(("rtsp_flags".to_owned(), "prefer_tcp".to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            address: name.to_owned(),
            device: None,
            options,
        })
    }
}

impl fmt::Display for LiveSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// FFmpeg's name of this system's cameras.
const fn system_devices() -> &'static str {
    if cfg!(windows) {
        "dshow"
    } else if cfg!(target_os = "macos") {
        "avfoundation"
    } else {
        "v4l2"
    }
}

/// `640x480@30`, either part alone, or nothing.
fn mode_options(mode: &str) -> Option<Vec<(String, String)>> {
    let (size, rate) = mode.split_once('@').unwrap_or((mode, ""));
    let mut options = Vec::new();
    if !size.is_empty() {
        let (width, height) = size.split_once('x')?;
        let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
        options.push(("video_size".to_owned(), format!("{width}x{height}")));
    }
    if !rate.is_empty() {
        let rate: FrameRate = rate.parse().ok()?;
        options.push(("framerate".to_owned(), rate.to_string()));
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cameras_or_addresses() {
        for name in [
            "camera:/dev/video0",
            "camera:/dev/video0,640x480",
            "rtsp://host/a,b",
            "udp://127.0.0.1:5000",
        ] {
            let source: LiveSource = name.parse().expect("is one");
            assert_eq!(source.to_string(), name);
        }
        for name in [
            "camera:",
            "camera:/dev/video0,640",
            "film.mp4",
            "file:///etc/passwd",
            "concat:a|b",
        ] {
            assert!(name.parse::<LiveSource>().is_err(), "{name}");
        }
        assert!(!LiveSource::is_named("film.mp4") && !LiveSource::is_named("/dev/video0"));
    }
}
