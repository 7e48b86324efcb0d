use std::time::{Duration, Instant};

use serde_json::json;

use crate::lambda::function::{answer, host};

#[tokio::test]
async fn lines_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("function.log");
    let host = host(|options| options.log = Some(path.clone())).await;
    let lines = |letter: &str| json!({"do": "print", "lines": vec![letter.repeat(3000); 50]});
    tokio::join!(answer(&host, lines("a")), answer(&host, lines("b")), answer(&host, lines("c")));

    let deadline = Instant::now() + Duration::from_secs(10);
    let text = loop {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.lines().count() >= 303 {
            break text;
        }
        assert!(Instant::now() < deadline, "{} lines", text.lines().count());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let count = |line: &str| text.lines().filter(|it| *it == line).count();
    for letter in ["a", "b", "c", "A", "B", "C"] {
        assert_eq!(count(&letter.repeat(3000)), 50, "{letter}");
    }
    let reports =
        text.lines().filter(|line| line.starts_with("REPORT RequestId: ")).collect::<Vec<_>>();
    assert_eq!(reports.len(), 3);
    for report in reports {
        assert!(report.contains("\tDuration: ") && report.contains("\tMemory Size: 512 MB"));
        assert!(report.contains("\tInit Duration: "), "{report}");
    }
    host.stop().await;
}
