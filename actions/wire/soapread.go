package wire

import (
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// readSOAP finds the payload in an answer. An error page that is no SOAP keeps
// its HTTP status as code.
func readSOAP(_ *engine.Step, r *engine.Response) (engine.Reading, error) {
	typ, b, err := unpacked(header(r, "Content-Type"), r.Body)
	if err != nil {
		return engine.Reading{}, err
	}
	if len(b) == 0 && r.Status/100 == 2 {
		return engine.Reading{Out: []byte{}}, nil
	}
	format, _ := formatOf(typ, b)
	if format != "xml" {
		return unread(r, "the answer is no XML")
	}
	d, err := xmltree.Parse(b, xmltree.Options{})
	if err != nil {
		return unread(r, "the answer is no well-formed XML")
	}
	body, space, ok := bodyOf(d)
	if !ok {
		return unread(r, "the answer is no SOAP envelope")
	}
	for n := range d.Elements(body) {
		reading := engine.Reading{Tree: formula.NewXML(d, n, b), Out: d.Source(n)}
		if d.Local(n) == "Fault" && d.Space(n) == space {
			reading.Code = engine.CodeFault
		}
		return reading, nil
	}
	return engine.Reading{Out: []byte{}}, nil
}

// unread refuses an answer that claims success and cannot be read.
func unread(r *engine.Response, why string) (engine.Reading, error) {
	if r.Status/100 == 2 {
		return engine.Reading{}, problem(RuleAnswer, "%s", why)
	}
	return engine.Reading{}, nil
}

func bodyOf(d *xmltree.Document) (body xmltree.Node, space string, ok bool) {
	root := d.Root()
	space = d.Space(root)
	if d.Local(root) != "Envelope" || space != soap11 && space != soap12 {
		return 0, "", false
	}
	for n := range d.Elements(root) {
		if d.Local(n) == "Body" && d.Space(n) == space {
			return n, space, true
		}
	}
	return 0, "", false
}
