package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

const (
	envelopeStart = `<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body>`
	envelopeEnd   = `</env:Body></env:Envelope>`
)

var contentTypes = map[string]string{"xml": "application/xml; charset=utf-8", "soap": "application/soap+xml; charset=utf-8",
	"json": "application/json", "text": "text/plain; charset=utf-8"}

// reply writes an answer.
func (v *visit) reply(r *Reply) (*Outcome, error) {
	out := &Outcome{Status: r.Status, Headers: map[string]string{}}
	if out.Status == 0 {
		out.Status = 200
	}
	if t := contentTypes[r.Format]; t != "" {
		out.Headers["Content-Type"] = t
	}
	for k, x := range r.Headers {
		out.Headers[k] = x
	}
	body, err := v.write(r)
	if err != nil {
		return nil, err
	}
	if r.Format == "soap" {
		body = append(append([]byte(envelopeStart), withoutDeclaration(body)...), envelopeEnd...)
	}
	out.Body = body
	return out, nil
}

// withoutDeclaration drops the XML declaration: it may stand only at the
// beginning of a document.
func withoutDeclaration(body []byte) []byte {
	if rest, ok := bytes.CutPrefix(body, []byte("<?xml")); ok {
		if _, after, ok := bytes.Cut(rest, []byte("?>")); ok {
			return bytes.TrimLeft(after, "\r\n")
		}
	}
	return body
}

func (v *visit) write(r *Reply) ([]byte, error) {
	if r.Mapping != nil {
		out, err := r.Mapping.Write(v.scope, nodes.Options{Part: r.Part})
		if err != nil {
			return nil, err
		}
		return out.Bytes, nil
	}
	if r.Data == nil {
		return nil, nil
	}
	value, err := r.Data.Eval(v.scope)
	if err != nil {
		return nil, err
	}
	if r.Format == "json" {
		return json.Marshal(value)
	}
	t, err := formula.FormatText(value)
	if err != nil {
		return nil, fmt.Errorf("reply at %s: %w", r.Pos, err)
	}
	return []byte(t), nil
}
