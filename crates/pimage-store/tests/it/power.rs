//! Power cuts: what was said to be durable is there although the disk forgets all that was not synced, names included.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use pimage_core::FrameWriter;
use pimage_fs::{Disk, Storage, StorageFile};
use pimage_store::{Durability, RecordOptions, RepairOptions, StoreWriter, repair};

use crate::kit::{GRAY, expect_first, frame, info, options};

/// The real disk, and what a cut after its k-th operation would leave of it.
#[derive(Debug, Clone)]
struct PowerStorage(Arc<Mutex<State>>);

/// A file, whatever its name.
type Inode = u64;

#[derive(Debug, Default)]
struct State {
    left: u64,
    next: Inode,
    names: BTreeMap<PathBuf, Inode>,
    durable_names: BTreeMap<PathBuf, Inode>,
    durable_data: BTreeMap<Inode, Vec<u8>>,
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| io::Error::other("the power is off"))?;
        Ok(())
    }

    fn keep_data(&mut self, path: &Path) -> io::Result<()> {
        if let Some(inode) = self.names.get(path) {
            let data = std::fs::read(path)?;
            self.durable_data.insert(*inode, data);
        }
        Ok(())
    }

    /// Makes the names that `is_in` says durable as they are now.
    fn keep_names(&mut self, is_in: impl Fn(&Path) -> bool) {
        self.durable_names.retain(|path, _| !is_in(path));
        let kept = self.names.iter().filter(|(path, _)| is_in(path));
        let kept: Vec<_> = kept.map(|(path, inode)| (path.clone(), *inode)).collect();
        self.durable_names.extend(kept);
    }
}

impl PowerStorage {
    fn new(operations: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            left: operations,
            ..State::default()
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder panics")
    }

    /// Puts what survives of the folder `from` into the folder `to`.
    fn restart(&self, from: &Path, to: &Path) {
        let state = self.state();
        for (path, inode) in &state.durable_names {
            let target = to.join(path.strip_prefix(from).expect("is in the store"));
            std::fs::create_dir_all(target.parent().expect("has one")).expect("is made");
            let data = state.durable_data.get(inode).cloned().unwrap_or_default();
            std::fs::write(target, data).expect("is written");
        }
    }
}

impl Storage for PowerStorage {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        let mut state = self.state();
        state.operate()?;
        let file = Disk.create_new(path)?;
        let inode = state.next;
        state.next += 1;
        state.names.insert(path.to_path_buf(), inode);
        Ok(Box::new(PowerFile {
            file,
            inode,
            storage: self.clone(),
        }))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.state().operate()?;
        Disk.create_folder(path)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        Disk.sync_file(path)?;
        state.keep_data(path)
    }

    fn rename(&self, from: &Path, to: &Path, replace: bool) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        Disk.rename(from, to, replace)?;
        if let Some(inode) = state.names.remove(from) {
            state.names.insert(to.to_path_buf(), inode);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.names.remove(path);
        Disk.remove(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.names.retain(|name, _| !name.starts_with(path));
        Disk.remove_tree(path)
    }

    fn sync_tree(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        let files: Vec<_> = state
            .names
            .keys()
            .filter(|name| name.starts_with(path))
            .cloned()
            .collect();
        for file in files {
            state.keep_data(&file)?;
        }
        state.keep_names(|name| name.starts_with(path));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        state.keep_names(|name| name.parent() == Some(path));
        Ok(())
    }
}

struct PowerFile {
    file: Box<dyn StorageFile>,
    inode: Inode,
    storage: PowerStorage,
}

impl StorageFile for PowerFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.storage.state();
        state.operate()?;
        let here = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut data = Vec::new();
        self.file.read_to_end(&mut data)?;
        self.file.seek(SeekFrom::Start(here))?;
        state.durable_data.insert(self.inode, data);
        Ok(())
    }
}

impl Read for PowerFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Write for PowerFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.storage.state().operate()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for PowerFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// Records until the power goes; the frames that were said to be durable, and whether it was finished.
fn record_until_dark(
    path: &Path,
    name: &str,
    durability: Durability,
    storage: &PowerStorage,
) -> (u64, bool) {
    let options = RecordOptions {
        storage: Arc::new(storage.clone()),
        durability,
        threads: Some(1),
        ..options(name, 3)
    };
    let mut writer = StoreWriter::new(path, &info(GRAY), &options).expect("nothing is touched yet");
    let mut durable = 0;
    for index in 0..7 {
        if writer.write(&frame(index, GRAY)).is_err() {
            return (durable, false);
        }
        durable = writer.safety().durable;
    }
    match Box::new(writer).finish() {
        Ok(_) => (7, true),
        Err(_) => (durable, false),
    }
}

fn cut_everywhere(name: &str, durability: Durability, is_lossless: bool) {
    let mut seen = 0;
    for operations in 1.. {
        let folder = tempfile::tempdir().expect("a folder");
        let (before, after) = (folder.path().join("before"), folder.path().join("after"));
        let storage = PowerStorage::new(operations);
        let (durable, is_finished) = record_until_dark(&before, name, durability, &storage);
        storage.restart(&before, &after);
        if after.join("metadata.yaml").exists() {
            let report = repair(&after, &RepairOptions::default())
                .unwrap_or_else(|error| panic!("{name}, operation {operations}: {error}"));
            let context = format!("{name}, operation {operations}: {durable} durable, {report:?}");
            println!("{context}");
            expect_first(&after, GRAY, durable, is_lossless);
        } else {
            assert_eq!(durable, 0, "{name}, operation {operations}");
        }
        seen = seen.max(durable);
        if is_finished {
            break;
        }
        assert!(operations < 3000, "{name} never gets through");
    }
    assert!(seen > 0, "{name}: nothing was ever durable");
}

#[test]
fn what_is_durable_survives_a_power_cut_at_any_operation() {
    for durability in [Durability::Frame, Durability::Chunk] {
        cut_everywhere("npy", durability, true);
        if cfg!(feature = "ffmpeg") {
            cut_everywhere("mjpeg/avi", durability, false);
            cut_everywhere("avc1/mp4", durability, false);
        }
    }
}
