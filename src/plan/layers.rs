//! How many layers an image will have: beyond a limit, engines build it and cannot run it.

use super::findings::Findings;
use super::stages::{Composition, Inputs, StageGraph, StageId};
use crate::docker::reference::Reference;
use crate::dockerfile::{Instruction, Kind};
use crate::profile::Profile;

/// The most layers that overlayfs and the stores above it mount on top of each other.
const MOST_LAYERS: usize = 127;

/// From here on, somebody should know: an image that stands on this one may be too much.
pub const MANY_LAYERS: usize = 120;

/// Notes it if an image comes near the limit, as far as the layers of its base image are known.
pub(super) fn note_layers(
    composition: &Composition,
    stage: &str,
    inputs: Inputs<'_>,
    profile: &Profile,
    findings: &mut Findings,
) {
    let graph = StageGraph::new(composition, inputs);
    let Some(stage) = graph.find(stage) else {
        return;
    };
    let (own, image) = count(&graph, stage);
    let known = image
        .as_deref()
        .and_then(|image| base_layers(profile, image));
    let all = own + known.unwrap_or(0);
    if all >= MANY_LAYERS {
        findings.warn(many_layers(all));
    }
}

/// Returns what to say of an image with so many layers.
pub fn many_layers(layers: usize) -> String {
    let consequence = if layers > MOST_LAYERS {
        "containers of it will not start (`max depth exceeded`)"
    } else {
        "an image that stands on it may be too much"
    };
    format!(
        "The image has {layers} layers, and engines mount no more than {MOST_LAYERS}: \
         {consequence}; join `RUN` and `COPY` instructions, or copy the result into one stage with \
         `COPY --from=STAGE / /`"
    )
}

/// Returns how many layers a stage and those below it add, and the image that they stand on.
fn count(graph: &StageGraph<'_>, stage: StageId) -> (usize, Option<String>) {
    let mut layers = 0;
    let mut at = stage;
    loop {
        let (_, own) = graph.stage(at);
        let instructions = own.instructions.iter();
        layers += instructions.filter(|own| makes_layer(own)).count();
        match graph.parent(at) {
            Some(parent) => at = parent,
            None => return (layers, graph.image(at).map(str::to_owned)),
        }
    }
}

fn makes_layer(instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Copy(_) | Kind::Run(_) => true,
        Kind::Words(_) => instruction.keyword.value.eq_ignore_ascii_case("workdir"),
        Kind::Arg(_)
        | Kind::Env(_)
        | Kind::Label(_)
        | Kind::OnBuild(_)
        | Kind::Kept
        | Kind::Unknown => false,
    }
}

/// Returns the layers of an image that the profile knows.
fn base_layers(profile: &Profile, image: &str) -> Option<usize> {
    let tagged = |name: &str| {
        let name: Reference = name.parse().ok()?;
        Some(name.tagged().to_string())
    };
    let image = tagged(image)?;
    let mut known = profile.layers.iter();
    let found = known.find(|(name, _)| tagged(&name.value).as_ref() == Some(&image));
    found.map(|(_, layers)| layers.value.0.into())
}
