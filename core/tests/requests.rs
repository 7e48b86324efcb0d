//! What HTTP says around the rows: codings, types, methods, paths, parameters, origins.

use crate::world::door::*;
use crate::world::*;
use rowgate_core::{Gate, Head, Response, SendError};
use serde_json::{Value, json};

/// A request's answer; `body` is what travels.
fn ask(world: &World, gate: &Gate, head: &Head, body: &[u8]) -> Response {
    let response = run(gate.handle(world, head, async |_| Ok(body.to_vec())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    response
}

fn name(response: &Response) -> String {
    let document = body(response);
    document["type"].as_str().unwrap().trim_start_matches("urn:rowgate:problem:").to_owned()
}

fn with(path: &str, content_type: &str, headers: &[(&str, &str)]) -> Head {
    let mut head = head(path, content_type);
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    head.headers.extend(headers);
    head
}

fn of_method(method: &str, path: &str) -> Head {
    Head { method: method.into(), ..head(path, "") }
}

#[cfg(feature = "gzip")]
mod packed {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_packed_body_is_read_like_a_plain_one() {
        for (content_type, text) in [
            ("application/json", two_jobs().to_string()),
            ("application/x-ndjson", "{\"id\":1,\"job\":\"a\"}\n{\"id\":2,\"job\":\"b\"}".into()),
            ("text/csv", "id,job\n1,a\n2,b\n".into()),
        ] {
            for coding in ["gzip", "X-GZip", "identity, gzip"] {
                let world = World::new([updated(2)]);
                let head = with(JOBS, content_type, &[("content-encoding", coding)]);
                let response = ask(&world, &gate(), &head, &gzip(text.as_bytes()));
                assert_eq!(response.status, 200, "{content_type} {coding}");
                assert_eq!(body(&response)["tables"]["jobs"]["stored"], 2);
            }
        }
    }

    #[test]
    fn members_of_a_packed_body_follow_each_other() {
        let head = with(JOBS, "text/csv", &[("content-encoding", "gzip")]);
        let packed = [gzip(b"id,job\n1,a"), gzip(b"\n2,b\n")].concat();
        assert_eq!(ask(&World::new([updated(2)]), &gate(), &head, &packed).status, 200);
    }

    #[test]
    fn a_packed_body_unpacks_to_no_more_than_the_limit() {
        let gate = gate_with(&|name| (name == "MAX_BYTES").then(|| "1000".into()));
        let head = with(JOBS, "application/json", &[("content-encoding", "gzip")]);
        let send = |bytes: usize| {
            let text = format!("[{}]", " ".repeat(bytes - 2));
            ask(&World::new([]), &gate, &head, &gzip(text.as_bytes()))
        };
        assert_eq!(send(1000).status, 200);
        let response = send(1001);
        assert_eq!((response.status, name(&response)), (413, "too_many_bytes".into()));
        assert_eq!(body(&response)["detail"], "at most 1000 bytes in one request");
        assert_eq!(send(900_000).status, 413);
    }

    #[test]
    fn broken_gzip_is_told_so() {
        let head = with(JOBS, "application/json", &[("content-encoding", "gzip")]);
        let whole = gzip(two_jobs().to_string().as_bytes());
        let mut wrong_sum = whole.clone();
        let at = wrong_sum.len() - 8;
        wrong_sum[at] ^= 1;
        let followed = [whole.clone(), b"[]".to_vec()].concat();
        for bytes in
            [&b"[]"[..], b"", &whole[..whole.len() - 1], &whole[..9], &wrong_sum, &followed]
        {
            let response = ask(&World::new([]), &gate(), &head, bytes);
            assert_eq!((response.status, name(&response)), (400, "unreadable_gzip".into()));
        }
    }

    #[test]
    fn a_packed_body_counts_as_what_it_unpacks_to() {
        let gate = gate();
        let rows: Vec<_> =
            (1..10_000).map(|id| json!({"id": id, "job": "x".repeat(250)})).collect();
        let packed = gzip(&serde_json::to_vec(&rows).unwrap());
        assert!(packed.len() < 100_000);
        let length = packed.len().to_string();
        let length = &[("content-encoding", "gzip"), ("content-length", length.as_str())];
        let head = with(JOBS, "application/json", length);
        // The database never answers, so that all are held at the same time.
        let world = World::new([]).hanging();
        let mut waiting: Vec<_> = (0..3)
            .map(|_| Box::pin(gate.handle(&world, &head, async |_| Ok(packed.clone()))))
            .collect();
        let ready: Vec<_> = waiting.iter_mut().map(is_ready).collect();
        assert_eq!(ready, [false, false, true], "there is no room for the third");
    }

    #[test]
    fn a_request_is_the_same_one_however_it_is_packed() {
        let rows = two_jobs().to_string();
        let key = ("idempotency-key", "k");
        let plain = with(JOBS, "application/json", &[key]);
        let packed = with(JOBS, "application/json", &[key, ("content-encoding", "gzip")]);
        let fingerprint = |head: &Head, bytes: &[u8]| {
            let world = World::new([error(403, "AccessDeniedException")]);
            ask(&world, &gate(), head, bytes);
            let (_, call) = world.calls().remove(0);
            let parameters = call["parameters"].as_array().unwrap().clone();
            parameters.into_iter().find(|it| it["name"] == "fingerprint").unwrap()
        };
        let first = fingerprint(&plain, rows.as_bytes());
        assert_eq!(first, fingerprint(&packed, &gzip(rows.as_bytes())));
        assert_ne!(first, fingerprint(&packed, &gzip(b"[]")));
    }
}

#[test]
fn a_coding_that_is_not_known_is_refused_before_the_body_is_read() {
    for coding in ["br", "deflate", "zstd", "gzip, gzip"] {
        let head = with(JOBS, "application/json", &[("content-encoding", coding)]);
        let response = run(gate().handle(&World::new([]), &head, async |_| panic!("body read")));
        assert_eq!((response.status, name(&response)), (415, "unsupported_encoding".into()));
        assert!(response.header("accept-encoding").unwrap().ends_with("identity"), "{coding}");
    }
    let head = with(JOBS, "application/json", &[("content-encoding", "identity")]);
    assert_eq!(ask(&World::new([]), &gate(), &head, b"[]").status, 200);
}

#[test]
fn media_types_have_synonyms() {
    for (content_type, text) in [
        ("application/x-ndjson", "{\"id\":1,\"job\":\"a\"}"),
        ("application/ndjson", "{\"id\":1,\"job\":\"a\"}"),
        ("application/jsonl", "{\"id\":1,\"job\":\"a\"}"),
        ("application/x-jsonlines; charset=UTF-8", "{\"id\":1,\"job\":\"a\"}"),
        ("application/csv", "1,a"),
        ("text/csv; header=absent; charset=\"utf-8\"", "1,a"),
        ("application/json; charset=us-ascii", "[{\"id\":1,\"job\":\"a\"}]"),
    ] {
        let response =
            ask(&World::new([updated(1)]), &gate(), &head(JOBS, content_type), text.as_bytes());
        assert_eq!(response.status, 200, "{content_type}");
    }
}

#[test]
fn a_charset_that_is_not_read_is_refused() {
    for (path, content_type) in [
        (JOBS, "text/csv; charset=utf-32"),
        (JOBS, "application/x-ndjson; charset=x-user-defined"),
        (JOBS, "application/json; charset=windows-1252"),
        ("/insert_data", "application/json; charset=latin1"),
    ] {
        let head = head(path, content_type);
        let response = run(gate().handle(&World::new([]), &head, async |_| panic!("body read")));
        assert_eq!((response.status, name(&response)), (415, "unsupported_charset".into()));
        assert!(body(&response)["detail"].as_str().unwrap().contains("charset=utf-8"));
    }
}

#[test]
fn a_parameter_is_known_and_given_once() {
    for (method, path) in [
        ("POST", "/tables/jobs/rows?dry_run=true&dry_run=true"),
        ("POST", "/tables/jobs/rows?dry_run=true&on_error=skip&dry_run=false"),
        ("POST", "/insert_data?on_error=skip&on%5Ferror=reject"),
        ("POST", "/insert_data?on_eror=skip"),
        ("POST", "/insert_data?=skip"),
        ("GET", "/loads?limit=1&limit=2"),
        ("GET", "/loads?limit=0"),
        ("GET", "/loads?limit="),
        ("GET", "/loads?page=2"),
        ("GET", "/loads/x?limit=1"),
        ("GET", "/health?x=1"),
        ("GET", "/health?deep&x=1"),
        ("GET", "/health?deep&deep"),
        ("HEAD", "/health?deep=1&deep=0"),
    ] {
        let head = of_method(method, path);
        let head = Head { headers: with(path, "application/json", &[]).headers, ..head };
        let response = run(gate().handle(&World::new([]), &head, async |_| panic!("body read")));
        assert_eq!(response.status, 400, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(name(&response), "bad_parameter", "{path}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_parameter_is_said() {
    let detail = |path: &str| {
        let (_, document) = send(&World::new([]), &head(path, "application/json"), "[]");
        document["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail("/insert_data?strict=1"), "strict is one of: true, false");
    assert_eq!(
        detail("/insert_data?strict=true&strict=true"),
        "strict is given twice; give it once"
    );
    assert_eq!(
        detail("/insert_data?skip"),
        "skip is unknown; the parameters are: on_error, on_duplicate, key, strict, \
         check_references, dry_run, time_zone, fill, count, return, delimiter, quote, escape, encoding, decimal, \
         date_order, null_values, empty, integers, skip_lines, ignore_extra, header, \
         blanks"
    );
}

#[test]
fn health_is_deep_wherever_deep_is_said() {
    for (query, is_deep) in [
        ("", false),
        ("deep=false", false),
        ("deep=0", false),
        ("deep", true),
        ("deep=", true),
        ("deep=1", true),
        ("deep=true", true),
        ("d%65ep=yes", true),
    ] {
        let world = World::new(is_deep.then(|| numbers(&[1])));
        let head = of_method("GET", &format!("/health?{query}"));
        assert_eq!(ask(&world, &gate(), &head, b"").status, 200, "{query}");
        let unknown = Head { headers: Vec::new(), ..head };
        let expected = if is_deep { 401 } else { 200 };
        assert_eq!(ask(&World::new([]), &gate(), &unknown, b"").status, expected, "{query}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    for path in ["/health", "/loads", "/loads/x", "/health?deep"] {
        let get = |method: &str, result: Result<Response, SendError>| {
            // One that is not the key's own may be that of a file.
            let answers = std::iter::once(result).chain((path == "/loads/x").then(|| numbers(&[])));
            let world = World::new(answers.filter(|_| path != "/health"));
            ask(&world, &gate(), &of_method(method, path), b"")
        };
        let rows = || if path == "/health?deep" { numbers(&[1]) } else { numbers(&[]) };
        let (of_get, of_head) = (get("GET", rows()), get("HEAD", rows()));
        assert_eq!(of_get.status, of_head.status, "{path}");
        assert_eq!(of_get.header("content-type"), of_head.header("content-type"));
        assert!(!of_get.body.is_empty() && of_head.body.is_empty());
        assert_eq!(of_head.header("x-request-id").unwrap().len(), 32);
    }
    let unknown = Head { headers: Vec::new(), ..of_method("HEAD", "/loads") };
    assert_eq!(ask(&World::new([]), &gate(), &unknown, b"").status, 401);
}

#[test]
fn no_answer_is_kept_by_a_cache() {
    let strange = Head { headers: Vec::new(), ..head(JOBS, "application/json") };
    for request in [
        head(JOBS, "application/json"),
        head("/nowhere", "application/json"),
        strange,
        of_method("GET", "/health"),
        of_method("HEAD", "/health"),
        of_method("OPTIONS", "/loads"),
        of_method("DELETE", "/loads"),
    ] {
        let response = ask(&World::new([]), &gate(), &request, b"[]");
        let (method, path) = (request.method, request.path);
        assert_eq!(response.header("cache-control"), Some("no-store"), "{method} {path}");
    }
}

#[test]
fn options_says_which_methods_there_are() {
    let anyone = |path: &str| Head { headers: Vec::new(), ..of_method("OPTIONS", path) };
    for (path, allow) in [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/loads", "GET, HEAD, OPTIONS"),
        ("/loads/x", "GET, HEAD, OPTIONS"),
        ("/insert_data", "POST, OPTIONS"),
        (JOBS, "POST, OPTIONS"),
        // Which tables there are is said only to clients with a key.
        ("/tables/cats/rows", "POST, OPTIONS"),
    ] {
        let response = ask(&World::new([]), &gate(), &anyone(path), b"");
        assert_eq!((response.status, response.header("allow")), (204, Some(allow)), "{path}");
        assert!(response.body.is_empty() && response.header("content-type").is_none());
        assert!(response.headers.iter().all(|(name, _)| !name.starts_with("access-control")));
        let wrong = ask(&World::new([]), &gate(), &of_method("DELETE", path), b"");
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some(allow)));
    }
    assert_eq!(ask(&World::new([]), &gate(), &anyone("/cats"), b"").status, 404);
}

#[test]
fn paths_are_decoded() {
    for path in ["/tables/%6aobs/rows", "/tables/jobs/rows/", "/%74ables/jobs/%72ows"] {
        let response = ask(&World::new([]), &gate(), &head(path, "application/json"), b"[]");
        assert_eq!(response.status, 200, "{path}");
    }
    for (path, status, problem) in [
        ("//tables/jobs/rows", 404, "unknown_route"),
        ("/tables/jobs%2Frows", 404, "unknown_route"),
        ("/tables/jobs%2F/rows", 404, "unknown_table"),
        ("/tables/%zz/rows", 400, "bad_path"),
        ("/tables/%ff/rows", 400, "bad_path"),
    ] {
        let response = ask(&World::new([]), &gate(), &head(path, "application/json"), b"[]");
        assert_eq!((response.status, name(&response).as_str()), (status, problem), "{path}");
    }
}

#[test]
fn pages_of_other_origins_come_in_by_a_setting() {
    let origins = |setting: &'static str| {
        gate_with(&move |name| (name == "CORS_ORIGINS").then(|| setting.into()))
    };
    let some = "https://a.example, https://b.example";
    for (setting, origin, allowed, varies) in [
        ("", "https://a.example", None, false),
        ("*", "https://a.example", Some("*"), false),
        (some, "https://b.example", Some("https://b.example"), true),
        (some, "https://c.example", None, true),
        (some, "https://a.example.evil.example", None, true),
        (some, "null", None, true),
        (some, "", None, true),
    ] {
        let gate = origins(setting);
        for method in ["OPTIONS", "GET"] {
            let mut head = of_method(method, "/health");
            head.headers = vec![("origin".into(), origin.into())];
            let response = ask(&World::new([]), &gate, &head, b"");
            let found = response.header("access-control-allow-origin");
            assert_eq!(found, allowed, "{setting} {origin}");
            assert_eq!(response.header("vary"), varies.then_some("origin"));
            let rest = ["access-control-allow-headers", "access-control-expose-headers"];
            let [preflight, plain] = rest.map(|name| response.header(name).is_some());
            let is_preflight = method == "OPTIONS";
            assert_eq!(preflight, allowed.is_some() && is_preflight);
            assert_eq!(plain, allowed.is_some() && !is_preflight);
        }
    }
}

#[test]
fn a_page_may_read_what_is_refused() {
    let gate = gate_with(&|name| (name == "CORS_ORIGINS").then(|| "*".into()));
    let head = Head { headers: Vec::new(), ..head(JOBS, "") };
    let response = ask(&World::new([]), &gate, &head, b"");
    assert_eq!(response.status, 401);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn blanks_around_a_header_do_not_count() {
    let present = |values: &[&str]| {
        let mut head = head(JOBS, "\tapplication/json ");
        head.headers.retain(|(name, _)| name != "x-api-key");
        head.headers.extend(values.iter().map(|value| ("x-api-key".into(), (*value).into())));
        ask(&World::new([]), &gate(), &head, b"[]").status
    };
    let key = key(1);
    let key = key.expose();
    assert_eq!(present(&[&format!(" \t{key}\t ")]), 200);
    assert_eq!(present(&[&format!("\u{a0}{key}")]), 401);
    assert_eq!(present(&[key, key]), 401);
    assert_eq!(present(&[&format!("{key}, {key}")]), 401);
}

#[test]
fn no_rows_are_answered_alike_in_every_form() {
    let none = json!({"received": 0, "stored": 0, "kept": 0, "rejected": 0, "invalid": 0});
    for (content_type, text) in
        [("application/json", "[]"), ("text/csv", ""), ("application/x-ndjson", "\n")]
    {
        let (status, document) = send(&World::new([]), &head(JOBS, content_type), text);
        assert_eq!((status, &document["tables"]), (200, &json!({"jobs": none})), "{content_type}");
    }
    let (_, document) = send_json(&World::new([]), "/insert_data", &json!({}));
    assert_eq!(document["tables"], json!({}));
}

#[test]
fn a_body_that_is_refused_as_a_whole_is_not_called_rows() {
    for (path, content_type, text, detail) in [
        (
            "/insert_data",
            "application/json",
            r#"{"cats":[{"id":1}],"jobs":[{"id":1,"job":"a"}]}"#,
            "the body is refused as a whole; cats: there is no such table",
        ),
        (
            "/insert_data",
            "application/json",
            r#"{"jobs":7}"#,
            "the body is refused as a whole; jobs: a single value where an array of rows is expected",
        ),
        (
            JOBS,
            "text/csv",
            "id,title\n1,a\n",
            "the body is refused as a whole; jobs: no column is called title; the columns are id, \
             job_name",
        ),
        (JOBS, "text/csv", "1,a\n2,\n", "1 of 2 rows are invalid; nothing was stored"),
    ] {
        let (status, document) = send(&World::new([]), &head(path, content_type), text);
        assert_eq!((status, &document["detail"]), (422, &Value::from(detail)));
    }
}

#[test]
fn a_value_that_no_column_takes_is_an_error_of_its_row() {
    for (row, column, code) in [
        (r#"{"id":2,"job":"\ud83d"}"#, json!("job_name"), "invalid_json"),
        (r#"{"id":1e400,"job":"b"}"#, json!("id"), "wrong_type"),
        (r#"{"id":2,"job":1e400}"#, json!("job_name"), "wrong_type"),
        (r#"{"id":1e20,"job":"b"}"#, json!("id"), "wrong_type"),
        (r#"{"id":-9223372036854775809,"job":"b"}"#, json!("id"), "out_of_range"),
        (r#"{"id":99999999999999999999,"job":"b"}"#, json!("id"), "out_of_range"),
        ("1e400", Value::Null, "wrong_type"),
    ] {
        let path = format!("{JOBS}?on_error=skip");
        let rows = [r#"{"id":1,"job":"a"}"#, row, r#"{"id":3,"job":"c"}"#];
        for (content_type, text) in [
            ("application/json", format!("[{}]", rows.join(","))),
            ("application/x-ndjson", rows.join("\n")),
        ] {
            let (status, document) =
                send(&World::new([updated(2)]), &head(&path, content_type), &text);
            assert_eq!(status, 207, "{row} {document}");
            let error = &document["errors"][0];
            assert_eq!((&error["index"], &error["column"]), (&json!(1), &column), "{row}");
            assert_eq!((&error["code"], &document["error_count"]), (&json!(code), &json!(1)));
        }
    }
}

#[test]
fn json_in_another_encoding_is_refused_as_a_whole_with_its_place() {
    let text = b"[{\"id\":1,\"job\":\"a\"},\n{\"id\":2,\"job\":\"caf\xe9\"}]";
    for path in [JOBS, "/tables/jobs/rows?on_error=skip", "/insert_data"] {
        let response = ask(&World::new([]), &gate(), &head(path, "application/json"), text);
        assert_eq!((response.status, name(&response)), (400, "invalid_utf8".into()));
        let detail = "the body is not UTF-8 at line 2, column 19; send UTF-8";
        assert_eq!(body(&response)["detail"], detail);
    }
}

#[test]
fn a_row_keeps_a_hundred_errors_and_counts_all() {
    let row = |unknown: usize| format!(r#"{{{}"id":0,"id":1}}"#, r#""a":0,"#.repeat(unknown));
    for (content_type, unknown, text) in [
        ("application/json", 600_000, format!("[{}]", row(600_000))),
        ("application/x-ndjson", 150_000, row(150_000)),
    ] {
        let (status, document) = send(&World::new([]), &head(JOBS, content_type), &text);
        // With id twice, id 0 and no job.
        assert_eq!((status, &document["error_count"]), (422, &json!(unknown + 3)));
        assert_eq!(document["errors"].as_array().unwrap().len(), 100);
        assert_eq!(document["errors"][99]["code"], "unknown_column");
    }
}
