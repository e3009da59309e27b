//! Running the program in a folder of its own.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test helper reports by panicking"
)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The program, built once for each run of a test binary; `PIMAGE_BIN` names another to test.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("PIMAGE_BIN") {
        Some(path) => path.into(),
        None => escargot::CargoBuild::new()
            .package("pimage-cli")
            .bin("pimage")
            .run()
            .expect("the program builds")
            .path()
            .to_path_buf(),
    })
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output, byte for byte.
    pub bytes: Vec<u8>,
    /// Standard output as text.
    pub out: String,
    /// Standard error as text.
    pub err: String,
}

impl Ran {
    /// The run, which must have had this exit code.
    #[track_caller]
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.out) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {}", self.out),
        }
    }

    /// The run, which must have failed with one line for people, a hint at most, and this text in it.
    #[track_caller]
    #[must_use]
    pub fn fails_with(self, text: &str) -> Self {
        let ran = self.expect(2);
        let lines: Vec<_> = ran
            .err
            .lines()
            .filter(|line| !line.starts_with("lost in"))
            .collect();
        assert!(
            matches!(lines.len(), 1 | 2) && lines[0].starts_with("pimage: "),
            "{}",
            ran.err
        );
        assert!(
            lines[1..].iter().all(|line| line.starts_with("hint: ")),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(text), "`{text}` is not in {}", ran.err);
        ran
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout,
        }
    }
}

/// A folder for one test, in which the program runs.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Folder {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// The path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names in it, hidden ones too, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.0.path())
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("reads")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// A command that runs the program here.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(program());
        command
            .args(args)
            .current_dir(self.0.path())
            .env_remove("PIMAGE_LIMITS")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program here.
    #[must_use]
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        self.command(args).output().expect("starts").into()
    }

    /// Starts the program here with pipes on all sides.
    #[must_use]
    pub fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Child {
        self.command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    }

    /// Runs the program here with `input` on standard input.
    #[must_use]
    pub fn run_with<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Ran {
        use std::io::Write;
        let mut child = self.start(args);
        let mut stdin = child.stdin.take().expect("is piped");
        let input = input.to_vec();
        // The program may answer before it has read everything; a closed pipe is not the test's affair.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("ends");
        feeder.join().expect("does not panic");
        output.into()
    }
}

/// Runs the program in a new folder with words separated by spaces.
#[must_use]
pub fn pimage(words: &str) -> Ran {
    let words: Vec<_> = words.split_whitespace().collect();
    Folder::new().run(&words)
}
