//! Dockerfiles as we read them, compared with what BuildKit answers to `--call=targets` and
//! `--call=outline`.
//!
//! What BuildKit takes must be read, and what we derive must be what it says; where we cannot know,
//! we must say so. What BuildKit refuses is not compared.

use std::collections::BTreeSet;

use dynbuild::internals::buildkit::Client;

use crate::support::engines::{self, Engine};

mod answer;
mod compared;
mod texts;

use answer::{Outline, Question};

async fn client(engine: &Engine) -> Client {
    crate::buildkit::connect(engine).await
}

/// Compares all texts on one engine, and fails with every difference.
async fn compare_all(texts: impl IntoIterator<Item = String>) {
    // What a frontend reads does not depend on the store.
    let Some(engine) = engines::newest().into_iter().next() else {
        return;
    };
    let client = client(&engine).await;
    let (mut taken, mut refused, mut differences) = (0, Vec::new(), Vec::new());
    for text in texts {
        match compared::compare(&client, &text).await {
            Ok(found) => {
                taken += 1;
                differences.extend(
                    found
                        .into_iter()
                        .map(|found| format!("{found}\n  {text:?}")),
                );
            }
            Err(refusal) => refused.push(format!("{refusal}\n  {text:?}")),
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences in {taken} texts:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(
        taken > 2 * refused.len(),
        "BuildKit takes {taken} of the texts only, but not:\n{}",
        refused.join("\n")
    );
}

#[tokio::test]
async fn each_form_means_what_buildkit_takes_it_for() {
    compare_all(texts::single()).await;
}

#[tokio::test]
async fn combinations_of_forms_mean_what_buildkit_takes_them_for() {
    compare_all(texts::combined(400)).await;
}

#[tokio::test]
async fn whole_files_mean_what_buildkit_takes_them_for() {
    compare_all(texts::corpus()).await;
}

/// Two files joined must be what each of them is alone.
#[tokio::test]
async fn joined_files_mean_what_each_of_them_means() {
    let Some(engine) = engines::newest().into_iter().next() else {
        return;
    };
    let client = client(&engine).await;
    let (mut compared, mut refused) = (0, BTreeSet::new());
    for (first, second) in texts::pairs(150) {
        let alone = (
            outline(&client, &first, "one").await,
            outline(&client, &second, "two").await,
        );
        let (Some(one), Some(two)) = alone else {
            continue;
        };
        let joined = match compared::join(&[("one", &first), ("two", &second)]) {
            Ok(joined) => joined,
            Err(refusals) => {
                refused.extend(refusals);
                continue;
            }
        };
        for (name, expected) in [("one", one), ("two", two)] {
            let found = outline(&client, &joined, name).await;
            assert_eq!(found, Some(expected), "stage {name} of\n{joined}");
        }
        compared += 1;
    }
    assert!(
        compared > 75,
        "{compared} pairs compared; refused: {refused:#?}"
    );
}

/// Returns what BuildKit says of a target, without places; `None` if it refuses the file.
async fn outline(client: &Client, text: &str, target: &str) -> Option<Outline> {
    let question = Question { client, text };
    let outline = question.outline(Some(target)).await.ok()?;
    Some(outline.without_places())
}
