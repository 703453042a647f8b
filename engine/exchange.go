package engine

import (
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// Exchange is what an answers file judges: one call that was made.
type Exchange struct {
	Response *Response
	Reading  Reading
	Sends    bool // of a step that sends: the fence holds
	Now      time.Time
}

// TransportCode returns the code of an exchange that brought no code of the
// authority.
func (x *Exchange) TransportCode() string {
	switch {
	case x.Response.Code != "":
		return x.Response.Code
	case x.Reading.Code != "":
		return x.Reading.Code
	}
	return CodeHTTP + strconv.Itoa(x.Response.Status)
}

// fenced reports whether nothing may give the exchange another class than unknown.
func (x *Exchange) fenced() bool {
	c := x.Response.Code
	return x.Sends && (c == CodeTimeout || c == CodeBroken || c == CodeUnreadable)
}

// Plain judges an exchange of a step without an answers file.
func (x *Exchange) Plain() Outcome {
	code := x.TransportCode()
	o := Outcome{Class: builtin(code), Code: code, Text: x.Response.Reason, At: x.Response.Received}
	if o.Class == Quota {
		o.Wait = x.retryAfter()
	}
	return o
}

// builtin is the class of a transport code that no file gives another one.
func builtin(code string) Class {
	switch code {
	case CodeConnect:
		return Transient
	case CodeHTTP + "401", CodeHTTP + "403", CodeNoName:
		return Precondition
	case CodeHTTP + "429":
		return Quota
	}
	return Unknown
}

func (x *Exchange) retryAfter() time.Duration {
	for _, h := range x.Response.Header {
		if strings.EqualFold(h[0], "Retry-After") {
			if n, err := strconv.Atoi(strings.TrimSpace(h[1])); err == nil && n >= 0 && n < 1<<30 {
				return time.Duration(n) * time.Second
			}
			if t, err := time.Parse(time.RFC1123, h[1]); err == nil {
				return max(0, t.Sub(x.Now))
			}
		}
	}
	return 0
}

// received offers a response to one-argument functions.
type received struct{ x *Exchange }

// Tree returns the payload.
func (r received) Tree() (formula.Node, error) { return r.x.Reading.Tree, nil }

// Header returns a header field.
func (r received) Header(name string) (string, bool) {
	for _, h := range r.x.Response.Header {
		if strings.EqualFold(h[0], name) {
			return h[1], true
		}
	}
	return "", false
}

// record is the name "response" of an answers file.
func (x *Exchange) record() map[string]any {
	headers := map[string]any{}
	for _, h := range x.Response.Header {
		headers[strings.ToLower(h[0])] = h[1]
	}
	m := map[string]any{"headers": headers, "body": x.Response.Body, "kind": "bytes"}
	if x.Response.Status != 0 {
		m["status"] = decimal.FromInt(int64(x.Response.Status))
	}
	if x.Reading.Tree != nil {
		m["kind"] = "tree"
	}
	return m
}
