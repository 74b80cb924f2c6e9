//! One target: next to `docker buildx build`, and a container next to `docker run`.

use std::path::Path;
use std::process::Command;

use crate::client::{Client, interleave};
use crate::content::compare;
use crate::engine::{Engine, printed};
use crate::inputs::{Profile, change_one, make_context};
use crate::table::{HEAD, mebibytes, row, times};
use crate::{DYNBUILD, DYNRUN, Result};

const PROFILE: Profile = Profile {
    name: "bench",
    text: include_str!("files/single.toml"),
    fragment: include_str!("files/single.Dockerfile"),
};

/// dynbuild, and what its own dry run says the same build is for buildx.
fn builders(engine: &Engine, work: &Path, context: &Path) -> Result<[Client; 2]> {
    let selection = PROFILE.selection(work, context);
    let dynbuild = || {
        let mut command = Command::new(DYNBUILD);
        command.args(&selection);
        command
    };
    let mut render = Command::new(DYNBUILD);
    render.arg("render").args(&selection);
    let dockerfile = work.join("Dockerfile");
    fs_err::write(&dockerfile, printed(&mut render)?)?;
    let mut dry_run = dynbuild();
    dry_run.arg("--dry-run");
    let printed = printed(&mut dry_run)?;
    let (_, line) = printed
        .split_once(" | docker ")
        .ok_or("no line for docker")?;
    let words = shell_words::split(line)?
        .into_iter()
        .map(|word| match &*word {
            "-" => dockerfile.display().to_string(),
            _ => word.replace("bench:dynbuild", "bench:buildx"),
        });
    let ours = [DYNBUILD.to_owned()].into_iter().chain(selection.clone());
    let theirs = [engine.program()].into_iter().chain(words);
    Ok([
        Client::new(ours, engine.environment(), work),
        Client::new(theirs, engine.environment(), work),
    ])
}

/// The same short container by both.
fn launchers(engine: &Engine, work: &Path) -> [Client; 2] {
    let line = |words: &[&str]| {
        let container = ["--rm", "debian:bookworm-slim", "true"];
        let words = [words, &container].concat();
        Client::new(words, engine.environment(), work)
    };
    [
        line(&[DYNRUN, "--no-defaults"]),
        line(&[&engine.program(), "run"]),
    ]
}

/// Prints the table and the line below it.
pub(crate) fn measure(engines: &[Engine], work: &Path, runs: usize) -> Result<()> {
    PROFILE.write(work)?;
    let (small, large) = (work.join("small"), work.join("large"));
    make_context(&small, 10, 1_000)?;
    make_context(&large, 20_000, 10_000)?;
    println!("{HEAD}");
    for engine in engines {
        let show = |case: &str, pair: &[Client; 2]| println!("{}", row(case, &engine.store, pair));
        let nothing = || Ok(());

        let mut pair = launchers(engine, work);
        interleave(engine, &mut pair, runs, nothing)?;
        show("`dynrun` and `docker run` of `true`", &pair);

        let mut pair = builders(engine, work, &small)?;
        interleave(engine, &mut pair, runs, nothing)?;
        show("unchanged, 10 files", &pair);
        compare(engine, "bench:dynbuild", "bench:buildx")?;

        let unmeasured = builders(engine, work, &large)?;
        let mut pair = unmeasured.clone();
        interleave(engine, &mut pair, (runs / 5).max(3), || engine.forget())?;
        show("first build, 20,000 files of 200 MB", &pair);
        compare(engine, "bench:dynbuild", "bench:buildx")?;

        let mut pair = unmeasured.clone();
        interleave(engine, &mut pair, (runs / 2).max(3), nothing)?;
        show("unchanged, 20,000 files of 200 MB", &pair);

        let mut pair = unmeasured;
        interleave(engine, &mut pair, (runs / 3).max(3), || change_one(&large))?;
        show("one file changed there", &pair);
    }
    let mut command = vec![DYNBUILD.to_owned()];
    command.extend(PROFILE.selection(work, &small));
    command.push("--dry-run".to_owned());
    let mut client = Client::new(command, Vec::new(), work);
    client.repeat(runs)?;
    let (times, memory) = (times(&client.samples), mebibytes(&client.samples));
    println!("\n`dynbuild --dry-run`: {times}, {memory}.\n");
    Ok(())
}
