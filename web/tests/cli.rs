//! The binary as people call it: output, exit codes, advice.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// How the binary ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn niyam(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_niyam"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that reads nothing closes its end first.
    let _unread = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("it ends");
    Ran {
        code: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A folder with one protocol whose file is `text`.
fn protocol(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("mine");
    std::fs::create_dir(&inner).expect("a folder");
    std::fs::write(inner.join("protocol.yaml"), text).expect("a file");
    let path = inner.display().to_string();
    (folder, path)
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ran = niyam(&["--help"], b"");
    assert_eq!(ran.code, 0);
    let exit_codes = ["Exit codes", "1  something was found", "2  wrong usage"];
    let commands =
        ["serve", "check", "test", "try", "extract", "move", "replay", "backup", "restore", "chart", "bench"];
    for word in commands.iter().chain(&["help"]).chain(&exit_codes) {
        assert!(ran.out.contains(word), "{word}: {}", ran.out);
    }
    for command in commands {
        let helped = niyam(&["help", command], b"");
        assert_eq!(helped.code, 0, "{}", helped.err);
        for word in exit_codes.iter().chain(&[format!("niyam {command}").as_str()]) {
            assert!(helped.out.contains(word), "{command}, {word}: {}", helped.out);
        }
        assert_eq!(niyam(&[command, "--help"], b"").out, helped.out, "both say the same");
    }
}

#[test]
fn wrong_usage_is_2_and_says_how_it_goes() {
    let ran = niyam(&["chekc"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("check"), "{}", ran.err);
    let ran = niyam(&["check"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("<PATH>"), "{}", ran.err);
}

#[test]
fn broken_yaml_is_found_with_its_place() {
    let (_folder, path) = protocol("niyam: 1\nprotocol: mine\ntitle: { en: Mine, hi: मेरा\nstates: {}\n");
    let ran = niyam(&["check", &path], b"");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.starts_with("error[P"), "{}", ran.out);
    assert!(ran.out.contains(&format!("{path}/protocol.yaml:")), "{}", ran.out);
    assert!(ran.out.contains("1 protocol checked: "), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colour without a terminal");
    let ran = niyam(&["check", &path, "--format", "json"], b"");
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let place = &report["protocols"][0]["findings"][0]["primary"];
    assert_eq!(place["file"], format!("{path}/protocol.yaml"), "the same file in JSON: {report}");
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut bomb = "niyam: 1\nprotocol: mine\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        let ten = [below.as_str(); 10].join(", ");
        for part in ["a", &level.to_string(), ": &a", &level.to_string(), " [", &ten, "]\n"] {
            bomb.push_str(part);
        }
    }
    let (_folder, path) = protocol(&bomb);
    let ran = niyam(&["check", &path, "--format", "json"], b"");
    assert_eq!(ran.code, 1);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["protocols"][0]["digest"], serde_json::Value::Null);
    assert!(report["errors"].as_u64().is_some_and(|errors| errors >= 1), "{report}");
}

#[test]
fn what_is_no_protocol_is_2_with_advice() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = niyam(&["check", &folder.path().display().to_string()], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no protocol at") && ran.err.contains("= help: "), "{}", ran.err);
    let ran = niyam(&["check", "no/such/folder"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`no/such/folder` cannot be read"), "{}", ran.err);
}

#[test]
fn chart_answers_line_by_line_and_survives_nonsense() {
    let input = concat!(
        r##"{"op":"start","name":"m","machine":{"id":"m","initial":"a","states":{"a":{"id":"a","after":{"10":[{"target":["#b"]}]}},"b":{"id":"b","type":"final"}}}}"##,
        "\nnonsense\n\n",
        r#"{"op":"advance","ms":10}"#,
    );
    let ran = niyam(&["chart", "--stdio"], input.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3, "{}", ran.out);
    assert_eq!(lines[0]["configuration"], serde_json::json!(["a"]));
    assert!(lines[1]["error"].is_string());
    assert_eq!((&lines[2]["configuration"], &lines[2]["done"]), (&serde_json::json!(["b"]), &serde_json::json!(true)));
}

#[test]
fn serve_without_demo_refuses_other_addresses() {
    let ran = niyam(&["serve", "--listen", "0.0.0.0:0"], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("listens on loopback only") && ran.err.contains("= help: "), "{}", ran.err);
}

#[test]
fn the_demo_refuses_a_folder_of_real_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("niyam.db"), "").expect("a file");
    let path = folder.path().display().to_string();
    let ran = niyam(&["serve", "--demo", "--listen", "127.0.0.1:0", "--data", &path], b"");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("holds real cases") && ran.err.contains("= help: "), "{}", ran.err);
    assert!(!folder.path().join("demo-clock.json").exists(), "no clock is begun there");
}

#[test]
fn real_work_refuses_a_folder_of_the_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("demo-clock.json"), "").expect("a file");
    let path = folder.path().display().to_string();
    let ran = niyam(&["serve", "--listen", "127.0.0.1:0", "--data", &path], b"");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("invented cases of --demo") && ran.err.contains("= help: "), "{}", ran.err);
    assert!(!folder.path().join("niyam.db").exists(), "no database is made there");
}

/// A protocol with one wait and a scenario for it.
const TESTED: &str = "niyam: 1
protocol: mine
title: { en: Mine, hi: मेरा }
order: { number: '1', date: '2026-01-01', authority: { en: Sample, hi: नमूना } }
roles:
  desk: { label: { en: Desk, hi: डेस्क }, rank: 10, staffed: day-and-night, unit: desk }
units:
  desk: { code: RJ-PHQ-SCRB }
on:
  roster.empty: { actions: [ { notify: desk, message: trouble } ] }
  delivery.failed: { actions: [ { notify: desk, message: trouble } ] }
  error.execution: { actions: [ { notify: desk, message: trouble } ] }
initial: waiting
states:
  waiting:
    stage: intake
    label: { en: Waiting, hi: प्रतीक्षा }
    owner: desk @ desk
    on:
      done: { by: desk, label: { en: Done, hi: हुआ }, target: ended }
    after:
      10m: { target: ended }
  ended: { type: final, stage: closure, label: { en: Ended, hi: समाप्त }, outcome: done }
";

#[test]
fn scenarios_pass_or_fail_and_tell_what_they_never_touch() {
    let (_folder, path) = protocol(TESTED);
    let messages = Path::new(&path).join("messages");
    std::fs::create_dir(&messages).expect("a folder");
    std::fs::write(messages.join("en.ftl"), "trouble = Look at { $case }\n").expect("a file");
    std::fs::write(messages.join("hi.ftl"), "trouble = { $case } देखें\n").expect("a file");
    let scenarios = Path::new(&path).join("scenarios");
    std::fs::create_dir(&scenarios).expect("a folder");
    let scenario = |expected: &str| {
        let text = format!(
            "scenario: {{ en: Nobody acts, hi: कोई कार्य नहीं }}\nsteps:\n  - {{ wait: 10m, expect: {{ {expected} }} }}\n"
        );
        std::fs::write(scenarios.join("nobody.yaml"), text).expect("a file");
    };
    scenario("closed: done");
    let ran = niyam(&["test", &path], b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("pass  nobody") && ran.out.contains("never waiting/on/done"), "{}", ran.out);
    assert!(ran.out.contains("clocks: 1 of 1 used"), "{}", ran.out);
    scenario("in: [waiting]");
    let ran = niyam(&["test", &path], b"");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("FAIL  nobody") && ran.out.contains("wanted: "), "{}", ran.out);
    let ran = niyam(&["test", &path, "--format", "json"], b"");
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report[0]["scenarios"][0]["passed"], serde_json::json!(false), "{report}");
}

#[test]
fn a_case_is_tried_in_virtual_time_with_reasons_and_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let alert = file(
        "alert.eml",
        "From: warden@hostel.example.org\r\nSubject: help\r\n\r\nUsername: asha_namuna\r\nTime of post: 2026-11-21 08:00:00 UTC\r\n",
    );
    let ran = niyam(&["try", "kota", "--alert", &alert], b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for words in [
        "21 Nov 2026 13:30 IST",
        "00:00:00  the alert opens the case",
        "runs out",
        "because open.intake/after/",
        "protocol.yaml:",
        "tells ",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let acts = "- { act: acknowledge, by: help_desk }\n- { act: acknowledge, by: help_desk }\n";
    let ran = niyam(&["try", "kota", "--alert", &alert, "--acts", "-"], acts.as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("help_desk does `acknowledge`") && ran.out.contains("refused: "), "{}", ran.out);
    let ran = niyam(&["try", "kota", "--alert", &alert, "--acts", "-"], b"- { act: acknowledg, by: help_desk }\n");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("--> -:1:") && ran.out.contains("did you mean `acknowledge`?"), "{}", ran.out);
    let ran = niyam(&["try", "nowhere", "--alert", &alert], b"");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no protocol `nowhere`") && ran.err.contains("kota"), "{}", ran.err);
    let ran = niyam(&["try", "kota", "--alert", "gone.eml"], b"");
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn alerts_are_read_in_order_and_give_one_object_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, words: &str| {
        let text = format!(
            "From: Meta Emergency Response <emergency-response@meta-alerts.example.com>\r\nTo: scrb-helpdesk@rajpolice.example.org\r\n\
             Subject: Possible imminent harm\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\n\
             Reference: MER-2026-900001\r\nPlatform: Instagram\r\nUsername: asha.namuna_1\r\nPhone: +91 55555 50101\r\n{words}\r\n"
        );
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (first, second) = (file("a.eml", ""), file("b.eml", "E-mail: asha@example.net"));
    let ran = niyam(&["extract", "--format", "json", &first, &second], b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let items: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["phones"], serde_json::json!(["+915555550101"]));
    assert_eq!((&items[0]["relation"], &items[0]["file"]), (&serde_json::json!("new"), &serde_json::json!("a.eml")));
    assert_eq!(items[1]["is_duplicate_of"], "a.eml", "{}", items[1]);
    let ran = niyam(&["extract", "-"], &[0xff, 0x00, 0x80]);
    assert_eq!(ran.code, 0, "whatever the bytes, there is a result: {}", ran.err);
    assert!(ran.out.contains("needs_review: true"), "{}", ran.out);
    assert_eq!(niyam(&["extract", "gone.eml"], b"").code, 2);
}
