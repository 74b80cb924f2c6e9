//! Words that were meant as commands, and would be pulled and run as images.

use super::commands::{VERBS, find};
use crate::docker::run_flags::Parsed;
use crate::problem::Problem;

/// What a command of docker, or a word that people try, is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    /// A command of ours.
    Ours(&'static str),
    /// Docker does it: the same words for docker.
    Docker,
    /// Another command line.
    Line(&'static str),
}

/// Words that are commands elsewhere, and something of ours.
const KNOWN: &[(&str, Meant)] = &[
    ("build", Meant::Line("dynbuild")),
    ("container", Meant::Ours("ps")),
    ("containers", Meant::Ours("ps")),
    ("delete", Meant::Ours("stop")),
    ("doctor", Meant::Line("dynbuild doctor")),
    ("kill", Meant::Ours("stop")),
    ("log", Meant::Ours("logs")),
    ("ls", Meant::Ours("ps")),
    ("prune", Meant::Ours("gc")),
    ("remove", Meant::Ours("stop")),
    ("rm", Meant::Ours("stop")),
    ("shell", Meant::Ours("exec")),
    ("status", Meant::Ours("ps")),
];

/// Commands of docker alone. `docker node`, which manages a swarm, is not among them: here it is the
/// image of Node.js.
const DOCKERS: &str = "\
    builder buildx checkpoint commit compose config context cp create diff events history \
    image images import info inspect load login logout manifest network pause plugin port pull \
    push rename restart rmi save search secret service stack start stats swarm system tag top \
    trust unpause update volume";

/// Returns what is wrong with a first word that is taken for a command; nothing if it is an image.
///
/// `front` are the options before the word, `rest` is the word and what follows it.
pub(super) fn problem(front: &[String], rest: &[String]) -> Option<Problem> {
    let (word, arguments) = rest.split_first()?;
    let (meant, arguments) = match (meant(word)?, arguments) {
        // `docker container ls` is `docker ls`.
        (_, [verb, arguments @ ..]) if word == "container" && meant(verb).is_some() => {
            (meant(verb)?, arguments)
        }
        meant => meant,
    };
    let mut problem = Problem::usage(format!("Unknown command `{word}`"));
    let line = |start: &[&str], rest: &[&[String]]| {
        let rest = rest.concat();
        // What is assigned may be a secret, and is not repeated.
        let rest = if rest.iter().any(|word| word.contains('=')) {
            vec![word.clone(), "…".to_owned()]
        } else {
            rest
        };
        let start = start.iter().map(|word| (*word).to_owned());
        shell_words::join(start.chain(rest))
    };
    let hint = match meant {
        // Options that docker's own command has are none of `stop`.
        Meant::Ours(name @ "stop") if word != name => {
            let names = |word: &&String| !word.starts_with('-');
            let arguments: Vec<_> = arguments.iter().filter(names).cloned().collect();
            let line = line(&["dynrun", name], &[&arguments]);
            format!("Did you mean `{line}`?")
        }
        Meant::Ours(name) => {
            let line = line(&["dynrun", name], &[front, arguments]);
            format!("Did you mean `{line}`?")
        }
        Meant::Docker => format!("Use docker for it: `{}`", line(&["docker"], &[rest])),
        Meant::Line(line) => format!("Did you mean `{line}`?"),
    };
    problem.hints.push(hint);
    let image = line(&["dynrun", "run"], &[front, rest]);
    Some(problem.hint(format!("To run an image of that name: `{image}`")))
}

/// Returns what is wrong with `dynrun -v ps`, by which docker's `-v` mounts a volume called `ps` and
/// an image is started. Volumes that have a name have a place too.
pub(super) fn verbose_in_front(parsed: &Parsed) -> Option<Problem> {
    let command = parsed
        .values("volume")
        .find(|value| find(value).is_some())?;
    let message = format!("`-v {command}` mounts a volume, as with docker");
    let problem = Problem::usage(message);
    Some(problem.hint(format!("For details, write `dynrun {command} --verbose`")))
}

fn meant(word: &str) -> Option<Meant> {
    let word = word.to_lowercase();
    let ours = || VERBS.iter().map(|verb| (verb.name, Meant::Ours(verb.name)));
    let dockers = || DOCKERS.split(' ').map(|name| (name, Meant::Docker));
    let known = || KNOWN.iter().copied().chain(dockers());
    let exactly = ours().chain(known()).find(|(name, _)| *name == word);
    let nearly = || ours().find(|(name, _)| is_near(&word, name));
    // Many images are called like a command of docker with a letter more or less: composer, crate.
    let swapped = |name: &str| word.len() == name.len() && is_near(&word, name);
    let docker = || known().find(|(name, _)| swapped(name));
    exactly
        .or_else(nearly)
        .or_else(docker)
        .map(|(_, meant)| meant)
}

/// Returns whether a word is a misspelling of a name: one letter but the first is wrong, or one is too
/// much, missing or swapped. Of short names only swaps count, and of those of three letters one that is typed twice
/// and a plural, since many images have short names.
fn is_near(word: &str, name: &str) -> bool {
    let distance = strsim::osa_distance(word, name);
    match name.len() {
        ..=2 => distance == 1 && same_letters(word, name),
        3 => distance == 1 && (same_letters(word, name) || is_stretched(word, name)),
        _ => {
            let is_replaced = word.len() == name.len() && !same_letters(word, name);
            // The image `unit` is no `init`.
            distance == 1 && !(is_replaced && word.chars().next() != name.chars().next())
        }
    }
}

/// Returns whether a word is a name with one of its letters twice in a row, or with an `s` behind.
fn is_stretched(word: &str, name: &str) -> bool {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.iter().eq(name.chars().collect::<Vec<_>>().iter())
        || word.strip_suffix('s') == Some(name)
}

fn same_letters(left: &str, right: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(left) == sorted(right)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn shown(line: &str) -> String {
        let words = shell_words::split(line).unwrap();
        let options = words
            .iter()
            .take_while(|word| word.starts_with('-'))
            .count();
        let (front, rest) = words.split_at(options);
        let problem = problem(front, rest).unwrap();
        [&[problem.message], &problem.hints[..]].concat().join("; ")
    }

    #[test_case("ls", "Unknown command `ls`; Did you mean `dynrun ps`?; To run an image of that name: `dynrun run ls`"; "a word that people try")]
    #[test_case("rm -f x", "Unknown command `rm`; Did you mean `dynrun stop x`?; To run an image of that name: `dynrun run rm -f x`"; "options of docker")]
    #[test_case("container ls -a", "Unknown command `container`; Did you mean `dynrun ps -a`?; To run an image of that name: `dynrun run container ls -a`"; "two words")]
    #[test_case("container rm -fv x", "Unknown command `container`; Did you mean `dynrun stop x`?; To run an image of that name: `dynrun run container rm -fv x`"; "two words with options")]
    #[test_case("container inspect x", "Unknown command `container`; Use docker for it: `docker container inspect x`; To run an image of that name: `dynrun run container inspect x`"; "two words for docker")]
    #[test_case("-it inspect 'a b'", "Unknown command `inspect`; Use docker for it: `docker inspect 'a b'`; To run an image of that name: `dynrun run -it inspect 'a b'`"; "options in front")]
    #[test_case("lgos front", "Unknown command `lgos`; Did you mean `dynrun logs front`?; To run an image of that name: `dynrun run lgos front`"; "a misspelling")]
    fn the_command_that_was_meant_is_named(line: &str, expected: &str) {
        assert_eq!(shown(line), expected);
    }

    #[test_case("PS" => Some(Meant::Ours("ps")); "upper case")]
    #[test_case("sp" => Some(Meant::Ours("ps")); "swapped")]
    #[test_case("rnu" => Some(Meant::Ours("run")); "three letters swapped")]
    #[test_case("fitt" => Some(Meant::Ours("fit")); "a letter twice")]
    #[test_case("runn" => Some(Meant::Ours("run")); "the last letter twice")]
    #[test_case("rrun" => Some(Meant::Ours("run")); "the first letter twice")]
    #[test_case("fits" => Some(Meant::Ours("fit")); "a plural")]
    #[test_case("sotp" => Some(Meant::Ours("stop")))]
    #[test_case("atach" => Some(Meant::Ours("attach")))]
    #[test_case("explian" => Some(Meant::Ours("explain")))]
    #[test_case("wiat" => Some(Meant::Ours("wait")))]
    #[test_case("exce" => Some(Meant::Ours("exec")))]
    #[test_case("hepl" => Some(Meant::Ours("help")))]
    #[test_case("versoin" => Some(Meant::Ours("version")))]
    #[test_case("imagse" => Some(Meant::Docker); "near a word of docker")]
    #[test_case("inspecr" => Some(Meant::Docker))]
    fn misspelled_commands_are_found(word: &str) -> Option<Meant> {
        meant(word)
    }

    #[test]
    fn images_stay_images() {
        let images = "adminer aerospike almalinux alpine amazoncorretto arangodb archlinux bash \
            bonita buildpack-deps busybox caddy cassandra chronograf clearlinux clojure composer \
            consul convertigo couchbase couchdb crate dart debian docker drupal eclipse-mosquitto \
            eclipse-temurin eggdrop elasticsearch elixir emqx erlang fedora flink fluentd friendica \
            gazebo gcc geonetwork ghost golang gradle groovy haproxy haskell haxe hello-world \
            hitch httpd hylang ibmjava influxdb irssi jetty joomla jruby julia kapacitor kibana \
            kong lightstreamer liquibase logstash mageia mariadb matomo maven mediawiki memcached \
            mongo mongo-express monica mono mysql nats nats-streaming neo4j neurodebian nextcloud \
            nginx node notary odoo open-liberty opensuse oraclelinux orientdb percona perl php \
            photon phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star \
            redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine \
            satosa scratch silverpeas solr sonarqube spark spiped storm swift swipl telegraf \
            tomcat tomee traefik ubuntu unit varnish vault websphere-liberty wordpress xwiki \
            yourls znc zookeeper vllm sglang dynamo dev etcd minio ollama triton git mine \
            my-image r run-image go";
        for image in images.split_whitespace() {
            assert_eq!(meant(image), None, "{image}");
        }
        for image in ["ps:latest", "me/logs", "localhost:5000/ls", "ls@sha256:0"] {
            assert_eq!(meant(image), None, "{image}");
        }
    }
}
