// Package xmlsec provides the actions "xml.sign" and "xml.verify": signatures
// inside XML documents, described by a profile.
//
// Begin with Specs. Signing changes nothing in a document but splices the
// signature in; verifying names the element that the signature covers, and
// gives that and nothing else.
package xmlsec

import (
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Rules of problems that this package raises besides those of xmldsig.
const (
	RuleExpired = "SIG-CERTIFICATE-TIME" // the certificate is not valid at this time
	RuleTrust   = "SIG-VERIFY-TRUST"     // the authorities cannot be read
)

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{Sign(), Verify()} }

// document is an input that was parsed, and the bytes it was parsed from.
type document struct {
	*xmltree.Document
	source []byte
}

// input returns the document an input holds. A tree that is a whole document
// is not parsed again.
func input(s *engine.Step, name string) (document, error) {
	b := s.Bytes(name)
	if n, ok := s.Value(name).(formula.Node); ok {
		if d, at, ok := formula.AsXML(n); ok && at == 0 {
			return document{d, b}, nil
		}
	}
	d, err := xmltree.Parse(b, xmltree.Options{})
	if err != nil {
		return document{}, fmt.Errorf("input %q: %w", name, err)
	}
	return document{d, b}, nil
}

// find returns the one element that a path leads to. A path without a leading
// slash is looked for at every depth; without a path it is the outermost one.
func (d document) find(path string) (xmltree.Node, error) {
	if path == "" {
		return d.Root(), nil
	}
	if !strings.HasPrefix(path, "/") {
		path = "//" + path
	}
	p, err := treepath.Compile(path, nil)
	if err != nil {
		return xmltree.None, diag.Problem{Rule: xmldsig.RuleElement, Message: err.Error(), Err: err}
	}
	var found []xmltree.Node
	for _, n := range p.XML(d.Document, 0) {
		if d.Kind(n) == xmltree.ElementNode {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return xmltree.None, diag.Problem{Rule: xmldsig.RuleElement, Message: fmt.Sprintf("path %s leads to %d elements, want one", path, len(found)),
			Hint: "write a path that leads to the element to be signed and to no other"}
	}
	return found[0], nil
}
