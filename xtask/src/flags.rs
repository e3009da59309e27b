//! What can be typed after `cargo xtask`.

use std::ffi::OsString;
use std::path::PathBuf;

xflags::xflags! {
    /// pimage's set-up, checks, benches and releases.
    cmd xtask {
        /// Installs the system packages that are missing.
        cmd setup {
            /// Install without asking.
            optional -y,--yes
        }
        /// Sets up, builds, makes a camera recording, converts and checks it.
        cmd demo {
            /// Install missing packages without asking.
            optional -y,--yes
            /// Where to put the recording and the videos; `target/demo` when not given.
            optional -o,--output dir: PathBuf
            /// How many frames the recording has; 1000 when not given.
            optional --frames count: u32
        }
        /// Sets up, then runs the whole test suite.
        cmd test {
            /// Install missing packages without asking.
            optional -y,--yes
            /// Handed to the test runner.
            repeated args: OsString
        }
        /// Runs the release program: `cargo xtask run -- info film.avi`.
        cmd run {
            /// The program's arguments.
            repeated args: OsString
        }
        /// Installs the program into cargo's folder of programs.
        cmd install {}
        /// Format, clippy and documentation, warnings denied.
        cmd lint {
            /// Mend the format and what clippy can mend, instead of checking.
            optional --fix
        }
        /// The house's own rules.
        cmd tidy {}
        /// Checks each crate alone: no feature, each feature, all features.
        cmd features {}
        /// Other software reads what pimage writes, and the other way round.
        cmd interop {
            /// Only the scripts whose name contains this.
            optional --only name: String
        }
        /// Measures pimage beside its peers, in one run.
        cmd bench {
            /// Only rows whose name contains this; can be repeated.
            repeated --only row: String
            /// Short clips, to try the bench itself.
            optional --small
            /// Runs of each tool; 3 when not given.
            optional --repeat count: u32
            /// Write the figures here too.
            optional --json file: PathBuf
            /// End with a failure when a target is missed.
            optional --strict
        }
        /// Runs one fuzz target, or compiles all.
        cmd fuzz {
            /// The target; all are compiled when not given.
            optional target: String
            /// Seconds to run; 60 when not given.
            optional --secs seconds: u32
        }
        /// Everything that a change must pass, in the order that fails fastest.
        cmd ci {
            /// Leave out what takes minutes: features, demo, interoperability.
            optional --quick
            /// Remove what each step built as soon as no later step needs it, where the disk is small.
            optional --lean
        }
        /// Prepares a release: versions, changelog, packaging check, tag.
        cmd release {
            /// The version to release, such as `0.2.0`.
            required version: String
            /// Show and check everything, change nothing.
            optional --dry-run
            /// Change the files, commit and tag.
            optional --execute
        }
    }
}
