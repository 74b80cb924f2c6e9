//! Models that the hub does not give, or that want more than a name.

use crate::diagnosis::rule::Rule;

const ACCEPT_LICENCE: &[&str] = &[
    "Accept the licence on the model's page, then pass a token: `--secret hf-token` with `HF_TOKEN` set",
];

const NAME_OR_MOUNT: &[&str] = &[
    "Check the name, for example `Qwen/Qwen3-0.6B`",
    "Or mount a directory of the host at the path that the command names: `-v /models:/models:ro`",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "gated-model",
        &[
            r"(?i)GatedRepoError|gated repo\b",
            r"Access to model (?P<model>\S+) is restricted",
            r"RepositoryNotFoundError: 401",
            r"40[13] Client Error\b.* https?://[^/]+/(?:api/models/|\S+/resolve/)",
            r"client error \(40[13]\b.*https?://[^/]+/(?:api/models/|\S+/resolve/)",
        ],
        "Hugging Face refuses the model: there is no token, or its owner has not admitted this account",
    )
    .step(&["Ask for access on its page, and give your token: `--secret id=hf-token,env=HF_TOKEN`"])
    .container(ACCEPT_LICENCE)
    .keeps_waiting()
    .lasts()
    .wants_login(),
    Rule::new(
        "model-missing",
        &[
            r"(?i)is not a local folder and is not a valid model identifier|incorrect path_or_model_id",
            r"(?i)repo id must (?:be in the form|use alphanumeric)",
            r"(?i)repositorynotfounderror|repository not found for url",
            r"404 Client Error\b.* https?://[^/]+/(?:api/models/|\S+/resolve/)",
            r"client error \(404\b.*https?://[^/]+/(?:api/models/|\S+/resolve/)",
            r"(?i)can't load the configuration of|unable to load vocabulary|unable to extract config\.json from directory",
            r"(?i)model path does not exist|no such model",
        ],
        "The model is neither a directory of the $place nor one of Hugging Face",
    )
    .step(&["Check the name, for example `Qwen/Qwen3-0.6B`"])
    .container(NAME_OR_MOUNT)
    .keeps_waiting()
    .lasts(),
    Rule::new(
        "remote-code",
        &[r"(?i)contains custom code|requires you to execute the"],
        "The model comes with code of its own, which is run only on demand",
    )
    .everywhere(&["If you trust it, add `--trust-remote-code` to the command"])
    .lasts(),
];
