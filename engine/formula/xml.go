package formula

import "github.com/fiscus-project/fiscus/internal/diag"

// parseXML refuses: there is no reader of XML trees yet.
func parseXML([]byte) (Node, error) {
	return nil, diag.Problem{Rule: RuleHost, Message: "XML cannot be read here"}
}

// Find refuses: there is no reader of paths yet.
func (n *jsonNode) Find(path string) ([]Node, error) {
	return nil, diag.Problem{Rule: RuleHost, Message: "path " + path + " cannot be followed here"}
}
