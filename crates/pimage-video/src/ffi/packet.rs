//! A coded picture.

use super::error::AvError;
use super::{api, sys};

/// A packet and its data, freed when dropped.
pub(crate) struct Packet(*mut sys::AVPacket);

// SAFETY: a packet is plain data with reference-counted buffers whose counts are atomic; it belongs to no thread.
unsafe impl Send for Packet {}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packet")
            .field("pts", &self.pts())
            .field("dts", &self.dts())
            .field("bytes", &self.data().len())
            .finish()
    }
}

impl Packet {
    /// An empty packet.
    pub(crate) fn new() -> Result<Self, AvError> {
        // SAFETY: allocates; null means no memory.
        let packet = unsafe { api::av_packet_alloc() };
        if packet.is_null() {
            return Err(AvError::no_memory());
        }
        Ok(Self(packet))
    }

    /// A packet that holds a copy of `data`.
    pub(crate) fn from_data(data: &[u8]) -> Result<Self, AvError> {
        let packet = Self::new()?;
        let size = i32::try_from(data.len())
            .ok()
            .ok_or_else(AvError::no_memory)?;
        // SAFETY: the packet is empty; the buffer it gets has room for `size` bytes and padding.
        AvError::check(unsafe { api::av_new_packet(packet.0, size) })?;
        // SAFETY: `data` of the packet has `size` bytes since the call above.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), (*packet.0).data, data.len()) };
        Ok(packet)
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::AVPacket {
        self.0
    }

    const fn get(&self) -> &sys::AVPacket {
        // SAFETY: not null by construction, and nobody else has the pointer while `self` is borrowed.
        unsafe { &*self.0 }
    }

    const fn get_mut(&mut self) -> &mut sys::AVPacket {
        // SAFETY: as in `get`; the borrow is exclusive.
        unsafe { &mut *self.0 }
    }

    /// Gives the data back.
    pub(crate) fn clear(&mut self) {
        // SAFETY: the packet is ours.
        unsafe { api::av_packet_unref(self.0) }
    }

    /// Takes the contents of this packet into a new one.
    pub(crate) fn take(&mut self) -> Result<Self, AvError> {
        let target = Self::new()?;
        // SAFETY: both are packets of ours; the target is empty.
        unsafe { api::av_packet_move_ref(target.0, self.0) };
        Ok(target)
    }

    /// The coded bytes.
    pub(crate) const fn data(&self) -> &[u8] {
        let packet = self.get();
        if packet.data.is_null() || packet.size <= 0 {
            return &[];
        }
        // SAFETY: FFmpeg keeps `size` bytes at `data` as long as the packet lives.
        unsafe { std::slice::from_raw_parts(packet.data, packet.size as usize) }
    }

    /// Presentation time in ticks of its stream, or [`super::NO_TIME`].
    pub(crate) const fn pts(&self) -> i64 {
        self.get().pts
    }

    /// Decoding time in ticks of its stream, or [`super::NO_TIME`].
    pub(crate) const fn dts(&self) -> i64 {
        self.get().dts
    }

    /// Position in the file, or negative.
    pub(crate) const fn position(&self) -> i64 {
        self.get().pos
    }

    /// How long it lasts in ticks of its stream, or 0.
    pub(crate) const fn duration(&self) -> i64 {
        self.get().duration
    }

    /// The stream it belongs to.
    pub(crate) const fn stream(&self) -> i32 {
        self.get().stream_index
    }

    /// Whether the container says that decoding can begin here.
    pub(crate) const fn is_key(&self) -> bool {
        self.get().flags & sys::AV_PKT_FLAG_KEY != 0
    }

    /// Whether it is decoded but not shown: outside the edit list.
    pub(crate) const fn is_discarded(&self) -> bool {
        self.get().flags & sys::AV_PKT_FLAG_DISCARD != 0
    }

    /// Whether the container knows it to be damaged.
    pub(crate) const fn is_corrupt(&self) -> bool {
        self.get().flags & sys::AV_PKT_FLAG_CORRUPT != 0
    }

    /// Sets both times.
    pub(crate) const fn set_times(&mut self, pts: i64, dts: i64, duration: i64) {
        let packet = self.get_mut();
        packet.pts = pts;
        packet.dts = dts;
        packet.duration = duration;
    }

    /// Sets how long it lasts, unless it says so itself.
    pub(crate) const fn set_missing_duration(&mut self, ticks: i64) {
        let packet = self.get_mut();
        if packet.duration <= 0 {
            packet.duration = ticks;
        }
    }

    /// Marks it as one at which decoding can begin.
    pub(crate) const fn set_key(&mut self) {
        self.get_mut().flags |= sys::AV_PKT_FLAG_KEY;
    }

    pub(super) const fn set_stream(&mut self, index: i32) {
        self.get_mut().stream_index = index;
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: the packet is ours and is not used again.
        unsafe { api::av_packet_free(&mut self.0) }
    }
}
