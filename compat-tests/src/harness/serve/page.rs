//! What `docs/harness.md` shows of files is what is in them.

#[test]
#[allow(clippy::disallowed_methods)] // A test.
fn the_page_shows_the_examples_as_they_are() {
    let read = |path: &str| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let page = read("../docs/harness.md");
    let java = read("java/junit-extension/src/test/java/io/eurus/junit/ShutdownTest.java");
    let class = java[java.find("class ShutdownTest").unwrap()..].to_owned();
    let resources = "java/junit-extension/src/test/resources/io/eurus/junit";
    for shown in [class, read("python/nodes.yaml"), read(&format!("{resources}/crash.yaml"))] {
        assert!(page.contains(&shown), "docs/harness.md should show:\n{shown}");
    }
}
