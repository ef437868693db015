//! Walks through a document element by element. No DTD, no entities but the five of XML and references to
//! characters, no encoding but UTF-8, no depth without end.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::error::DecodeError;
use crate::limits::XML_DEPTH_MAX;
use crate::scalar::Scalar;

/// Stands inside an element, before its next child or its end.
pub(super) struct Walker<'a> {
    reader: Reader<&'a [u8]>,
    body: &'a str,
    depth: usize,
}

/// The start of an element. Whoever gets one reads on to its end, by [`Walker::text`], [`Walker::skip`] or child by
/// child.
pub(super) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    pub(super) fn name(&self) -> &str {
        self.0.name().into_inner()
    }
}

impl<'a> Walker<'a> {
    /// Enters the outermost element, which must have this name.
    pub(super) fn enter(body: &'a [u8], name: &str) -> Result<Self, DecodeError> {
        let body = std::str::from_utf8(body).map_err(|error| {
            DecodeError::unsupported(format!("byte {}", error.valid_up_to()), "not UTF-8, the only encoding allowed")
        })?;
        let mut reader = Reader::from_str(body);
        reader.config_mut().expand_empty_elements = true;
        let mut walker = Self { reader, body, depth: 0 };
        loop {
            match walker.event()? {
                Event::Start(start) if start.name().into_inner() == name => return Ok(walker),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Eof => return Err(walker.unparsable(format!("no element, expected <{name}>"))),
                Event::Start(start) => {
                    let found = start.name().into_inner();
                    return Err(walker.unparsable(format!("expected <{name}>, found <{found}>")));
                }
                _ => return Err(walker.unparsable(format!("expected <{name}>, found text"))),
            }
        }
    }

    /// The next child of the present element, or nothing at its end. Text between children says nothing.
    pub(super) fn child(&mut self) -> Result<Option<Element<'a>>, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(Element(start))),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.truncated()),
                _ => {}
            }
        }
    }

    /// Everything in the element that was just entered; it must not have children.
    pub(super) fn text(&mut self) -> Result<String, DecodeError> {
        let mut content = String::new();
        loop {
            match self.event()? {
                Event::Text(text) => content.push_str(&text.xml10_content()),
                Event::CData(data) => content.push_str(&data.xml10_content()),
                Event::GeneralRef(reference) => self.push_referenced(&mut content, &reference)?,
                Event::Start(start) => {
                    let name = start.name().into_inner().to_owned();
                    return Err(self.unparsable(format!("expected only text, found the element <{name}>")));
                }
                Event::End(_) => return Ok(content),
                Event::Eof => return Err(self.truncated()),
                _ => {}
            }
        }
    }

    /// The value of the element that was just entered; blank text is nothing.
    pub(super) fn value<T: Scalar>(&mut self, name: &str) -> Result<Option<T>, DecodeError> {
        let text = self.text()?;
        match T::from_text(&text) {
            None if !text.trim().is_empty() => {
                Err(self.unparsable(format!("invalid value `{text}`, expected {name} to be {}", T::ALLOWED)))
            }
            value => Ok(value),
        }
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, element: &Element<'_>, name: &str) -> Result<Option<String>, DecodeError> {
        let attribute = element.0.try_get_attribute(name).map_err(|error| self.unparsable(error.to_string()))?;
        attribute
            .map(|attribute| attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map(Into::into))
            .transpose()
            .map_err(|error| self.unparsable(error.to_string()))
    }

    /// Passes over the element that was just entered.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if matches!(self.event()?, Event::Eof) {
                return Err(self.truncated());
            }
        }
        Ok(())
    }

    /// After the outermost element there is nothing more.
    pub(super) fn finish(mut self) -> Result<(), DecodeError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Text(text) if text.trim().is_empty() => {}
                _ => return Err(self.unparsable("something follows the document")),
            }
        }
    }

    pub(super) fn unparsable(&self, message: impl Into<String>) -> DecodeError {
        DecodeError::unparsable(self.location(), message)
    }

    /// The next event that says something.
    fn event(&mut self) -> Result<Event<'a>, DecodeError> {
        loop {
            let event = self.reader.read_event().map_err(|error| self.unparsable(error.to_string()))?;
            match &event {
                Event::Comment(_) | Event::PI(_) => continue,
                Event::Decl(declaration) => {
                    self.check_encoding(declaration)?;
                    continue;
                }
                Event::DocType(_) => return Err(self.unsupported("a DTD is not allowed")),
                Event::Start(_) => self.depth += 1,
                Event::End(_) => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > XML_DEPTH_MAX {
                return Err(self.unsupported(format!("nested deeper than {XML_DEPTH_MAX} levels")));
            }
            return Ok(event);
        }
    }

    fn check_encoding(&self, declaration: &BytesDecl<'_>) -> Result<(), DecodeError> {
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(encoding))
                if encoding.eq_ignore_ascii_case("utf-8") || encoding.eq_ignore_ascii_case("us-ascii") =>
            {
                Ok(())
            }
            Some(Ok(encoding)) => Err(self.unsupported(format!("encoding {encoding}, only UTF-8 is allowed"))),
            Some(Err(error)) => Err(self.unparsable(error.to_string())),
        }
    }

    fn push_referenced(&self, content: &mut String, reference: &BytesRef<'_>) -> Result<(), DecodeError> {
        let character = reference.resolve_char_ref().map_err(|error| self.unparsable(error.to_string()))?;
        if let Some(character) = character {
            content.push(character);
        } else if let Some(text) = resolve_predefined_entity(reference) {
            content.push_str(text);
        } else {
            let name: &str = reference;
            return Err(self.unsupported(format!("the entity &{name}; is not allowed, only the five of XML are")));
        }
        Ok(())
    }

    fn truncated(&self) -> DecodeError {
        self.unparsable("the body ends inside of an element")
    }

    fn unsupported(&self, message: impl Into<String>) -> DecodeError {
        DecodeError::unsupported(self.location(), message)
    }

    /// Where the reader stands.
    fn location(&self) -> String {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let read = &self.body.as_bytes()[..position.min(self.body.len())];
        let line = 1 + read.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + read.iter().rev().take_while(|byte| **byte != b'\n').count();
        format!("line {line}, column {column}")
    }
}
