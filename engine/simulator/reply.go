package simulator

import (
	"encoding/json"
	"fmt"

	"github.com/fiscus-project/fiscus/engine/formula"
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
		body = append(append([]byte(envelopeStart), body...), envelopeEnd...)
	}
	out.Body = body
	return out, nil
}

func (v *visit) write(r *Reply) ([]byte, error) {
	if r.Mapping != nil {
		return r.Mapping.Write(v.scope, r.Part)
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
