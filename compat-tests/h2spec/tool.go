//go:build tool

// Package tool names what is built here: the conformance tests of HTTP/2 that ./test runs against the gateway.
package tool

import _ "github.com/summerwind/h2spec/cmd/h2spec"
