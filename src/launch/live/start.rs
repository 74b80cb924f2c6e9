//! A launch, carried out.

use std::time::Duration;

use tokio::time::timeout;

use super::autopsy::ran_out_of_memory;
use super::create::Creation;
use super::failed_start::Failed;
use super::fill::Fill;
use super::loss::Loss;
use super::multiplex::Sinks;
use super::prepare;
use super::session::{Connection, End, Session, SignalPolicy};
use super::signals::{Caught, Signals};
use super::workspace;
use crate::credentials::Keyring;
use crate::diagnosis::{Diagnosis, Evidence, Setting, diagnose};
use crate::docker::checks::Stream;
use crate::docker::ulimit::UlimitName;
use crate::engine::{
    AttachTo, Engine, EngineError, PullEvent, PullProgress, ResizeTarget, Wait, WaitFor, short_id,
};
use crate::launch::decision::Launch;
use crate::launch::facts::HostFacts;
use crate::launch::implied::SECRETS;
use crate::launch::note::Note;
use crate::launch::request::UlimitPolicy;
use crate::problem::{Problem, ProblemKind, Problems};

/// How long the engine has to remove what is not wanted any more.
const REMOVE_TIMEOUT: Duration = Duration::from_secs(5);

/// What a launch came to.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended for us.
    pub end: End,
    /// Why the container failed, if that is known.
    pub diagnosis: Option<Diagnosis>,
    /// What of its output is missing.
    pub losses: Vec<Loss>,
}

/// A container that runs, and what is needed to follow it.
pub struct Started {
    /// Its id.
    pub id: String,
    engine: Engine,
    following: Option<Following>,
}

/// What is needed to follow a container that is not in the background.
struct Following {
    session: Session,
    wait: Wait,
    signals: Signals,
}

/// What is worth saying while a container is started.
#[derive(Clone, Copy, Debug)]
pub enum Remark<'a> {
    /// In words.
    Note(&'a Note),
    /// The image is pulled.
    Pulls(&'a PullProgress),
    /// The pull ended, well or not.
    Pulled,
}

/// Carries launches out.
pub struct Starter<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The machine and account.
    pub host: &'a HostFacts,
    /// Where logins to registries are looked up.
    pub keyring: &'a Keyring,
    /// Gets remarks, and how the pull of an image goes on.
    pub heard: &'a mut dyn FnMut(Remark<'_>),
}

impl Starter<'_> {
    /// Prepares, creates and starts a container. What was created is removed when the start fails.
    ///
    /// # Errors
    /// Returns what went wrong, with its cause if that is known.
    pub async fn start(&mut self, launch: &mut Launch) -> Result<Started, Problems> {
        // An engine elsewhere has directories of its own.
        if self.engine.is_local() {
            prepare::directories(&launch.directories, self.host.home.as_deref())?;
            for note in prepare::missing_sources(&launch.spec.storage.binds) {
                (self.heard)(Remark::Note(&note));
            }
        }
        check_cidfile(launch)?;
        loop {
            let id = self.create(launch).await?;
            self.look_at_workspace(launch, &id).await;
            match self.start_created(launch, &id).await {
                Ok(started) => return Ok(started),
                Err(Failed::Limit(name)) if launch.ulimit_policy == UlimitPolicy::Clamp => {
                    self.engine.remove_container(&id).await.ok();
                    self.without_limit(launch, name);
                }
                Err(Failed::Interrupted(caught)) => {
                    return Err(self.interrupted(&id, caught).await.into());
                }
                Err(failed) => {
                    self.engine.remove_container(&id).await.ok();
                    return Err(failed.problem(launch).into());
                }
            }
        }
    }

    async fn create(&mut self, launch: &Launch) -> Result<String, Problems> {
        let creation = Creation {
            engine: self.engine,
            spec: &launch.spec,
            chosen: &launch.chosen,
            keyring: self.keyring,
        };
        let heard = &mut self.heard;
        let id = creation
            .create(|event| match event {
                PullEvent::Status(line) => heard(Remark::Note(&Note::new(line))),
                PullEvent::Progress(progress) => heard(Remark::Pulls(progress)),
                PullEvent::Ended => heard(Remark::Pulled),
            })
            .await;
        Ok(id.map_err(Problem::from)?)
    }

    /// Says so if the container's user cannot work in the workspace. What cannot be found out
    /// hinders nothing.
    async fn look_at_workspace(&mut self, launch: &mut Launch, id: &str) {
        let Some(directory) = launch.workspace.take_if(|_| self.engine.is_local()) else {
            return;
        };
        let Ok(user) = self.user(launch, id).await else {
            return;
        };
        if let Ok(Some(account)) = self.filling(id).account(&user).await
            && let groups = &launch.spec.process.groups
            && let Some(note) = workspace::misfit(&directory, &user, account, groups)
        {
            (self.heard)(Remark::Note(&note));
        }
    }

    async fn start_created(&self, launch: &Launch, id: &str) -> Result<Started, Failed> {
        self.fill(launch, id).await?;
        write_cidfile(launch, id)?;
        let mut following = if launch.spec.launch.detach {
            None
        } else {
            Some(self.prepare_to_follow(launch, id).await?)
        };
        let start = self.engine.start_container(id);
        match &mut following {
            None => start.await.map_err(Failed::start)?,
            // Caught signals end nothing by themselves, and the engine may take its time.
            Some(following) => tokio::select! {
                started = start => started.map_err(Failed::start)?,
                caught = following.signals.next() => return Err(Failed::Interrupted(caught)),
            },
        }
        Ok(Started {
            engine: self.engine.clone(),
            id: id.to_owned(),
            following,
        })
    }

    /// Connects before the start, so that no end can be missed, however short the container lives.
    async fn prepare_to_follow(&self, launch: &Launch, id: &str) -> Result<Following, Failed> {
        let session = self.attach(launch, id).await?;
        let until = if launch.spec.keeping.remove {
            WaitFor::Removed
        } else {
            WaitFor::NextExit
        };
        let wait = self.engine.wait_container(id, until).await?;
        let signals =
            Signals::catch().map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
        Ok(Following {
            session,
            wait,
            signals,
        })
    }

    async fn fill(&self, launch: &Launch, id: &str) -> Result<(), Failed> {
        let fill = self.filling(id);
        if launch.host_user {
            fill.host_user().await.map_err(Problem::from)?;
        }
        if launch.secrets.is_empty() {
            return Ok(());
        }
        let volumes = &launch.spec.storage.volumes;
        let has_volume = volumes.iter().any(|target| target == SECRETS);
        let user = self.user(launch, id).await?;
        Ok(fill
            .secrets(&launch.secrets, &user, has_volume)
            .await
            .map_err(Problem::from)?)
    }

    fn filling<'f>(&'f self, id: &'f str) -> Fill<'f> {
        Fill {
            engine: self.engine,
            id,
            host: self.host,
        }
    }

    /// Returns who the container runs as: by `--user`, or by its image.
    async fn user(&self, launch: &Launch, id: &str) -> Result<String, EngineError> {
        if let Some(user) = &launch.spec.process.user {
            return Ok(user.clone());
        }
        let facts = self.engine.container(id).await?;
        Ok(facts.map(|facts| facts.config.user).unwrap_or_default())
    }

    async fn attach(&self, launch: &Launch, id: &str) -> Result<Session, EngineError> {
        let spec = &launch.spec;
        let named = &spec.streams.attach;
        let wanted = |stream| named.is_empty() || named.contains(&stream);
        let input = spec.streams.interactive && wanted(Stream::Stdin);
        let keys = spec.launch.detach_keys.as_ref().map(ToString::to_string);
        let to = AttachTo {
            stdin: input,
            stdout: wanted(Stream::Stdout),
            stderr: wanted(Stream::Stderr),
            detach_keys: keys.as_deref(),
        };
        let connection = Connection {
            tty: spec.streams.tty,
            input,
            signals: if spec.launch.forward_signals {
                SignalPolicy::Forward
            } else {
                SignalPolicy::Leave
            },
            resize: ResizeTarget::Container,
        };
        Session::attach(self.engine, id, connection, to).await
    }

    /// Removes a container that is not wanted any more, if the engine takes that in time.
    async fn interrupted(&self, id: &str, caught: Caught) -> Problem {
        let message = "Interrupted before the container was started";
        let problem = Problem::new(caught.means(), message);
        match timeout(REMOVE_TIMEOUT, self.engine.remove_container(id)).await {
            Ok(Ok(())) => problem,
            Ok(Err(_)) | Err(_) => problem.hint(format!(
                "Remove what is left: `docker rm --force {}`",
                short_id(id)
            )),
        }
    }

    /// Leaves a limit to the engine that it refused to set.
    fn without_limit(&mut self, launch: &mut Launch, name: UlimitName) {
        launch
            .spec
            .resources
            .ulimits
            .retain(|limit| limit.name() != name);
        let note = Note::new(format!(
            "The engine may not set `--ulimit {name}` as asked; the container gets the engine's own limit"
        ));
        (self.heard)(Remark::Note(&note));
    }
}

impl Started {
    /// Follows the container to its end, or until the user detaches.
    ///
    /// # Errors
    /// Fails when the engine goes away.
    pub async fn follow(self, launch: &Launch, sinks: &mut Sinks) -> Result<Outcome, EngineError> {
        let Some(Following {
            session,
            wait,
            signals,
        }) = self.following
        else {
            return Ok(Outcome {
                end: End::Detached,
                diagnosis: None,
                losses: Vec::new(),
            });
        };
        let end = Box::pin(session.follow(wait, signals, sinks)).await?;
        let diagnosis = match end {
            End::Ended(Some(code)) => why(&self.engine, &self.id, launch, code, sinks).await,
            End::Ended(None) | End::Detached | End::Left(_) => None,
        };
        Ok(Outcome {
            end,
            diagnosis,
            losses: std::mem::take(&mut sinks.losses),
        })
    }
}

/// Looks the end of a container up in the table, unless it ended well or by a signal of the user.
async fn why(
    engine: &Engine,
    id: &str,
    launch: &Launch,
    code: u8,
    sinks: &Sinks,
) -> Option<Diagnosis> {
    let number = Some(i64::from(code));
    let interactive = launch.spec.streams.tty && launch.spec.streams.interactive;
    if matches!(code, 0 | 130 | 143) || interactive {
        return None;
    }
    let limited = launch.spec.resources.memory.is_some_and(|bytes| bytes > 0);
    diagnose(&Evidence {
        log: sinks.tail.lines(),
        code: number,
        out_of_memory: ran_out_of_memory(engine, id, number, limited).await,
        image: launch.spec.image.clone(),
        build_line: launch.chosen.build_line(),
        ..Evidence::new(Setting::Container, "")
    })
}

/// A file of that name must not be there, as in docker: it would name another container.
fn check_cidfile(launch: &Launch) -> Result<(), Problem> {
    match &launch.spec.launch.cidfile {
        Some(path) if path.exists() => Err(Problem::new(
            ProblemKind::Usage,
            format!(
                "The file `{}` of `--cidfile` is there already",
                path.display()
            ),
        )
        .hint("Remove it if its container is gone, or choose another name")),
        _ => Ok(()),
    }
}

fn write_cidfile(launch: &Launch, id: &str) -> Result<(), Problem> {
    let Some(path) = &launch.spec.launch.cidfile else {
        return Ok(());
    };
    fs_err::write(path, id).map_err(|error| Problem::from_error(ProblemKind::Usage, &error))
}
