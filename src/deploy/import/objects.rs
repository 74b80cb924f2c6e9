//! The objects in a file of Kubernetes.

use std::rc::Rc;

use super::dgd::KIND;
use super::yaml::Node;
use crate::problem::{Problem, ProblemKind};
use crate::suggest::closest;
use crate::toml_file::SourceFile;

/// Returns all objects: those of a list, as `kubectl get` or the API itself writes it, are documents of
/// their own.
pub(super) fn listed(documents: Vec<Rc<Node>>) -> Vec<Rc<Node>> {
    let objects = documents.into_iter().flat_map(|document| {
        let is_list = kind(&document).is_some_and(|kind| kind.ends_with("List"));
        let items = document.get("items").filter(|_| is_list);
        items.map_or_else(|| vec![document.clone()], |items| items.items().to_vec())
    });
    objects.collect()
}

/// Returns the deployment among the objects of a file, if there is any: that of a name, or else the
/// only one.
///
/// # Errors
/// Fails when there are several, or none of that name.
pub(super) fn choose<'a>(
    objects: &'a [Rc<Node>],
    wanted: Option<&str>,
    file: &SourceFile,
) -> Result<Option<&'a Rc<Node>>, Problem> {
    let is_deployment = |node: &&Rc<Node>| kind(node) == Some(KIND);
    let deployments: Vec<_> = objects.iter().filter(is_deployment).collect();
    let Some(wanted) = wanted else {
        return match deployments.as_slice() {
            [_, second, ..] => Err(several(file, &deployments, second)),
            others => Ok(others.first().copied()),
        };
    };
    let mut named = deployments.iter().filter(|node| name(node) == Some(wanted));
    match (named.next(), named.next()) {
        (Some(_), Some(second)) => Err(twice(file, wanted, second)),
        (Some(only), None) => Ok(Some(only)),
        (None, _) => Err(none_of(file, &deployments, wanted)),
    }
}

fn kind(node: &Node) -> Option<&str> {
    node.text_of("kind")
}

fn name(node: &Node) -> Option<&str> {
    node.get("metadata")?.text_of("name")
}

fn several(file: &SourceFile, deployments: &[&Rc<Node>], second: &Node) -> Problem {
    let message = format!("`{}` has several DynamoGraphDeployments", file.name);
    let mut problem = Problem::new(ProblemKind::Usage, message);
    problem.causes.extend(listing(deployments));
    let first = deployments.first().and_then(|node| name(node));
    problem
        .excerpt(second.at.excerpt("the second one"))
        .hint(match first {
            Some(name) => format!("Import each by its name: `{}`", line(file, Some(name))),
            None => "Give each a `metadata.name`".to_owned(),
        })
}

fn twice(file: &SourceFile, name: &str, second: &Node) -> Problem {
    let message = format!("`{}` has two DynamoGraphDeployments `{name}`", file.name);
    Problem::new(ProblemKind::Usage, message)
        .excerpt(second.at.excerpt("the second one"))
        .hint("Put each into a file of its own")
}

fn none_of(file: &SourceFile, deployments: &[&Rc<Node>], wanted: &str) -> Problem {
    let message = format!("`{}` has no DynamoGraphDeployment `{wanted}`", file.name);
    let mut problem = Problem::new(ProblemKind::Usage, message);
    problem.causes.extend(listing(deployments));
    let names = deployments.iter().filter_map(|node| name(node));
    match closest(wanted, names) {
        Some(near) => problem.hint(format!(
            "Did you mean `{near}`? `{}`",
            line(file, Some(near))
        )),
        None => match deployments.iter().find_map(|node| name(node)) {
            Some(known) => {
                problem.hint(format!("Name one of these: `{}`", line(file, Some(known))))
            }
            None => problem.hint(format!(
                "A Compose file is imported whole: `{}`",
                line(file, None)
            )),
        },
    }
}

/// The command line that imports a file, or one object of it.
fn line(file: &SourceFile, object: Option<&str>) -> String {
    let object = object.into_iter().flat_map(|name| ["--object", name]);
    let words = ["dynrun", "import", &file.name].into_iter().chain(object);
    shell_words::join(words)
}

fn listing(deployments: &[&Rc<Node>]) -> Option<String> {
    let names = deployments.iter().filter_map(|node| name(node));
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("it has {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::super::yaml::documents;
    use super::*;

    const LIST: &str = "kind: List\nitems:\n- kind: ConfigMap\n- kind: DynamoGraphDeployment\n  metadata: {name: a}\n";
    const TWO: &str = "kind: DynamoGraphDeployment\nmetadata: {name: agg}\n---\n\
        kind: DynamoGraphDeployment\nmetadata: {name: disagg}\n";
    const TWICE: &str = "kind: DynamoGraphDeployment\nmetadata: {name: a}\n---\n\
        kind: DynamoGraphDeployment\nmetadata: {name: a}\n";
    const NAMELESS: &str = "kind: DynamoGraphDeployment\n---\nkind: DynamoGraphDeployment\n";

    #[test_case(LIST, None => "a"; "of a list")]
    #[test_case(&LIST.replacen("List", "DynamoGraphDeploymentList", 1), None => "a"; "of a list of the API")]
    #[test_case(TWO, Some("disagg") => "disagg"; "of two")]
    #[test_case("services: {}", None => "-"; "of Compose")]
    #[test_case(TWO, None => "`x.yaml` has several DynamoGraphDeployments: it has `agg`, `disagg`; Import each by its name: `dynrun import x.yaml --object agg`"; "no choice")]
    #[test_case(TWO, Some("dissag") => "`x.yaml` has no DynamoGraphDeployment `dissag`: it has `agg`, `disagg`; Did you mean `disagg`? `dynrun import x.yaml --object disagg`"; "misspelt")]
    #[test_case(TWO, Some("q") => "`x.yaml` has no DynamoGraphDeployment `q`: it has `agg`, `disagg`; Name one of these: `dynrun import x.yaml --object agg`"; "none")]
    #[test_case("services: {}", Some("q") => "`x.yaml` has no DynamoGraphDeployment `q`; A Compose file is imported whole: `dynrun import x.yaml`"; "none in Compose")]
    #[test_case(TWICE, Some("a") => "`x.yaml` has two DynamoGraphDeployments `a`; Put each into a file of its own"; "twice")]
    #[test_case(NAMELESS, None => "`x.yaml` has several DynamoGraphDeployments; Give each a `metadata.name`"; "nameless")]
    fn objects_are_chosen(text: &str, wanted: Option<&str>) -> String {
        let file = SourceFile::new("x.yaml", text.to_owned());
        let objects = listed(documents(&file).unwrap());
        match choose(&objects, wanted, &file) {
            Ok(chosen) => chosen.map_or("-", |node| name(node).unwrap()).to_owned(),
            Err(problem) => {
                let causes = problem.causes.iter().map(|cause| format!(": {cause}"));
                let hints = problem.hints.iter().map(|hint| format!("; {hint}"));
                format!("{problem}{}", causes.chain(hints).collect::<String>())
            }
        }
    }
}
