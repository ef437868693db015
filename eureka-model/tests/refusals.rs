//! What is refused, and what the refusal says: where, what, and what is allowed.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use eurus_model::{DecodeError, DecodeErrorKind, json, xml};

use DecodeErrorKind::{Unparsable, Unsupported};

fn posted(fields: &str) -> DecodeError {
    let body = format!("{{\"instance\":{{\"app\":\"a\",\n{fields}}}}}");
    json::decode_registration(body.as_bytes()).expect_err(fields)
}

#[test]
fn a_registration_says_which_field_and_what_is_allowed() {
    let table = [
        ("\"port\":8080", "port to be an object {\"$\": number, \"@enabled\": boolean}"),
        ("\"port\":\"8080\"", "port to be an object"),
        ("\"securePort\":{\"$\":\"x\"}", "a whole number of 32 bits"),
        ("\"securePort\":{\"$\":4294967296}", "a whole number of 32 bits"),
        ("\"lastDirtyTimestamp\":\"abc\"", "lastDirtyTimestamp to be a whole number of 64 bits"),
        ("\"lastDirtyTimestamp\":1.5", "lastDirtyTimestamp to be a whole number of 64 bits"),
        ("\"isCoordinatingDiscoveryServer\":\"yes\"", "isCoordinatingDiscoveryServer to be true or false"),
        ("\"hostName\":{}", "hostName to be a string"),
        ("\"leaseInfo\":{\"durationInSecs\":[]}", "durationInSecs to be a whole number"),
        ("\"leaseInfo\":5", "leaseInfo to be an object"),
        ("\"x\":[1]", "an unknown field to be a scalar or an object"),
        ("\"metadata\":{\"k\":{}}", "a value of metadata to be a string"),
        ("\"metadata\":[]", "metadata to be an object"),
        ("\"dataCenterInfo\":{\"name\":\"MyOwn\"}", "dataCenterInfo without \"@class\""),
        ("\"dataCenterInfo\":{\"@class\":\"x.Y\"}", "expected one of com.netflix.appinfo.InstanceInfo$DefaultData"),
        (
            "\"dataCenterInfo\":{\"@class\":\"com.netflix.appinfo.AmazonInfo\",\"name\":\"Azure\"}",
            "unknown \"name\" of dataCenterInfo `Azure`, expected one of MyOwn, Netflix, Amazon",
        ),
    ];
    for (fields, said) in table {
        let error = posted(fields);
        assert!(error.message.contains(said), "{fields}: {error}");
        assert!(error.location.starts_with("line 2, column "), "{fields}: {error}");
        assert_eq!(error.kind, Unparsable);
    }
}

#[test]
fn json_that_is_none_or_of_another_shape() {
    let deep = format!("{}1{}", "{\"instance\":".repeat(200), "}".repeat(200));
    let table: [(&str, DecodeErrorKind, &str); 8] = [
        ("", Unparsable, "EOF while parsing"),
        ("{\"instance\":{\"app\":\"a\"}} x", Unparsable, "trailing characters"),
        ("null", Unparsable, "expected an object {\"instance\": …}"),
        ("{\"instance\":{\"app\":\"a\"},\"other\":1}", Unparsable, "unknown field `other`, expected only `instance`"),
        ("{\"instance\":{\"app\":\"a\"},\"instance\":{\"app\":\"a\"}}", Unparsable, "duplicate field `instance`"),
        ("{}", Unparsable, "missing field `instance`"),
        ("{\"instance\":{}}", Unparsable, "missing field `app`"),
        (&deep, Unsupported, "nested deeper than 128 levels"),
    ];
    for (body, kind, said) in table {
        let error = json::decode_registration(body.as_bytes()).expect_err(body);
        assert_eq!(error.kind, kind, "{body}");
        assert!(error.message.contains(said), "{body}: {error}");
    }
}

#[test]
fn what_is_passed_over_may_be_as_deep_as_it_likes() {
    // It takes no stack, and no more memory than it is long.
    let deep = format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let body = format!("{{\"instance\":{{\"app\":\"a\",\"x\":{{\"y\":{deep}}}}}}}");
    assert!(json::decode_registration(body.as_bytes()).is_ok());
    assert!(json::decode_instance(body.replace("\"x\"", "\"instanceId\":\"i\",\"x\"").as_bytes()).is_ok());
}

#[test]
fn xml_that_is_none_or_refused() {
    let deep = format!("<instance>{}", "<x>".repeat(100));
    let billion = "<!DOCTYPE a [<!ENTITY x \"xx\"><!ENTITY y \"&x;&x;\">]><instance><app>&y;</app></instance>";
    let table: [(&[u8], DecodeErrorKind, &str); 13] = [
        (b"", Unparsable, "no element, expected <instance>"),
        (b"not xml", Unparsable, "expected <instance>, found text"),
        (b"<foo/>", Unparsable, "expected <instance>, found <foo>"),
        (b"<instance/>", Unparsable, "missing element <app>"),
        (b"<instance><app>a</app>", Unparsable, "ends inside of an element"),
        (b"<instance><app>a</ap></instance>", Unparsable, "ap"),
        (b"<instance><app>a</app></instance><instance/>", Unparsable, "something follows the document"),
        (b"<instance><app><b/></app></instance>", Unparsable, "expected only text, found the element <b>"),
        (
            b"<instance><app>a</app><port>x</port></instance>",
            Unparsable,
            "invalid value `x`, expected port to be a whole",
        ),
        (billion.as_bytes(), Unsupported, "a DTD is not allowed"),
        (b"<instance><app>&x;</app></instance>", Unsupported, "the entity &x; is not allowed"),
        (b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><instance/>", Unsupported, "only UTF-8 is allowed"),
        (deep.as_bytes(), Unsupported, "nested deeper than 32 levels"),
    ];
    for (body, kind, said) in table {
        let shown = String::from_utf8_lossy(body);
        let error = xml::decode_registration(body).expect_err(&shown);
        assert_eq!(error.kind, kind, "{shown}: {error}");
        assert!(error.message.contains(said), "{shown}: {error}");
    }
    let error = xml::decode_registration(b"<instance><app>\xff</app></instance>").expect_err("not UTF-8");
    assert_eq!((error.kind, error.location.as_str()), (Unsupported, "byte 15"));
}

#[test]
fn a_list_with_a_nameless_instance_is_refused_whole() {
    // Passing over it would let the hash never fit, and have the client fetch in full for ever.
    let error = json::decode_applications(br#"{"applications":{"application":[{"name":"a","instance":[{}]}]}}"#);
    assert!(error.expect_err("nameless").message.contains("an instance without instanceId and hostName"));
    let error = xml::decode_applications(
        b"<applications><application><name>a</name><instance></instance></application></applications>",
    );
    assert!(error.expect_err("nameless").message.contains("an instance without instanceId and hostName"));
}

#[test]
fn a_body_without_end_is_refused_before_it_is_read() {
    let body = vec![b' '; eurus_model::limits::INSTANCE_BYTES_MAX + 1];
    for error in [json::decode_registration(&body), xml::decode_registration(&body)] {
        let error = error.expect_err("too long");
        assert_eq!(error.kind, Unsupported);
        assert_eq!(error.message, "the body has 16777217 bytes, allowed are 16777216");
    }
}

#[test]
fn a_message_that_quotes_a_body_is_cut() {
    let error = posted(&format!("\"lastDirtyTimestamp\":\"{}\"", "ż".repeat(10_000)));
    assert!(error.to_string().len() < 400, "{error}");
}
