// Package wire provides the actions "http.call", "soap.call" and "oauth.token": one exact
// request, and what of the answer is its payload.
//
// Begin with Specs. Prepare makes the call as plain data with slots where
// secrets go; the interpreter logs it, closes the fence behind it and lets the
// transport make it. The same inputs give the same bytes. Nothing here reaches
// the network.
package wire

import (
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rules of problems that this package raises.
const (
	RuleBody   = "NET-BODY"        // a body that cannot be written
	RuleHeader = "NET-HEADER"      // a header that cannot be written
	RuleAuth   = "NET-AUTH"        // credentials in a form that is not known
	RuleAnswer = "NET-ANSWER-FORM" // an answer that is not what its type says
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{HTTP(), SOAP(), OAuth()} }

// common are the parameters that the actions have.
func common() []engine.Param {
	return []engine.Param{
		{Name: "url", Type: formula.String, Required: true, Doc: "Address, https."},
		{Name: "headers", Type: formula.MapOf(nil, true), Doc: "Header fields by name; a value may be a secret, an absent one is left out."},
		{Name: "auth", Type: formula.MapOf(nil, true), Doc: "One of {basic: [user, password]}, {bearer: token}, {header: {name: value}}."},
		{Name: "tls", Type: formula.MapOf(map[string]formula.Type{"certificate": formula.Certificate}, false), Doc: "{certificate: reference} for mutual TLS."},
		{Name: "timeout", Type: formula.Duration, Doc: "For the whole exchange; the transport's default is one minute."},
		{Name: "body", Kind: engine.BodyParam, Doc: "Bytes, or one of xml, json (inline), form, multipart (fields by name; a file is {bytes, type, file}), {bytes, type}, {mapping, part, input}."},
	}
}

// newCall makes a call with what the actions share.
func newCall(s *engine.Step, method string) (*engine.Call, error) {
	c := &engine.Call{Method: method, URL: s.Text("url")}
	if d, ok := s.Value("timeout").(time.Duration); ok {
		c.Timeout = d
	}
	if tls, ok := s.Value("tls").(map[string]any); ok {
		c.Certificate = tls["certificate"]
	}
	if err := headers(c, s.Value("headers")); err != nil {
		return nil, err
	}
	return c, auth(c, s.Value("auth"))
}

// setBody gives the call its body and, unless the step says it, its type.
func setBody(c *engine.Call, pieces []engine.Piece, mediaType string) {
	c.Body = pieces
	if mediaType != "" && !hasHeader(c, "Content-Type") {
		c.Header = append(c.Header, engine.HeaderField{Name: "Content-Type", Value: text(mediaType)})
	}
}

func text(s string) []engine.Piece { return []engine.Piece{{Bytes: []byte(s)}} }

func problem(rule, format string, args ...any) error {
	return diag.Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}
