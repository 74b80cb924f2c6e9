//! `dynrun fit` on models made here.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::offline::dynrun;

/// Runs `dynrun fit` on a model.
fn fit(directory: &Path, flags: &[&str]) -> (Option<i32>, String, String) {
    dynrun(
        directory,
        &format!("fit --model {}", shell_words::join(flags)),
    )
}

/// A model with windows, and weights of 3 GiB that are only announced in the header.
fn windowed(directory: &Path) {
    let config = json!({
        "model_type": "gpt_oss", "hidden_size": 2048, "intermediate_size": 2048,
        "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
        "num_hidden_layers": 4, "num_local_experts": 8, "vocab_size": 1000,
        "max_position_embeddings": 8192, "sliding_window": 128, "torch_dtype": "bfloat16",
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
    });
    fs_err::write(directory.join("config.json"), config.to_string()).expect("written");
    let tensor =
        |bytes: u64| json!({"dtype": "BF16", "shape": [bytes / 4, 2], "data_offsets": [0, bytes]});
    let header = json!({
        "__metadata__": {"format": "pt"},
        "model.layers.0.mlp.experts.gate_up_proj": tensor(2 << 30),
        "model.layers.0.self_attn.q_proj.weight": tensor(1 << 30),
        "model.layers.4.self_attn.q_proj.weight": tensor(1 << 30),
    });
    let header = header.to_string().into_bytes();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    fs_err::write(directory.join("model.safetensors"), file).expect("written");
}

#[test]
fn a_first_file_for_a_model_plans() {
    let scratch = tempfile::tempdir().expect("a directory");
    let tiny = scratch.path().join("tiny");
    fs_err::create_dir(&tiny).expect("a directory");
    windowed(&tiny);
    let line = "init --model tiny --gpu h100 --gpus 4 --disaggregated --context 4096 -o tiny.toml";
    let (code, _, errors) = dynrun(scratch.path(), line);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let text = fs_err::read_to_string(scratch.path().join("tiny.toml")).expect("a file");
    let text = text.replace(&scratch.path().display().to_string(), "/models");
    insta::assert_snapshot!(text);
    let (code, plan, _) = dynrun(scratch.path(), "plan tiny.toml");
    assert_eq!(code, Some(0));
    assert!(plan.contains("decode-1"), "{plan}");
    let (code, _, errors) = dynrun(scratch.path(), line);
    assert_eq!(code, Some(125));
    assert!(errors.contains("`tiny.toml` is there already"), "{errors}");
    // Nothing is downloaded.
    let (code, _, errors) = dynrun(scratch.path(), "init --model org/other");
    assert_eq!(code, Some(125));
    assert!(errors.contains("hf download org/other"), "{errors}");
}

#[test]
fn a_plan_says_what_fits_and_refuses_what_does_not() {
    let scratch = tempfile::tempdir().expect("a directory");
    windowed(scratch.path());
    let text = format!(
        "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"{}\"\n\
         [fit]\ngpu = \"h100\"\nconcurrency = 2114\n[workers.agg]\n",
        scratch.path().display()
    );
    fs_err::write(scratch.path().join("x.toml"), text).expect("written");
    // As many as `dynrun fit` says.
    let (code, plan, errors) = dynrun(scratch.path(), "plan x.toml");
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let room = "has room for 2114 requests of 8,192 tokens";
    assert!(plan.contains(room), "{plan}");
    for line in ["plan x.toml", "up x.toml"] {
        let line = format!("{line} --set fit.concurrency=2115");
        let (code, _, errors) = dynrun(scratch.path(), &line);
        assert_eq!(code, Some(125), "{errors}");
        assert!(errors.contains("`workers.agg` does not fit"), "{errors}");
    }
    let (code, ..) = dynrun(
        scratch.path(),
        "plan --mock x.toml --set fit.concurrency=2115",
    );
    assert_eq!(code, Some(0), "a rehearsal needs no GPUs");
    let (code, plan, _) = dynrun(scratch.path(), "plan x.toml --set model=org/other");
    assert_eq!(code, Some(0));
    assert!(plan.contains("is not checked"), "{plan}");
}

#[test]
fn the_four_terms_are_shown_and_the_estimate_marked() {
    let scratch = tempfile::tempdir().expect("a directory");
    windowed(scratch.path());
    let (code, output, _) = fit(scratch.path(), &[".", "--gpu", "h100"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(output, @"
    .: gpt_oss, 8,192 tokens per sequence
    weights: 3.0 GiB (headers of 1 file)
    cache: 8.0 KiB per token (layers: 2 sliding, 2 full; 2 bytes per element from the model's type), 4.0 KiB beyond the window of 128
    GPU: 80.0 GiB, of which the engine takes 0.92
    GPUS  USABLE    WEIGHTS  OTHER*   CACHE     TOKENS       SEQUENCES
    1     73.6 GiB  3.0 GiB  3.5 GiB  67.1 GiB  17,319,248   2,114
    2     73.6 GiB  1.5 GiB  3.5 GiB  68.6 GiB  35,412,830   4,322
    4     73.6 GiB  0.8 GiB  3.5 GiB  69.3 GiB  71,599,994   8,740
    8     73.6 GiB  0.4 GiB  3.5 GiB  69.7 GiB  143,974,322  17,574
    * an estimate: activations, graphs, libraries
    ");
}

#[test]
fn programs_get_bytes() {
    let scratch = tempfile::tempdir().expect("a directory");
    windowed(scratch.path());
    let (_, output, _) = fit(
        scratch.path(),
        &[".", "--gpu", "80g", "--tp=2", "--format=json"],
    );
    let answer: Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(answer["weights"]["bytes"], json!(3_u64 << 30));
    assert_eq!(answer["sizes"][0]["weights-per-gpu"], json!(3_u64 << 29));
    assert_eq!(
        answer["sizes"][0]["budget"]["other"]["estimate"],
        json!(true)
    );
    assert_eq!(
        answer["cache"]["bytes-per-token"],
        json!(4 * 2 * 8 * 64 * 2)
    );
    assert_eq!(
        answer["cache"]["bytes-per-token-beyond-window"],
        json!(2 * 2 * 8 * 64 * 2)
    );
}

#[test]
fn what_is_not_known_is_no_number() {
    let scratch = tempfile::tempdir().expect("a directory");
    let config = json!({"model_type": "novel", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2});
    fs_err::write(scratch.path().join("config.json"), config.to_string()).expect("written");
    let (code, output, _) = fit(scratch.path(), &[".", "--gpu=h100", "--format=json"]);
    let answer: Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(code, Some(0));
    assert_eq!(
        (&answer["cache"], &answer["weights"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(answer["sizes"][0]["budget"], Value::Null);
}

#[test]
fn mistakes_are_refused_with_a_fix() {
    let scratch = tempfile::tempdir().expect("a directory");
    windowed(scratch.path());
    let cases = [
        (&["org/none"][..], "hf download org/none"),
        (&[".", "--gpu=h1000"], "`--gpu 80g`, or one of a100"),
        (&[".", "--tp=3"], "`--tp` to one of 1, 2, 4, 8"),
        (&[".", "--memory-fraction=90"], "above 0 and up to 1"),
    ];
    for (flags, expected) in cases {
        let (code, _, errors) = fit(scratch.path(), flags);
        assert_eq!(code, Some(125), "{errors}");
        let words: Vec<_> = errors.split_whitespace().collect();
        assert!(words.join(" ").contains(expected), "{errors}");
    }
}
