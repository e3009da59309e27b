//! Folders for working data: removed when they are dropped, and at the next start when a crash left them.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use pimage_core::Error;

/// What the name of a lock ends with; the folder beside it is called the same without.
const LOCK: &str = "lock";
/// A name that is taken is tried again with another one, so often.
const ATTEMPTS: usize = 16;

/// A folder of its own for working data, which nobody else can read.
///
/// It is `pimage-scratch-USER/HOST-PROCESS-RANDOM` in the system's folder for temporary files, or in one that is given.
/// Beside it lies a file that is locked as long as the folder is in use: the lock ends with the process, however that ends.
/// So what a crash left can be told from what is in use, and [`ScratchFolder::sweep`] removes it; every new folder sweeps first.
/// Where a file system has no locks, nothing is swept: what cannot be judged stays.
///
/// ```
/// use pimage_fs::ScratchFolder;
///
/// let scratch = ScratchFolder::create(None)?;
/// std::fs::write(scratch.path().join("frames"), b"working data").expect("is writable");
/// let path = scratch.path().to_path_buf();
/// drop(scratch);
/// assert!(!path.exists());
/// # Ok::<(), pimage_core::Error>(())
/// ```
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
    lock_path: PathBuf,
    /// Held until all is removed.
    _lock: File,
}

impl ScratchFolder {
    /// Makes one in `place`, or in the system's folder for temporary files, and removes there what crashes left.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be made, or when the folder of all scratch folders belongs to another user or is a symbolic link.
    pub fn create(place: Option<&Path>) -> Result<Self, Error> {
        let parent = parent_in(place);
        let failed = Error::io("create a folder for working data in", &parent);
        let mut refused = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..ATTEMPTS {
            match Self::attempt(&parent, place.is_some()) {
                Ok(Some(folder)) => return Ok(folder),
                Ok(None) => {}
                Err(error) if is_passing(&error) => refused = error,
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(refused))
    }

    /// `None` when another process took the new lock for a leftover before it was locked.
    fn attempt(parent: &Path, is_given: bool) -> io::Result<Option<Self>> {
        make_private(parent)?;
        check(parent, is_given)?;
        sweep_in(parent);
        let path = parent.join(new_name());
        let lock_path = path.with_extension(LOCK);
        let lock = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&lock_path)?;
        match lock.try_lock() {
            // Whoever holds it removes it, or has just done so.
            Err(TryLockError::WouldBlock) => return Ok(None),
            Ok(()) if !is_still(&lock, &lock_path) => return Ok(None),
            // A file system without locks, where nobody sweeps either.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        if let Err(error) = make_private(&path) {
            let _ = fs::remove_file(&lock_path);
            return Err(error);
        }
        Ok(Some(Self {
            path,
            lock_path,
            _lock: lock,
        }))
    }

    /// Where to write.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what crashes left in `place`, or in the system's folder for temporary files; what cannot be removed stays.
    ///
    /// A folder that is in use is left alone, and so is everything that is not a scratch folder of this user and this host.
    pub fn sweep(place: Option<&Path>) {
        let parent = parent_in(place);
        if check(&parent, place.is_some()).is_ok() {
            sweep_in(&parent);
            // It stays where others are in it.
            let _ = fs::remove_dir(&parent);
        }
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What cannot be removed now is a leftover for the next start, as long as its lock is there.
        if remove(&self.path).is_ok() {
            let _ = fs::remove_file(&self.lock_path);
            remove_parent(&self.path);
        }
    }
}

/// The folder of all scratch folders of this user.
fn parent_in(place: Option<&Path>) -> PathBuf {
    let place = place.map_or_else(std::env::temp_dir, Path::to_path_buf);
    place.join(format!("pimage-scratch{}", user_suffix()))
}

/// Removes the folder of all scratch folders, unless others are in it.
fn remove_parent(path: &Path) {
    if let Some(parent) = path.parent() {
        let _ = fs::remove_dir(parent);
    }
}

/// Whether another attempt may do better: the name was taken, or another process removed the folder around it, which was empty.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
    )
}

/// A name that no other has: `HOST-PROCESS-RANDOM`.
fn new_name() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    format!("{}-{}-{random:016x}", host(), std::process::id())
}

/// Whether this is the name of a scratch folder of this host, whose locks this system knows.
fn is_of_this_host(name: &str) -> bool {
    let rest = name
        .strip_prefix(&host())
        .and_then(|rest| rest.strip_prefix('-'));
    let Some((process, random)) = rest.and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let digits = |text: &str, radix: u32| text.chars().all(|letter| letter.is_digit(radix));
    !process.is_empty() && digits(process, 10) && random.len() == 16 && digits(random, 16)
}

/// Removes the folders in `parent` whose locks can be taken.
fn sweep_in(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let lock_path = entry.path();
        let is_lock = lock_path
            .extension()
            .is_some_and(|extension| extension == LOCK);
        let folder = lock_path.with_extension("");
        let name = folder.file_name().and_then(|name| name.to_str());
        if is_lock && name.is_some_and(is_of_this_host) {
            // The next start tries again.
            let _ = sweep_one(&lock_path, &folder);
        }
    }
}

fn sweep_one(lock_path: &Path, folder: &Path) -> io::Result<()> {
    let metadata = lock_path.symlink_metadata()?;
    if !metadata.is_file() || !is_own(&metadata) {
        return Ok(());
    }
    let lock = open_lock(lock_path)?;
    if lock.try_lock().is_err() || !is_still(&lock, lock_path) {
        return Ok(());
    }
    remove(folder)?;
    fs::remove_file(lock_path)
}

/// Removes a folder with all that is in it; one that is not there is removed. Symbolic links are removed, not followed.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// An error unless `parent` is a folder of this user, not a link to one, into which (where it is not in a place that was given) no other can write.
fn check(parent: &Path, is_given: bool) -> io::Result<()> {
    let metadata = parent.symlink_metadata()?;
    let refused = |reason: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    if !metadata.is_dir() {
        return refused("it is not a folder; another place for working data may be given");
    }
    if !is_own(&metadata) {
        return refused("it belongs to another user; another place for working data may be given");
    }
    // File systems without permissions let everybody write; whoever chose one wants that.
    if !is_given && is_open(&metadata) {
        return refused("others may write to it; another place for working data may be given");
    }
    Ok(())
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};

    use super::{DirBuilder, File, Metadata, OpenOptions, Path, io};

    pub(super) fn user_suffix() -> String {
        format!("-{}", rustix::process::geteuid().as_raw())
    }

    /// The name of this machine, as far as it can be a part of a file's name.
    pub(super) fn host() -> String {
        let system = rustix::system::uname();
        let name = system.nodename().to_string_lossy().into_owned();
        let mut name: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(64)
            .collect();
        if name.is_empty() {
            name.push('h');
        }
        name
    }

    pub(super) fn make_private(path: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            result => result,
        }
    }

    pub(super) fn is_own(metadata: &Metadata) -> bool {
        metadata.uid() == rustix::process::geteuid().as_raw()
    }

    pub(super) fn is_open(metadata: &Metadata) -> bool {
        metadata.mode() & 0o022 != 0
    }

    pub(super) fn open_lock(path: &Path) -> io::Result<File> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        OpenOptions::new()
            .write(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
    }

    /// Whether the name still leads to the file that is open.
    pub(super) fn is_still(file: &File, path: &Path) -> bool {
        match (file.metadata(), path.symlink_metadata()) {
            (Ok(open), Ok(named)) => open.dev() == named.dev() && open.ino() == named.ino(),
            _ => false,
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{DirBuilder, File, Metadata, OpenOptions, Path, io};

    /// The folder for temporary files is the user's own.
    pub(super) fn user_suffix() -> String {
        String::new()
    }

    pub(super) fn host() -> String {
        "h".to_owned()
    }

    pub(super) fn make_private(path: &Path) -> io::Result<()> {
        match DirBuilder::new().create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            result => result,
        }
    }

    pub(super) fn is_own(_metadata: &Metadata) -> bool {
        true
    }

    pub(super) fn is_open(_metadata: &Metadata) -> bool {
        false
    }

    pub(super) fn open_lock(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).open(path)
    }

    pub(super) fn is_still(_file: &File, path: &Path) -> bool {
        path.exists()
    }
}

use system::{host, is_open, is_own, is_still, make_private, open_lock, user_suffix};

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Names in the folder of all scratch folders.
    fn names(place: &Path) -> Vec<String> {
        let entries = fs::read_dir(parent_in(Some(place))).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("is there")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        names.sort();
        names
    }

    /// This test again in a process of its own, which makes a scratch folder in `place` and keeps it; its path.
    fn other_process(place: &Path) -> (Child, PathBuf) {
        let mut child = Command::new(std::env::current_exe().expect("is known"))
            .args([
                "--exact",
                "scratch::tests::as_another_process",
                "--nocapture",
            ])
            .env("PIMAGE_TEST_SCRATCH", place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut text = String::new();
        let output = child.stdout.as_mut().expect("is piped");
        while !text.contains("MADE\n") {
            let mut byte = [0];
            output.read_exact(&mut byte).expect("goes on");
            text.push(char::from(byte[0]));
        }
        let path = text
            .lines()
            .find_map(|line| line.split_once("PATH ").map(|(_, path)| path))
            .expect("is told");
        (child, PathBuf::from(path))
    }

    #[test]
    fn as_another_process() {
        let Some(place) = std::env::var_os("PIMAGE_TEST_SCRATCH") else {
            return;
        };
        let folder = ScratchFolder::create(Some(Path::new(&place))).expect("creates");
        fs::create_dir(folder.path().join("c")).expect("creates");
        fs::write(folder.path().join("c/0"), "data").expect("writes");
        println!("\nPATH {}\nMADE", folder.path().display());
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_killed_process_is_swept_and_a_living_one_is_not() {
        let place = tempfile::tempdir().expect("a folder");
        let (mut living, used) = other_process(place.path());
        let (mut killed, left) = other_process(place.path());
        killed.kill().expect("is killed");
        killed.wait().expect("ends");
        assert!(left.join("c/0").exists());
        let own = ScratchFolder::create(Some(place.path())).expect("creates");
        assert!(!left.exists());
        assert!(used.join("c/0").exists());
        assert_eq!(names(place.path()).len(), 4);
        drop(own);
        assert_eq!(names(place.path()).len(), 2);
        living.kill().expect("is killed");
        living.wait().expect("ends");
        ScratchFolder::sweep(Some(place.path()));
        assert_eq!(names(place.path()), [""; 0]);
    }

    #[test]
    fn what_it_did_not_make_stays() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = ScratchFolder::create(Some(place.path())).expect("creates");
        let parent = folder.path().parent().expect("has one").to_path_buf();
        let other_host = "elsewhere-12-0123456789abcdef";
        let short = format!("{}-12-0123", host());
        for name in ["notes", other_host, &short] {
            fs::create_dir(parent.join(name)).expect("creates");
            fs::write(parent.join(format!("{name}.lock")), "").expect("writes");
        }
        // A folder without a lock, and a lock that is a link.
        fs::create_dir(parent.join(new_name())).expect("creates");
        let linked = parent.join(new_name());
        fs::create_dir(&linked).expect("creates");
        symlink(parent.join("notes.lock"), linked.with_extension(LOCK)).expect("links");
        drop(folder);
        let before = names(place.path());
        ScratchFolder::sweep(Some(place.path()));
        assert_eq!(names(place.path()), before);
        assert_eq!(before.len(), 9);
    }

    #[test]
    fn links_in_a_leftover_are_not_followed() {
        let place = tempfile::tempdir().expect("a folder");
        fs::write(place.path().join("mine"), "data").expect("writes");
        let _used = ScratchFolder::create(Some(place.path())).expect("creates");
        let left = parent_in(Some(place.path())).join(new_name());
        fs::create_dir(&left).expect("creates");
        symlink(place.path(), left.join("link")).expect("links");
        fs::write(left.with_extension(LOCK), "").expect("writes");
        let whole = parent_in(Some(place.path())).join(new_name());
        symlink(place.path(), &whole).expect("links");
        fs::write(whole.with_extension(LOCK), "").expect("writes");
        ScratchFolder::sweep(Some(place.path()));
        assert!(place.path().join("mine").exists());
        assert!(!left.exists());
    }

    #[test]
    fn a_parent_of_others_is_refused() {
        let place = tempfile::tempdir().expect("a folder");
        let elsewhere = tempfile::tempdir().expect("a folder");
        symlink(elsewhere.path(), parent_in(Some(place.path()))).expect("links");
        let error = ScratchFolder::create(Some(place.path())).expect_err("is a link");
        let source = std::error::Error::source(&error).expect("has a cause");
        assert!(
            source.to_string().starts_with("it is not a folder"),
            "{source}"
        );
        assert_eq!(fs::read_dir(elsewhere.path()).expect("is there").count(), 0);
    }

    #[test]
    fn nobody_else_may_look() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = ScratchFolder::create(Some(place.path())).expect("creates");
        for path in [folder.path(), &parent_in(Some(place.path()))] {
            let mode = path.metadata().expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", path.display());
        }
        let parent = parent_in(Some(place.path()));
        fs::set_permissions(&parent, fs::Permissions::from_mode(0o777)).expect("changes");
        let error = check(&parent, false).expect_err("is open");
        assert!(error.to_string().starts_with("others may write"), "{error}");
        assert!(check(&parent, true).is_ok());
    }

    #[test]
    fn many_may_start_at_once() {
        let place = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let folder = ScratchFolder::create(Some(place.path())).expect("creates");
                        fs::write(folder.path().join("a"), "data").expect("writes");
                        assert!(folder.path().join("a").exists());
                    }
                });
            }
        });
        assert!(!parent_in(Some(place.path())).exists());
    }
}
