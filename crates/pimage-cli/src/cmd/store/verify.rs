//! `pimage store verify`: whether every frame of a store can be read and is what the indexes say.

use std::path::PathBuf;
use std::process::ExitCode;

use pimage_core::Limits;
use pimage_store::{VerifyReport, verify};
use serde_json::json;

use super::counted;
use crate::interrupt::Interrupt;
use crate::report::{ANSWER_IS_NO, safe};
use crate::streams;
use crate::term::Term;

/// Gaps and repetitions that are listed for people; JSON has more of them.
const LISTED: usize = 20;

/// Decode every frame of a store and compare with its indexes.
///
/// Exit code 1 when a chunk is missing, does not decode or has another number of frames than its index, or the store was not closed.
/// Numbers that are missing or repeated are listed: they are the recorder's, and no fault of the store unless --gapless is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Numbers that are missing, repeated or go back are a problem too.
    #[arg(long)]
    gapless: bool,
}

/// Runs the verb.
pub(super) fn run(
    args: &Args,
    limits: Limits,
    interrupt: &Interrupt,
    term: &Term,
) -> anyhow::Result<ExitCode> {
    let report = verify(
        streams::expect_store(&args.store)?,
        &limits,
        &interrupt.cancel,
    )?;
    let has_gaps = report.gap_count + report.repeated_count + report.backward_count > 0;
    let is_sound = report.is_sound() && !(args.gapless && has_gaps);
    if term.json {
        let gaps: Vec<_> = report
            .gaps
            .iter()
            .map(|gap| json!({"first": gap.first, "last": gap.last}))
            .collect();
        term.json(&json!({
            "path": args.store.to_string_lossy(),
            "sound": is_sound,
            "chunks": report.chunks,
            "frames": report.frames,
            "problems": report.problems,
            "gaps": gaps,
            "gap_count": report.gap_count,
            "repeated": report.repeated,
            "repeated_count": report.repeated_count,
            "backward_count": report.backward_count,
        }))?;
    } else {
        tell(&report, is_sound, term)?;
    }
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ANSWER_IS_NO)
    })
}

fn tell(report: &VerifyReport, is_sound: bool, term: &Term) -> anyhow::Result<()> {
    for problem in &report.problems {
        term.line(&safe(&format!("problem: {problem}")))?;
    }
    for gap in report.gaps.iter().take(LISTED) {
        let missing = match gap.first == gap.last {
            true => format!("number {} is missing", gap.first),
            false => format!("numbers {} to {} are missing", gap.first, gap.last),
        };
        term.line(&format!("gap: {missing}"))?;
    }
    more(report.gap_count, "gap", term)?;
    for number in report.repeated.iter().take(LISTED) {
        term.line(&format!("repeated: number {number}"))?;
    }
    more(report.repeated_count, "repeated number", term)?;
    if report.backward_count > 0 {
        let count = counted(report.backward_count, "time");
        term.line(&format!(
            "backward: a number or a time is less than the one before, {count}"
        ))?;
    }
    let answer = match is_sound {
        true => "sound",
        false => "NOT sound",
    };
    let (frames, chunks) = (
        counted(report.frames, "frame"),
        counted(report.chunks, "chunk"),
    );
    term.line(&format!("{answer}: {frames} in {chunks} decode"))?;
    Ok(())
}

fn more(count: u64, what: &str, term: &Term) -> anyhow::Result<()> {
    if let Some(more) = count.checked_sub(LISTED as u64).filter(|more| *more > 0) {
        term.line(&format!("… and {} more", counted(more, what)))?;
    }
    Ok(())
}
