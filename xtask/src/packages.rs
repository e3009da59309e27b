//! The system software that pimage is built and tested with: how to see it, what each system calls it.

use std::path::Path;

use xshell::{Shell, cmd};

/// Something that has to be on the machine.
#[derive(Debug)]
pub(crate) struct Need {
    /// For people.
    pub(crate) what: &'static str,
    /// How to see whether it is there.
    probe: Probe,
    /// Its packages, in the order of [`Manager`].
    names: [&'static [&'static str]; 4],
}

#[derive(Debug)]
enum Probe {
    /// A program on the path that answers.
    Program(&'static [&'static str]),
    /// A library that pkg-config knows.
    PkgConfig(&'static str),
    /// libclang, which is found by looking, not by asking.
    LibClang,
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    /// Debian and Ubuntu.
    Apt,
    /// Fedora.
    Dnf,
    /// Arch.
    Pacman,
    /// Homebrew on macOS and Linux.
    Brew,
}

impl Manager {
    /// All, the distribution's own before Homebrew.
    pub(crate) const ALL: [Self; 4] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Brew];

    /// The program.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Brew => "brew",
        }
    }

    /// The arguments that install without asking again.
    pub(crate) const fn install_args(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["install", "--yes", "--no-install-recommends"],
            Self::Dnf => &["install", "--assumeyes"],
            Self::Pacman => &["-S", "--needed", "--noconfirm"],
            Self::Brew => &["install"],
        }
    }

    /// Homebrew refuses to run as root, the others need it.
    pub(crate) const fn needs_root(self) -> bool {
        !matches!(self, Self::Brew)
    }

    /// The first one on this machine.
    pub(crate) fn find(sh: &Shell) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|manager| answers(sh, &[manager.program(), "--version"]))
    }
}

impl Need {
    /// Whether it is there.
    pub(crate) fn is_met(&self, sh: &Shell) -> bool {
        match self.probe {
            Probe::Program(call) => answers(sh, call),
            Probe::PkgConfig(name) => answers(sh, &["pkg-config", "--exists", name]),
            Probe::LibClang => has_libclang(),
        }
    }

    /// What `manager` calls it.
    pub(crate) const fn packages(&self, manager: Manager) -> &'static [&'static str] {
        self.names[manager as usize]
    }
}

/// Everything, in the order in which it is shown.
pub(crate) static NEEDS: &[Need] = &[
    Need {
        what: "a C compiler",
        probe: Probe::Program(&["cc", "--version"]),
        names: [&["gcc", "libc6-dev"], &["gcc"], &["gcc"], &["gcc"]],
    },
    Need {
        what: "make",
        probe: Probe::Program(&["make", "--version"]),
        names: [&["make"], &["make"], &["make"], &["make"]],
    },
    Need {
        what: "CMake, which builds libjpeg-turbo",
        probe: Probe::Program(&["cmake", "--version"]),
        names: [&["cmake"], &["cmake"], &["cmake"], &["cmake"]],
    },
    Need {
        what: "NASM, for libjpeg-turbo's fast paths",
        probe: Probe::Program(&["nasm", "-v"]),
        names: [&["nasm"], &["nasm"], &["nasm"], &["nasm"]],
    },
    Need {
        what: "pkg-config",
        probe: Probe::Program(&["pkg-config", "--version"]),
        names: [
            &["pkg-config"],
            &["pkgconf-pkg-config"],
            &["pkgconf"],
            &["pkgconf"],
        ],
    },
    Need {
        what: "libclang, which reads FFmpeg's and OpenCV's headers",
        probe: Probe::LibClang,
        names: [
            &["libclang-dev", "clang"],
            &["clang-devel"],
            &["clang"],
            &["llvm"],
        ],
    },
    Need {
        what: "FFmpeg's libavcodec",
        probe: Probe::PkgConfig("libavcodec"),
        names: [
            &["libavcodec-dev"],
            &["libavcodec-free-devel"],
            &["ffmpeg"],
            &["ffmpeg"],
        ],
    },
    Need {
        what: "FFmpeg's libavformat",
        probe: Probe::PkgConfig("libavformat"),
        names: [
            &["libavformat-dev"],
            &["libavformat-free-devel"],
            &["ffmpeg"],
            &["ffmpeg"],
        ],
    },
    Need {
        what: "FFmpeg's libavutil",
        probe: Probe::PkgConfig("libavutil"),
        names: [
            &["libavutil-dev"],
            &["libavutil-free-devel"],
            &["ffmpeg"],
            &["ffmpeg"],
        ],
    },
    Need {
        what: "FFmpeg's libswscale",
        probe: Probe::PkgConfig("libswscale"),
        names: [
            &["libswscale-dev"],
            &["libswscale-free-devel"],
            &["ffmpeg"],
            &["ffmpeg"],
        ],
    },
    Need {
        what: "OpenCV",
        probe: Probe::PkgConfig("opencv4"),
        names: [
            &["libopencv-dev"],
            &["opencv-devel"],
            &["opencv"],
            &["opencv"],
        ],
    },
    Need {
        what: "the ffmpeg program, for tests and benches",
        probe: Probe::Program(&["ffmpeg", "-version"]),
        names: [&["ffmpeg"], &["ffmpeg-free"], &["ffmpeg"], &["ffmpeg"]],
    },
    Need {
        what: "Python with venv, for tests against other software",
        probe: Probe::Program(&["python3", "-c", "import venv, ensurepip"]),
        names: [&["python3-venv"], &["python3"], &["python"], &["python"]],
    },
];

/// Whether a command exists and succeeds.
pub(crate) fn answers(sh: &Shell, call: &[&str]) -> bool {
    let Some((program, args)) = call.split_first() else {
        return false;
    };
    cmd!(sh, "{program} {args...}")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
}

fn has_libclang() -> bool {
    if let Some(folder) = std::env::var_os("LIBCLANG_PATH") {
        return holds_libclang(Path::new(&folder));
    }
    let direct = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/usr/local/opt/llvm/lib",
        "/home/linuxbrew/.linuxbrew/opt/llvm/lib",
        "/Library/Developer/CommandLineTools/usr/lib",
    ];
    direct
        .iter()
        .any(|folder| holds_libclang(Path::new(folder)))
        || subfolders("/usr/lib")
            .any(|folder| holds_libclang(&folder) || holds_libclang(&folder.join("lib")))
}

fn subfolders(folder: &str) -> impl Iterator<Item = std::path::PathBuf> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
}

fn holds_libclang(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // `libclang-cpp` is another library.
            (name.starts_with("libclang.") || name.starts_with("libclang-1"))
                && (name.contains(".so") || name.contains(".dylib"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_has_a_package_on_every_system() {
        for need in NEEDS {
            for manager in Manager::ALL {
                assert!(
                    !need.packages(manager).is_empty(),
                    "{} has no package for {}",
                    need.what,
                    manager.program()
                );
            }
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_missing() {
        let sh = Shell::new().expect("a shell");
        assert!(!answers(&sh, &["pimage-no-such-program"]));
        assert!(answers(&sh, &["cargo", "--version"]));
    }
}
