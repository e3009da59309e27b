//! A layout on standard output, or in a file.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use pimage_core::Error;
use pimage_fs::{Disk, StagedFile, Storage};
use pimage_mosaic::LayoutFile;

use crate::args::WriteArgs;
use crate::report::Hinted;
use crate::streams;
use crate::term::Term;

/// Writes a layout to `output`, or to standard output.
pub(crate) fn print(
    output: Option<&Path>,
    write: &WriteArgs,
    layout: &LayoutFile,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let text = layout.to_string();
    let Some(path) = output.filter(|path| !streams::is_standard(path)) else {
        term.line(text.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    if path.extension().is_none_or(|extension| extension != "toml") {
        let found = format!("`{}` beside --print-layout", path.display());
        return Err(Error::bad_option("--output", found, "a .toml file, or none").into());
    }
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let mut file = StagedFile::create(&storage, path, write.overwrite)?;
    file.set_sync(!write.no_sync);
    let written = file.write_all(text.as_bytes());
    written.map_err(Error::io("write", path))?;
    file.commit()?;
    term.note(&format!("Done: `{}`", path.display()));
    Ok(ExitCode::SUCCESS)
}

/// A source's path as it is written into a layout in the folder `target`, or in the current one.
pub(crate) fn relative(path: &Path, target: Option<&Path>) -> anyhow::Result<String> {
    if streams::is_standard(path) {
        return Err(Hinted::new(
            "a layout cannot name standard input",
            "write its frames to a file first",
        )
        .into());
    }
    let text = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| {
            Error::unsupported(path, "a layout names only files whose names are UTF-8")
        })
    };
    let target = target.filter(|target| !target.as_os_str().is_empty());
    let (Some(target), true) = (target, path.is_relative()) else {
        return Ok(text(path)?);
    };
    let (list, named) = match path.to_str().and_then(|path| path.strip_prefix('@')) {
        Some(list) => ("@", Path::new(list)),
        None => ("", path),
    };
    let from = std::path::absolute(target).map_err(Error::io("find", target))?;
    let to = std::path::absolute(named).map_err(Error::io("find", named))?;
    Ok(format!("{list}{}", text(&between(&from, &to))?))
}

/// The way from the folder `from` to `to`, both absolute; all of it where a link may make a way up lead elsewhere.
fn between(from: &Path, to: &Path) -> PathBuf {
    let goes_up = |path: &Path| path.components().any(|part| part == Component::ParentDir);
    if goes_up(from) || goes_up(to) {
        return to.to_path_buf();
    }
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(from, to)| from == to).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders_goes_up_and_down() {
        let check = |from: &str, to: &str, expected: &str| {
            assert_eq!(between(Path::new(from), Path::new(to)), Path::new(expected));
        };
        check("/a/b", "/a/b/c.avi", "c.avi");
        check("/a/b/c", "/a/d.avi", "../../d.avi");
        check("/a", "/b/c.avi", "../b/c.avi");
        check("/a/../b", "/b/c.avi", "/b/c.avi");
    }

    #[test]
    fn sources_are_named_as_they_were_unless_the_file_is_elsewhere() {
        let named = |path: &str, target: Option<&str>| {
            relative(Path::new(path), target.map(Path::new)).expect("has a name")
        };
        assert_eq!(named("x/a.avi", None), "x/a.avi");
        assert_eq!(named("x/a.avi", Some("")), "x/a.avi");
        assert_eq!(named("/x/a.avi", Some("y")), "/x/a.avi");
        assert_eq!(named("x/a.avi", Some("y")), "../x/a.avi");
        assert_eq!(named("@names.txt", Some("y")), "@../names.txt");
        assert!(relative(Path::new("-"), None).is_err());
    }
}
