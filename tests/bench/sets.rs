//! Several targets at once: next to `docker buildx bake`, and to the time that they have to take.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::client::{Client, interleave};
use crate::critical_path::Build;
use crate::engine::{Engine, printed};
use crate::inputs::{Profile, make_context};
use crate::table::{HEAD, median, range, row, times};
use crate::{DYNBUILD, Result};

const TARGETS: [&str; 3] = ["first", "second", "third"];

const PROFILE: Profile = Profile {
    name: "sets",
    text: include_str!("files/sets.toml"),
    fragment: include_str!("files/sets.Dockerfile"),
};

/// Six targets of each of two frameworks, for two devices.
const PLANNED: &str = "--framework vllm --framework sglang --device cuda12.9 --device cuda13.0 \
    --target wheel_builder --target framework --target runtime --target dev --target local-dev \
    --target aws --uid 1000 --gid 1000 --source wheel";

/// Prints the tables, and the time of a plan.
pub(crate) fn measure(engines: &[Engine], work: &Path, runs: usize) -> Result<()> {
    PROFILE.write(work)?;
    make_context(&work.join("small"), 10, 1_000)?;
    println!("{HEAD}");
    for engine in engines {
        let mut pair = builders(engine, work)?;
        interleave(engine, &mut pair, runs, || Ok(()))?;
        println!("{}", row("three unchanged targets", &engine.store, &pair));
    }
    println!(
        "\n| first build of a set | dynbuild | of its critical path | docker buildx bake | of its critical path |\n\
         |---|---|---|---|---|"
    );
    for engine in engines {
        println!("{}", measure_first_build(engine, work, (runs / 3).max(3))?);
    }
    println!("\n{}", measure_plan(work, runs)?);
    Ok(())
}

fn selection(work: &Path) -> Vec<String> {
    let mut words = PROFILE.selection(work, &work.join("small"));
    let targets = TARGETS.into_iter().flat_map(|target| ["--target", target]);
    words.extend(targets.map(str::to_owned));
    words
}

/// dynbuild, and bake with the file that dynbuild writes for it.
fn builders(engine: &Engine, work: &Path) -> Result<[Client; 2]> {
    let mut plan = Command::new(DYNBUILD);
    plan.arg("plan")
        .args(selection(work))
        .args(["--format", "bake"]);
    let file = work.join("bake.json");
    let text = printed(&mut plan)?.replace("bench-sets:", "bench-sets:buildx-");
    fs_err::write(&file, text)?;
    let ours = [DYNBUILD.to_owned()].into_iter().chain(selection(work));
    let file = file.display().to_string();
    let theirs = [&engine.program(), "buildx", "bake", "--file", &file];
    let mut environment = engine.environment();
    // Bake asks whether it may read a context outside the working directory.
    environment.push(("BUILDX_BAKE_ENTITLEMENTS_FS".to_owned(), "0".to_owned()));
    Ok([
        Client::new(ours, engine.environment(), work),
        Client::new(theirs, environment, work),
    ])
}

/// First builds by both, each against its own critical path.
fn measure_first_build(engine: &Engine, work: &Path, runs: usize) -> Result<String> {
    let mut pair = builders(engine, work)?;
    let mut shares = [Vec::new(), Vec::new()];
    let all_at_once = TARGETS.len().to_string();
    pair[0].command.extend(["--jobs".to_owned(), all_at_once]);
    for client in &mut pair {
        client
            .command
            .extend(["--progress", "rawjson"].map(str::to_owned));
    }
    for number in 0..runs {
        for turn in 0..pair.len() {
            let index = (number + turn) % pair.len();
            engine.forget()?;
            let sample = pair[index].run()?;
            let path = Build::read(&pair[index].log())?.critical_path();
            shares[index].push(sample.seconds / path.seconds());
            pair[index].samples.push(sample);
        }
    }
    let [ours, theirs] = shares.map(|shares| {
        let (least, greatest) = range(&shares);
        format!("{:.2} ({least:.2}–{greatest:.2})", median(&shares))
    });
    Ok(format!(
        "| {} | {} | {ours} | {} | {theirs} |",
        engine.store,
        times(&pair[0].samples),
        times(&pair[1].samples)
    ))
}

/// Many targets of the shipped profiles, planned without an engine.
fn measure_plan(work: &Path, runs: usize) -> Result<String> {
    let context = work.join("small").display().to_string();
    let words = [DYNBUILD, "plan"]
        .into_iter()
        .chain(PLANNED.split_whitespace());
    let words = words.chain(["--context", &context, "--format", "json"]);
    let mut client = Client::new(words, Vec::new(), work);
    let mut plan = Command::new(&client.command[0]);
    plan.args(&client.command[1..]);
    let plan: Value = serde_json::from_str(&printed(&mut plan)?)?;
    let count = plan["targets"].as_array().map_or(0, Vec::len);
    client.repeat(runs)?;
    let times = times(&client.samples);
    Ok(format!(
        "`dynbuild plan` of {count} targets of the shipped profiles: {times}."
    ))
}
