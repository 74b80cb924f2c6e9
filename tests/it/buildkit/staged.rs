//! Builds whose result is looked at before it is exported.

use dynbuild::internals::buildkit::ExportResponse;
use dynbuild::internals::buildkit::{
    Client, Process, SolveError, SolveRequest, Solved, StagedError,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{connect, dockerfile, load};
use crate::support::engines::{self, Engine};

/// Solves `text` in stages; nobody watches.
async fn staged<E>(
    client: &Client,
    text: &str,
    request: SolveRequest,
    accept: impl AsyncFnOnce(&Solved) -> Result<(), E>,
) -> Result<ExportResponse, StagedError<E>> {
    let session = client
        .open_session(dockerfile(text))
        .await
        .expect("a session");
    let (events, mut received) = mpsc::channel(16);
    let drain = async { while received.recv().await.is_some() {} };
    let cancel = CancellationToken::new();
    let build = client.solve_staged(&session, request, events, &cancel, accept);
    tokio::join!(build, drain).0
}

fn process(arguments: &[&str]) -> Process {
    Process {
        name: "a check".to_owned(),
        arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
        environment: Vec::new(),
        user: None,
        network: false,
    }
}

fn image_exists(engine: &Engine, name: &str) -> bool {
    let mut docker = engine.docker();
    let inspect = docker.args(["image", "inspect", name]);
    inspect.output().expect("docker").status.success()
}

#[tokio::test]
async fn a_refused_result_gets_no_name_and_an_accepted_one_does() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let name = engines::unique("staged");
        let text = format!("FROM {}\nRUN echo {name} > /made\n", super::BASE);
        let refused = staged(&client, &text, load(&[&name]), async |_| Err("no")).await;
        assert!(
            matches!(refused, Err(StagedError::Refused("no"))),
            "{refused:?}"
        );
        assert!(!image_exists(&engine, &name), "{}", engine.name);

        let accepted = staged(&client, &text, load(&[&name]), async |_| Ok::<_, ()>(())).await;
        accepted.unwrap_or_else(|error| panic!("{}: {error:?}", engine.name));
        assert!(image_exists(&engine, &name), "{}", engine.name);
    }
}

#[tokio::test]
async fn a_failed_step_is_the_failure_of_a_staged_build() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let text = format!("FROM {}\nRUN echo on purpose; exit 7\n", super::BASE);
        let failed = staged(&client, &text, load(&["never"]), async |_| Ok::<_, ()>(())).await;
        let Err(StagedError::Solve(SolveError::Failed(failure))) = failed else {
            panic!("{}: {failed:?}", engine.name);
        };
        assert_eq!(failure.exit_code, Some(7), "{}: {failure:?}", engine.name);
    }
}

#[tokio::test]
async fn processes_run_in_a_result_that_is_not_exported() {
    for engine in engines::all() {
        let client = connect(&engine).await;
        let dockerfile = format!(
            "FROM {}\nENV GREETING=hello\nWORKDIR /srv\n\
             RUN echo made > file && useradd --uid 1234 someone\nUSER someone\n",
            super::BASE
        );
        let checked = staged(&client, &dockerfile, load(&["never"]), async |solved| {
            let run = async |process: &Process| match solved.run(None, process).await {
                Ok(()) => Some(0),
                Err(SolveError::Failed(failure)) => failure.exit_code,
                Err(error) => panic!("{}: {error:?}", engine.name),
            };
            let shell = |script: &str| process(&["sh", "-c", script]);
            let is = "test \"$GREETING $(cat file) $(id -u) $(pwd)\" = 'hello made 1234 /srv'";
            assert_eq!(run(&shell(is)).await, Some(0), "{}", engine.name);

            let other = Process {
                user: Some("0".to_owned()),
                environment: vec!["GREETING=bye".to_owned()],
                ..shell("test \"$GREETING $(id -u)\" = 'bye 0' && touch /srv/new; exit 3")
            };
            assert_eq!(run(&other).await, Some(3), "{}", engine.name);
            let gone = run(&process(&["test", "!", "-e", "/srv/new"])).await;
            assert_eq!(gone, Some(0), "what a process changes is thrown away");
            assert_eq!(
                run(&shell(
                    "ls /sys/class/net | grep -qx lo && test $(ls /sys/class/net | wc -l) = 1"
                ))
                .await,
                Some(0)
            );
            assert_ne!(run(&process(&["no-such-program"])).await, Some(0));
            Err(())
        })
        .await;
        let refused = matches!(checked, Err(StagedError::Refused(())));
        assert!(refused, "{}: {checked:?}", engine.name);
    }
}
