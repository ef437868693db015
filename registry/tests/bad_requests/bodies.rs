//! Registrations that are none.

use serde_json::{Value, json};

use crate::row::{Row, post, post_xml};

const UNPARSABLE: &str = r#"{"error": "cannot parse request body"}"#;
const UNPARSABLE_XML: &str = "<error><message>cannot parse request body</message></error>";

/// A good registration with some fields replaced; null takes a field away.
fn with(changes: Value) -> String {
    let mut instance = json!({
        "instanceId": "bad", "hostName": "h", "app": "A", "ipAddr": "10.0.0.1",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(instance.as_object_mut().unwrap().remove(name)),
            value => instance[name] = value.clone(),
        }
    }
    json!({ "instance": instance }).to_string()
}

/// A good registration with raw text as one more field.
fn raw(field: &str) -> String {
    with(json!({})).replacen("\"app\"", &format!("{field},\"app\""), 1)
}

fn xml(inside: &str) -> String {
    format!(
        "<instance><instanceId>bad</instanceId><hostName>h</hostName><app>A</app><ipAddr>10.0.0.1</ipAddr>\
         <dataCenterInfo class=\"x\"><name>MyOwn</name></dataCenterInfo>{inside}</instance>"
    )
}

pub(crate) fn rows() -> Vec<Row> {
    [shapes(), fields(), too_much(), numbers(), encodings(), depths(), xml_rows()].into_iter().flatten().collect()
}

fn shapes() -> Vec<Row> {
    let good = with(json!({}));
    let row = |name, body: &str| Row::new(name, post(body), 400, UNPARSABLE);
    vec![
        row("no body", ""),
        row("only spaces", "   \n"),
        row("cut off", &good[..good.len() - 1]),
        row("cut off in a string", &good[..20]),
        row("something follows", &format!("{good} x")),
        row("two documents", &format!("{good}{good}")),
        Row::new("the reason", post("{"), 400, "x-eurus-reason: the registration is unreadable: "),
        row("an array", "[]"),
        row("a string", "\"instance\""),
        row("a number", "1"),
        Row::new("null", post("null"), 500, "x-eurus-reason: the registration is null"),
        row("the instance is null", r#"{"instance":null}"#),
        row("the instance is an array", r#"{"instance":[]}"#),
        row("not wrapped", &good["{\"instance\":".len()..good.len() - 1]),
        row("another wrapper", &good.replacen("instance", "instances", 1)),
        row("trailing comma", &good.replace("\"}}", "\",}}")),
        row("comment", &format!("/* hello */{good}")),
        row("single quotes", &good.replace('"', "'")),
        row("unquoted names", &good.replacen("\"app\"", "app", 1)),
        row("XML labelled JSON", &xml("")),
    ]
}

fn fields() -> Vec<Row> {
    let row = |name, changes, says| Row::new(name, post(with(changes)), 400, says);
    vec![
        row("no app", json!({"app": null}), UNPARSABLE),
        row("wrong app", json!({"app": "B"}), "Mismatched appName, expecting A but was B"),
        row("no host name", json!({"hostName": null}), "x-eurus-reason: Missing hostname"),
        row("empty address", json!({"ipAddr": ""}), "Missing ip address"),
        row("empty app", json!({"app": ""}), "Missing appName"),
        row("no data center", json!({"dataCenterInfo": null}), "Missing dataCenterInfo"),
        row("data center without class", json!({"dataCenterInfo": {"name": "MyOwn"}}), UNPARSABLE),
        row("unknown class", json!({"dataCenterInfo": {"@class": "java.lang.Runtime", "name": "MyOwn"}}), UNPARSABLE),
        row(
            "unknown data center",
            json!({"dataCenterInfo": {"@class": "com.netflix.appinfo.MyDataCenterInfo", "name": "Mars"}}),
            UNPARSABLE,
        ),
        row(
            "data center without name",
            json!({"dataCenterInfo": {"@class": "com.netflix.appinfo.MyDataCenterInfo"}}),
            "Missing dataCenterInfo Name",
        ),
        row("metadata is a list", json!({"metadata": ["a"]}), UNPARSABLE),
        row("metadata is a text", json!({"metadata": "a"}), UNPARSABLE),
        row("metadata in metadata", json!({"metadata": {"a": {"b": "c"}}}), UNPARSABLE),
        row("a list in metadata", json!({"metadata": {"a": ["b"]}}), UNPARSABLE),
        row("the app is an object", json!({"app": {"name": "A"}}), UNPARSABLE),
        row("the id is a list", json!({"instanceId": ["bad"]}), UNPARSABLE),
        row("the lease is a text", json!({"leaseInfo": "30"}), UNPARSABLE),
        row("an unknown list", json!({"extra": [1]}), UNPARSABLE),
        Row::new(
            "the app twice, the last counts",
            post(raw("\"app\":\"A\"").replace("\"app\":\"A\",\"data", "\"app\":\"B\",\"data")),
            400,
            "Mismatched appName, expecting A but was B",
        ),
        row(
            "NUL in the id",
            json!({"instanceId": "bad\u{0}"}),
            "Invalid instanceId: control characters are not allowed",
        ),
        row("line break in the id", json!({"instanceId": "bad\nINFO forged"}), "Invalid instanceId"),
        row("escape in the host name", json!({"hostName": "h\u{1b}[2J"}), "Invalid hostName"),
        row("tabulator in the address", json!({"ipAddr": "10.0.0.1\t"}), "Invalid ipAddr"),
        row("line break in the app", json!({"app": "A\n"}), "Mismatched appName"),
        Row::new(
            "control character in metadata, not escaped",
            post(raw("\"metadata\":{\"a\":\"\u{1}\"}")),
            400,
            UNPARSABLE,
        ),
    ]
}

fn too_much() -> Vec<Row> {
    let many_keys = (0..101).map(|place| (format!("k{place}"), Value::from("v"))).collect::<serde_json::Map<_, _>>();
    let bomb: String = (0..70_000).map(|place| format!("\"{place}\":\"\",")).collect();
    vec![
        Row::new(
            "too much metadata",
            post(with(json!({"metadata": {"a": "x".repeat(70_000)}}))),
            413,
            "eurus.registry.instance-bytes-max",
        ),
        Row::new(
            "too many entries",
            post(with(json!({"metadata": many_keys}))),
            413,
            "metadata has 101 entries, allowed are 100 (eurus.registry.metadata-entries-max)",
        ),
        Row::new(
            "more entries than are read",
            post(raw(&format!("\"metadata\":{{{bomb}\"a\":\"b\"}}"))),
            400,
            UNPARSABLE,
        ),
        Row::new(
            "a thousand and one addresses",
            post(with(json!({"vipAddress": ",".repeat(1_000)}))),
            413,
            "more than 1000 virtual addresses",
        ),
        Row::new(
            "an id as long as a body",
            post(with(json!({"instanceId": "i".repeat(1_000_000)}))),
            413,
            "eurus.registry.instance-bytes-max",
        ),
    ]
}

fn numbers() -> Vec<Row> {
    let rows = [
        ("a port that is a word", r#""port":{"$":"abc"}"#),
        ("a port beyond 32 bits", r#""port":{"$":99999999999}"#),
        ("a port that is a list", r#""port":[8080]"#),
        ("a port that is bare", r#""port":8080"#),
        ("NaN", r#""port":{"$":NaN}"#),
        ("Infinity", r#""lastDirtyTimestamp":Infinity"#),
        ("minus nothing", r#""lastDirtyTimestamp":-"#),
        ("a plus sign", r#""lastDirtyTimestamp":+1"#),
        ("hexadecimal", r#""lastDirtyTimestamp":0x10"#),
        ("leading zero", r#""countryId":01"#),
        ("a time beyond 64 bits", r#""lastDirtyTimestamp":99999999999999999999999"#),
        ("a time beyond 64 bits as text", r#""lastDirtyTimestamp":"99999999999999999999999""#),
        ("a time with letters", r#""lastDirtyTimestamp":"12x""#),
        ("a duration beyond 32 bits", r#""leaseInfo":{"durationInSecs":4294967296}"#),
        ("a duration beyond reason", r#""leaseInfo":{"durationInSecs":1e300}"#),
        ("a duration that is an object", r#""leaseInfo":{"durationInSecs":{}}"#),
        ("a country beyond 32 bits", r#""countryId":-2147483649"#),
    ];
    rows.into_iter().map(|(name, field)| Row::new(name, post(raw(field)), 400, UNPARSABLE)).collect()
}

fn encodings() -> Vec<Row> {
    let good = with(json!({}));
    let utf16 = |order: fn(u16) -> [u8; 2], mark: &[u8]| {
        [mark, &good.encode_utf16().flat_map(order).collect::<Vec<u8>>()].concat()
    };
    let invalid = good.replacen("bad", "b#d", 1).into_bytes();
    let invalid = |bytes: &[u8]| {
        let place = invalid.iter().position(|byte| *byte == b'#').unwrap();
        [&invalid[..place], bytes, &invalid[place + 1..]].concat()
    };
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, body).unwrap();
        encoder.finish().unwrap()
    };
    let row = |name, body: Vec<u8>| Row::new(name, post(body), 400, UNPARSABLE);
    vec![
        row("bytes that are no UTF-8", invalid(b"\xff")),
        row("UTF-8 longer than needed", invalid(b"\xc0\xaf")),
        row("half a pair in UTF-8", invalid(b"\xed\xa0\x80")),
        row("half a pair, escaped", invalid(b"\\ud800")),
        row("Latin-1", invalid(b"\xe9")),
        row("UTF-16, big end first", utf16(u16::to_be_bytes, b"\xfe\xff")),
        row("UTF-16, little end first", utf16(u16::to_le_bytes, b"\xff\xfe")),
        row("UTF-16 without a mark", utf16(u16::to_le_bytes, b"")),
        row("UTF-8 with a byte order mark", [b"\xef\xbb\xbf", good.as_bytes()].concat()),
        row("gzip", gzip(good.as_bytes())),
        row("gzip that would be 10 MB", gzip(&vec![b' '; 10_000_000])),
        row("zeros", vec![0; 1_000]),
        row("an unknown escape", invalid(b"\\x41")),
    ]
}

fn depths() -> Vec<Row> {
    let row = |name, body: String| Row::new(name, post(body), 400, UNPARSABLE);
    vec![
        row("200,000 brackets", "[".repeat(200_000)),
        row("200,000 objects", "{\"instance\":".repeat(200_000)),
        row(
            "objects in the instance",
            raw(&format!("\"metadata\":{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000))),
        ),
        row(
            "lists in metadata",
            raw(&format!("\"metadata\":{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000))),
        ),
        Row::new("XML elements", post_xml(xml(&"<a>".repeat(100_000))), 400, UNPARSABLE_XML),
        Row::new(
            "XML elements, closed",
            post_xml(xml(&["<a>".repeat(40), "</a>".repeat(40)].concat())),
            400,
            UNPARSABLE_XML,
        ),
    ]
}

fn xml_rows() -> Vec<Row> {
    let row = |name, body: String| Row::new(name, post_xml(body), 400, UNPARSABLE_XML);
    let dtd = |declarations: &str| format!("<!DOCTYPE instance [{declarations}]>{}", xml("<sid>&a;</sid>"));
    let bomb: String = (0..10).map(|n| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10))).collect();
    vec![
        row("no XML", String::new()),
        row("text", "hello".to_owned()),
        row("JSON labelled XML", with(json!({}))),
        row("another root", xml("").replace("instance>", "application>")),
        row("two roots", xml("").repeat(2)),
        row("not closed", xml("").replace("</instance>", "")),
        row("closed crosswise", xml("<a><b></a></b>")),
        row("a bare ampersand", xml("<sid>a & b</sid>")),
        row("an unknown entity", xml("<sid>&nbsp;</sid>")),
        row("a character that is none", xml("<sid>&#xD800;</sid>")),
        row("NUL as a reference", xml("<sid>&#0;</sid>")),
        row("CDATA without an end", xml("<sid><![CDATA[x</sid>")),
        row("a comment without an end", xml("<!-- x")),
        row("an attribute without quotes", xml("<port enabled=true>1</port>")),
        row("a DTD", dtd("")),
        row("a billion laughs", dtd(&format!("<!ENTITY e0 \"lol\">{bomb}<!ENTITY a \"&e10;\">"))),
        row("an entity from a file", dtd("<!ENTITY a SYSTEM \"file:///etc/passwd\">")),
        row("an entity from the network", dtd("<!ENTITY % a SYSTEM \"http://127.0.0.1:1/x\">%a;")),
        row("another encoding, as declared", format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}", xml(""))),
        row("Latin-1, as declared", format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}", xml(""))),
        row("a port that is a word", xml("<port>abc</port>")),
        row("no app", xml("").replace("<app>A</app>", "")),
        Row::new("wrong app", post_xml(xml("").replace("<app>A", "<app>B")), 400, "Mismatched appName"),
        Row::new(
            "many entries",
            post_xml(xml(&format!(
                "<metadata>{}</metadata>",
                (0..101).map(|n| format!("<k{n}/>")).collect::<String>()
            ))),
            413,
            "metadata has 101 entries",
        ),
        row("more entries than are read", xml(&format!("<metadata>{}</metadata>", "<k/>".repeat(70_000)))),
    ]
}
