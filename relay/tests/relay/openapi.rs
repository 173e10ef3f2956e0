//! The relay describes itself: every path it names is there, and answers as it says.

use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::process::Process;
use crate::support::*;

#[tokio::test]
async fn every_described_path_is_there() {
    let relay = TestRelay::start().await;
    let document: Value = read(relay.get("/api/openapi.json").await).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = relay.client.request(method.clone(), relay.at(&filled(path))).send().await.unwrap();
            let status = answer.status();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let told = &operation["responses"][status.as_str()];
            assert!(told.is_object(), "{method} {path} answers {status}, which is not described");
            described += 1;
        }
    }
    assert!(described >= 30, "only {described} operations are described");
}

#[tokio::test]
async fn every_shape_it_names_is_described() {
    let relay = TestRelay::start().await;
    let document: Value = read(relay.get("/api/openapi.json").await).await;
    let text = document.to_string();
    let named: Vec<&str> = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.len() > 20);
    for shape in named {
        assert!(document.pointer(shape).is_some(), "nothing is said of {shape}");
    }
}

/// Somebody who does not exist, so that what is hidden shows as hidden.
fn filled(path: &str) -> String {
    let nobody = Owner::new().id().to_string();
    path.replace("/agents/{id}", &format!("/agents/{nobody}")).replace("{name}", "nobody").replace("{id}", "none")
}

/// Sends what a fuzzer makes of the description: `A2A_SCHEMATHESIS` names the program.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs schemathesis; tests/run installs and runs it"]
async fn schemathesis_finds_the_description_true() {
    let program = std::env::var_os("A2A_SCHEMATHESIS").expect("A2A_SCHEMATHESIS names the program");
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path(), &["--registration", "open"]);
    let owner = relay.owner().await;
    // As many collectors wait as may: whoever asks beyond them is answered at once, and the fuzzer need not wait.
    let waiting: Vec<_> =
        (0..4).map(|_| tokio::spawn(keep_waiting(relay.reach.clone(), owner.token.clone()))).collect();
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg(relay.at("/api/openapi.json"))
        .args([
            "--url",
            &relay.url,
            "--checks",
            "all",
            "--exclude-checks",
            UNDECIDED,
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args(["--header", &format!("Authorization: Bearer {}", owner.token)])
        .args(["--max-examples", "30", "--seed", "1", "--workers", "1", "--no-color"])
        // Closing the account would leave the rest without an owner; a webhook would be called wherever it is.
        .args(["--exclude-path", "/api/account", "--exclude-path", "/api/webhook"])
        .current_dir(folder.path());
    let status = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    assert!(status.success());
}

/// A fuzzer cannot sign, nor do the work of a knock: what fits the schema may still be refused.
const UNDECIDED: &str = "positive_data_acceptance";

async fn keep_waiting(relay: Reach, token: String) {
    loop {
        let asked = relay.client.get(relay.at("/api/mailbox?wait=30&after=9000000000000000000")).bearer_auth(&token);
        if asked.send().await.is_err() {
            return;
        }
    }
}
