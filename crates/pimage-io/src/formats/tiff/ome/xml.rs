//! OME-XML: what it says of each image.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// One image of the description.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Image {
    pub(super) name: Option<String>,
    /// When it was taken.
    pub(super) date: Option<String>,
    /// `XYCZT` and the like.
    pub(super) order: String,
    pub(super) size_c: u64,
    pub(super) size_z: u64,
    pub(super) size_t: u64,
    pub(super) bits: Option<u8>,
    /// Size of a pixel across, down and in depth, with its unit.
    pub(super) physical: [Option<(f64, String)>; 3],
    pub(super) increment: Option<(f64, String)>,
    pub(super) channels: Vec<Channel>,
    pub(super) data: Vec<TiffData>,
    pub(super) planes: Vec<Plane>,
}

/// One channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Channel {
    pub(super) name: Option<String>,
}

/// Which pages hold which planes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TiffData {
    pub(super) ifd: Option<u64>,
    pub(super) first_c: u64,
    pub(super) first_z: u64,
    pub(super) first_t: u64,
    pub(super) count: Option<u64>,
    pub(super) file: Option<String>,
    pub(super) uuid: Option<String>,
}

/// When one plane was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Plane {
    pub(super) c: u64,
    pub(super) z: u64,
    pub(super) t: u64,
    /// Seconds.
    pub(super) delta: Option<f64>,
}

/// A description.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ome {
    /// Of the file that holds it.
    pub(super) uuid: Option<String>,
    /// The file that holds the description in its place.
    pub(super) elsewhere: Option<String>,
    pub(super) images: Vec<Image>,
}

/// Reads a description; entities that a document declares are not expanded, so that nothing grows. An error is a sentence.
pub(super) fn parse(text: &str) -> Result<Ome, String> {
    let mut reader = Reader::from_str(text);
    let mut ome = Ome::default();
    let (mut is_uuid_of_data, mut is_date) = (false, false);
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(element) => {
                is_uuid_of_data = element.local_name().as_ref() == "UUID";
                is_date = element.local_name().as_ref() == "AcquisitionDate";
                begin(&element, &mut ome)?;
            }
            Event::Empty(element) => {
                begin(&element, &mut ome)?;
            }
            Event::Text(text) if is_uuid_of_data => {
                let uuid = text.trim().to_owned();
                let image = ome.images.last_mut();
                if let Some(data) = image.and_then(|image| image.data.last_mut()) {
                    data.uuid = Some(uuid);
                }
                is_uuid_of_data = false;
            }
            Event::Text(text) if is_date => {
                if let Some(image) = ome.images.last_mut() {
                    image.date = Some(text.trim().to_owned());
                }
                is_date = false;
            }
            Event::End(_) => (is_uuid_of_data, is_date) = (false, false),
            Event::Eof => break,
            _ => {}
        }
    }
    if ome.images.is_empty() && ome.elsewhere.is_none() {
        return Err("it describes no image".to_owned());
    }
    Ok(ome)
}

/// The attributes of an element.
struct Attributes<'a, 'e>(&'a BytesStart<'e>);

impl Attributes<'_, '_> {
    fn text(&self, name: &str) -> Option<String> {
        let attribute = self.0.try_get_attribute(name).ok()??;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    }

    fn count(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    fn number(&self, name: &str) -> Option<f64> {
        let number = self.text(name)?.trim().parse::<f64>().ok()?;
        number.is_finite().then_some(number)
    }

    /// A number and its unit, with the unit that OME has where none is said.
    fn quantity(&self, name: &str, usual: &str) -> Option<(f64, String)> {
        let number = self.number(name).filter(|number| *number > 0.0)?;
        let unit = self.text(&format!("{name}Unit"));
        Some((number, unit.unwrap_or_else(|| usual.to_owned())))
    }
}

fn begin(element: &BytesStart<'_>, ome: &mut Ome) -> Result<(), String> {
    let attributes = Attributes(element);
    let name = element.local_name();
    match name.as_ref() {
        "OME" => ome.uuid = attributes.text("UUID"),
        "BinaryOnly" => ome.elsewhere = attributes.text("MetadataFile"),
        "Image" => ome.images.push(Image {
            name: attributes.text("Name"),
            ..Image::default()
        }),
        _ => {
            if let Some(image) = ome.images.last_mut() {
                within(name.as_ref(), &attributes, image)?;
            }
        }
    }
    Ok(())
}

fn within(name: &str, attributes: &Attributes<'_, '_>, image: &mut Image) -> Result<(), String> {
    match name {
        "Pixels" => pixels(attributes, image)?,
        "Channel" => image.channels.push(Channel {
            name: attributes.text("Name").filter(|name| !name.is_empty()),
        }),
        "TiffData" => image.data.push(TiffData {
            ifd: attributes.count("IFD"),
            first_c: attributes.count("FirstC").unwrap_or(0),
            first_z: attributes.count("FirstZ").unwrap_or(0),
            first_t: attributes.count("FirstT").unwrap_or(0),
            count: attributes.count("PlaneCount"),
            file: None,
            uuid: None,
        }),
        "UUID" => {
            if let Some(data) = image.data.last_mut() {
                data.file = attributes.text("FileName");
            }
        }
        "Plane" => {
            let unit = attributes.text("DeltaTUnit");
            let delta = attributes.number("DeltaT");
            image.planes.push(Plane {
                c: attributes.count("TheC").unwrap_or(0),
                z: attributes.count("TheZ").unwrap_or(0),
                t: attributes.count("TheT").unwrap_or(0),
                delta: delta.and_then(|delta| in_secs(delta, unit.as_deref().unwrap_or("s"))),
            });
        }
        _ => {}
    }
    Ok(())
}

fn pixels(attributes: &Attributes<'_, '_>, image: &mut Image) -> Result<(), String> {
    let size = |name: &str| match attributes.count(name) {
        Some(0) | None => Err(format!("`{name}` is missing or no number")),
        Some(size) => Ok(size),
    };
    (image.size_c, image.size_z, image.size_t) = (size("SizeC")?, size("SizeZ")?, size("SizeT")?);
    let order = attributes.text("DimensionOrder").unwrap_or_default();
    let mut letters: Vec<char> = order.chars().collect();
    letters.sort_unstable();
    if letters != ['C', 'T', 'X', 'Y', 'Z'] || !order.starts_with("XY") {
        return Err(format!("`DimensionOrder` is `{order}`"));
    }
    image.order = order;
    let bits = attributes.count("SignificantBits");
    image.bits = bits.and_then(|bits| u8::try_from(bits).ok());
    image.physical = ["PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ"]
        .map(|name| attributes.quantity(name, "µm"));
    image.increment = attributes.quantity("TimeIncrement", "s");
    Ok(())
}

/// Seconds, of the units that OME knows for times.
pub(super) fn in_secs(value: f64, unit: &str) -> Option<f64> {
    let factor = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" | "us" => 1e-6,
        "ns" => 1e-9,
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">
        <Image ID="Image:0" Name="a &amp; b"><AcquisitionDate>2026-03-09T14:05:00.25</AcquisitionDate><Pixels DimensionOrder="XYCZT" SizeX="4" SizeY="3" SizeC="2" SizeZ="3" SizeT="5"
         PhysicalSizeX="0.5" PhysicalSizeY="0.25" PhysicalSizeYUnit="nm" TimeIncrement="20" TimeIncrementUnit="ms">
        <Channel ID="Channel:0:0" Name="DAPI"/><Channel ID="Channel:0:1"/>
        <TiffData IFD="3" FirstC="1" PlaneCount="1"><UUID FileName="b.ome.tif">urn:uuid:2</UUID></TiffData>
        <Plane TheC="1" TheZ="2" TheT="3" DeltaT="1.5"/></Pixels></Image></OME>"#;

    #[test]
    fn descriptions_are_read() {
        let ome = parse(SMALL).expect("is well-formed");
        assert_eq!(ome.uuid.as_deref(), Some("urn:uuid:1"));
        let image = &ome.images[0];
        assert_eq!(image.name.as_deref(), Some("a & b"));
        assert_eq!(image.date.as_deref(), Some("2026-03-09T14:05:00.25"));
        assert_eq!((image.size_c, image.size_z, image.size_t), (2, 3, 5));
        assert_eq!(image.physical[0], Some((0.5, "µm".to_owned())));
        assert_eq!(image.physical[1], Some((0.25, "nm".to_owned())));
        assert_eq!(image.increment, Some((20.0, "ms".to_owned())));
        assert_eq!(image.channels.len(), 2);
        let data = &image.data[0];
        assert_eq!((data.ifd, data.first_c, data.count), (Some(3), 1, Some(1)));
        assert_eq!(data.file.as_deref(), Some("b.ome.tif"));
        assert_eq!(data.uuid.as_deref(), Some("urn:uuid:2"));
        assert_eq!(image.planes[0].delta, Some(1.5));
    }

    #[test]
    fn broken_descriptions_are_sentences() {
        for (text, reason) in [
            ("<OME></OME>", "no image"),
            ("<OME><Image></OME>", "Image"),
            (
                "<OME><Image><Pixels SizeC='1' SizeT='1'/></Image></OME>",
                "SizeZ",
            ),
            (
                "<OME><Image><Pixels SizeC='1' SizeT='1' SizeZ='1' DimensionOrder='XYZTZ'/></Image></OME>",
                "XYZTZ",
            ),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn entities_do_not_grow() {
        let text = "<!DOCTYPE OME [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>\
            <OME><Image Name='&b;'><Pixels SizeC='1' SizeT='1' SizeZ='1' DimensionOrder='XYZCT'/></Image></OME>";
        let ome = parse(text).expect("is well-formed");
        assert_eq!(ome.images[0].name, None);
    }
}
