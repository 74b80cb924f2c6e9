//! Which image, and which of the words after the flags are its command.

use super::request::Request;
use crate::docker::reference::Reference;
use crate::exit::Exit;
use crate::problem::Problem;

/// The target whose image is named after the framework alone.
const DEV: &str = "dev";

/// The image to run and the command for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The reference, as the user would write it.
    pub image: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Why this image.
    pub reason: Reason,
}

/// Why an image was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was named, by `--image` or as the first word.
    Named,
    /// It is what dynbuild makes for a framework and target.
    Built {
        /// The framework.
        framework: String,
        /// The target, unless it is the dev image.
        target: Option<String>,
    },
}

impl Chosen {
    /// Decides what the words after the flags are.
    ///
    /// An image that is chosen by `--image`, `--framework` or `--target` leaves all words to the
    /// command, as in run.sh; so does `--` as the first of them. Otherwise the first word is the
    /// image, as in docker. With `--no-defaults` only `--image` differs from docker. Without any
    /// of these, it is the image that dynbuild last built for `framework`: of `default_target`, of
    /// which the dev image has the shortest name, as for run.sh.
    pub fn new(request: &Request, framework: &str, default_target: Option<&str>) -> Option<Self> {
        let words = request.words.clone();
        if let Some(image) = &request.image {
            return Some(Self::named(image.clone(), words));
        }
        let by_framework = request.framework.is_some() || request.target.is_some();
        let word_is_image = !words.is_empty() && !by_framework && !request.terminated;
        if request.no_defaults || word_is_image {
            let (image, command) = words.split_first()?;
            return Some(Self::named(image.clone(), command.to_vec()));
        }
        let default = default_target.filter(|target| *target != DEV);
        let target = request.target.clone().or(default.map(str::to_owned));
        let suffix = target.as_ref().map(|target| format!("-{target}"));
        Some(Self {
            image: format!("dynamo:latest-{framework}{}", suffix.unwrap_or_default()),
            command: words,
            reason: Reason::Built {
                framework: framework.to_owned(),
                target,
            },
        })
    }

    fn named(image: String, command: Vec<String>) -> Self {
        let reason = Reason::Named;
        Self {
            image,
            command,
            reason,
        }
    }

    /// Checks that the reference is one.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self) -> Result<(), Problem> {
        use crate::docker::Hinted as _;
        match self.image.parse::<Reference>() {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut problem = error.problem(Exit::Run);
                if !problem.message.contains(&self.image) {
                    problem.message =
                        format!("invalid image `{}`: {}", self.image, problem.message);
                }
                Err(problem)
            }
        }
    }

    /// Returns the command that makes the image, if dynbuild is what makes it.
    ///
    /// As for run.sh, the name without a target is that of the dev image.
    pub fn build_line(&self) -> Option<String> {
        match &self.reason {
            Reason::Named => None,
            Reason::Built { framework, target } => {
                let target = target.as_deref().unwrap_or(DEV);
                Some(format!(
                    "dynbuild --framework {framework} --target {target}"
                ))
            }
        }
    }
}
