//! Draws problems: what failed, why, where, and what fixes it.

use super::excerpt::render_excerpt;
use crate::problem::{Problem, Problems};
use crate::redact::shown_message;
use crate::text::{Look, Tone, clean_line, counted, fold};

/// Returns the text that shows `problems`, ready to be written.
pub fn render_problems(problems: &Problems, look: Look) -> String {
    let Problems(problems) = problems;
    let mut paragraphs: Vec<String> = problems
        .iter()
        .map(|problem| render_problem(problem, look))
        .collect();
    if problems.len() > 1 {
        paragraphs.push(format!("{} found\n", counted(problems.len(), "problem")));
    }
    paragraphs.join("\n")
}

fn render_problem(problem: &Problem, look: Look) -> String {
    let Problem {
        kind: _,
        message,
        causes,
        excerpts,
        hints,
        log: _,
    } = problem;
    let mut lines = headed(look, Tone::Error, "error", message);
    for cause in causes {
        lines.extend(headed(look, Tone::Strong, "  because", cause));
    }
    for excerpt in excerpts {
        lines.extend(render_excerpt(excerpt, look));
    }
    for hint in hints {
        lines.extend(headed(look, Tone::Hint, "  hint", hint));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Returns `head: text`, folded so that the text forms a block right of the head.
pub(super) fn headed(look: Look, tone: Tone, head: &str, text: &str) -> Vec<String> {
    let indent = head.len() + 2;
    let room = look.width.map(|width| width.saturating_sub(indent).max(20));
    let shown = shown_message(text);
    let clean: Vec<_> = shown.lines().map(clean_line).collect();
    let word = head.trim_start();
    let margin = &head[..head.len() - word.len()];
    fold(&clean.join("\n"), room)
        .iter()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("{margin}{}: {line}", look.paint(tone, word)),
            _ => format!("{:indent$}{line}", ""),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Excerpt;
    use crate::problem::ProblemKind;

    fn wrong_target() -> Problem {
        let text = "[framework]\nname = \"dynamo\"\ntarget = \"runtme\"\n";
        let start = text.find("\"runtme\"").unwrap();
        Problem::usage("Unknown target `runtme`")
            .excerpt(Excerpt {
                name: "profiles/dynamo.toml".into(),
                text: text.into(),
                span: start..start + 8,
                label: "did you mean `runtime`?".into(),
            })
            .hint("The targets are `base`, `wheel_builder`, `runtime`, `dev`")
    }

    fn no_engine() -> Problem {
        let mut problem = Problem::new(ProblemKind::Engine, "Cannot reach the engine at `unix:///var/run/docker.sock`")
            .hint("Join the group with `sudo usermod --append --groups docker \"$USER\"`, log out and in, and try again")
            .hint("Or bring up a private engine: `ci/engine up`");
        problem.causes = vec![
            "Connect to `/var/run/docker.sock`".into(),
            "Permission denied (os error 13)".into(),
        ];
        problem
    }

    fn both() -> Problems {
        Problems(vec![wrong_target(), no_engine()])
    }

    #[test]
    fn without_colour_in_a_file() {
        insta::assert_snapshot!(render_problems(&both(), Look::PLAIN), @r#"
        error: Unknown target `runtme`
         --> profiles/dynamo.toml:3:10
          |
        3 | target = "runtme"
          |          ^^^^^^^^ did you mean `runtime`?
          hint: The targets are `base`, `wheel_builder`, `runtime`, `dev`

        error: Cannot reach the engine at `unix:///var/run/docker.sock`
          because: Connect to `/var/run/docker.sock`
          because: Permission denied (os error 13)
          hint: Join the group with `sudo usermod --append --groups docker "$USER"`, log out and in, and try again
          hint: Or bring up a private engine: `ci/engine up`

        2 problems found
        "#);
    }

    #[test]
    fn at_60_columns() {
        let look = Look {
            width: Some(60),
            unicode: true,
            color: false,
        };
        insta::assert_snapshot!(render_problems(&both(), look), @r#"
        error: Unknown target `runtme`
         --> profiles/dynamo.toml:3:10
          │
        3 │ target = "runtme"
          │          ^^^^^^^^ did you mean `runtime`?
          hint: The targets are `base`, `wheel_builder`, `runtime`,
                `dev`

        error: Cannot reach the engine at
               `unix:///var/run/docker.sock`
          because: Connect to `/var/run/docker.sock`
          because: Permission denied (os error 13)
          hint: Join the group with
                `sudo usermod --append --groups docker "$USER"`, log
                out and in, and try again
          hint: Or bring up a private engine: `ci/engine up`

        2 problems found
        "#);
    }

    #[test]
    fn with_colour() {
        let look = Look {
            color: true,
            unicode: true,
            width: Some(80),
        };
        let shown = render_problems(&wrong_target().into(), look);
        insta::assert_snapshot!(shown.replace('\x1b', "ESC"), @r#"
        ESC[1;31merrorESC[0m: Unknown target `runtme`
        ESC[36m -->ESC[0m profiles/dynamo.toml:3:10
        ESC[36m  │ESC[0m
        ESC[36m3 │ESC[0m target = "runtme"
        ESC[36m  │ESC[0m ESC[1;31m         ^^^^^^^^ did you mean `runtime`?ESC[0m
          ESC[1;36mhintESC[0m: The targets are `base`, `wheel_builder`, `runtime`, `dev`
        "#);
    }

    #[test]
    fn foreign_text_cannot_control_the_terminal() {
        let problem = Problem::new(ProblemKind::Step, "bad \x1b[2Jstep").hint("a\x07b");
        assert_eq!(
            render_problems(&problem.into(), Look::PLAIN),
            "error: bad step\n  hint: ab\n"
        );
    }
}
