package enginetest

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/engine"
)

// Behaviour is what the made-up authority does with one call.
type Behaviour string

// What it can do. The words before the colon tell whether it takes a document
// that is sent.
const (
	Accept   Behaviour = "accept"    // takes it and says so
	Reject   Behaviour = "reject"    // refuses it for good
	Lost     Behaviour = "lost"      // takes it, and the answer is lost
	Cut      Behaviour = "cut"       // the line breaks before it has read
	Refused  Behaviour = "refused"   // no connection
	Later    Behaviour = "later"     // takes it, the verdict comes later
	Busy     Behaviour = "busy"      // not taken, try later
	Much     Behaviour = "much"      // too many calls
	Denied   Behaviour = "denied"    // the set-up is wrong
	TimedOut Behaviour = "timed out" // takes it, and does not answer in time
	Nonsense Behaviour = "nonsense"  // takes it, and answers with what cannot be read
	Unfit    Behaviour = "unfit"     // an answer of no known code
	NotYet   Behaviour = "not yet"   // a look-up that does not find what is there
	Outage   Behaviour = "outage"    // HTTP 503
)

// Authority is a Transport: an authority in memory. A call to ".../send" gives
// it a document, one to ".../ask" asks for it by its body. What it does is
// Script by call, then Default.
type Authority struct {
	Script  []Behaviour
	Default Behaviour
	Clock   engine.Clock
	Naive   bool               // takes a document as often as it comes
	Before  func(*engine.Call) // called before the gate is asked

	mu    sync.Mutex
	calls []string
	docs  map[string]int // how often each was taken
	sent  map[string]int // how often its bytes came
	ready map[string]bool
}

// Do makes the call.
func (a *Authority) Do(_ context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	if a.Before != nil {
		a.Before(c)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.docs == nil {
		a.docs, a.sent, a.ready = map[string]int{}, map[string]int{}, map[string]bool{}
	}
	b := a.next()
	if b == Refused {
		return a.fault(engine.CodeConnect, "connection refused")
	}
	if err := gate(); err != nil {
		return a.fault(engine.CodeConnect, err.Error())
	}
	kind := c.URL[strings.LastIndexByte(c.URL, '/')+1:]
	a.calls = append(a.calls, kind)
	body := ""
	for _, p := range c.Body {
		body += string(p.Bytes)
	}
	if kind == "send" {
		return a.take(b, body)
	}
	return a.tell(b, body)
}

func (a *Authority) next() Behaviour {
	if len(a.Script) == 0 {
		if a.Default == "" {
			return Accept
		}
		return a.Default
	}
	b := a.Script[0]
	a.Script = a.Script[1:]
	return b
}

func (a *Authority) fault(code, reason string) *engine.Response {
	return &engine.Response{Code: code, Reason: reason, Received: a.Clock.Now()}
}

func (a *Authority) answer(code, protocol string) *engine.Response {
	body, _ := json.Marshal(map[string]string{"code": code, "text": "the authority says " + code, "protocol": protocol, "field": "the tax number"})
	return &engine.Response{Status: 200, Header: [][2]string{{"Content-Type", "application/json"}}, Body: body, Received: a.Clock.Now()}
}

// take receives a document.
func (a *Authority) take(b Behaviour, body string) *engine.Response {
	if b != Cut {
		a.sent[body]++
	}
	switch b {
	case Cut:
		return a.fault(engine.CodeBroken, "connection reset")
	case Reject:
		return a.answer("301", "")
	case Busy:
		return a.answer("108", "")
	case Much:
		return a.answer("656", "")
	case Denied:
		return a.answer("401", "")
	case Unfit:
		return a.answer("999", "")
	case Outage:
		return &engine.Response{Status: 503, Body: []byte("{}"), Received: a.Clock.Now()}
	}
	if a.docs[body] > 0 && !a.Naive {
		return a.answer("204", "")
	}
	a.docs[body]++
	switch b {
	case Lost:
		return a.fault(engine.CodeBroken, "connection reset")
	case TimedOut:
		return a.fault(engine.CodeTimeout, "no answer in time")
	case Later:
		return a.answer("103", "")
	case Nonsense:
		return &engine.Response{Status: 200, Body: []byte("<"), Received: a.Clock.Now()}
	}
	return a.answer("100", "p-1")
}

// tell answers a question.
func (a *Authority) tell(b Behaviour, body string) *engine.Response {
	switch b {
	case Cut, Lost:
		return a.fault(engine.CodeBroken, "connection reset")
	case Busy:
		return a.answer("108", "")
	case Later:
		return a.answer("105", "")
	case Reject:
		return a.answer("301", "")
	case NotYet:
		return a.answer("217", "")
	case Unfit:
		return a.answer("999", "")
	}
	if a.docs[body] > 0 {
		return a.answer("100", "p-1")
	}
	return a.answer("217", "")
}

// Calls returns the calls that came, in order: "send", "ask", ...
func (a *Authority) Calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

// Taken returns how many documents it has taken, and how often it took one
// more than once.
func (a *Authority) Taken() (documents, twice int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.docs {
		documents++
		twice += n - 1
	}
	return documents, twice
}

// Received returns the bodies that came whole, with how often each did.
func (a *Authority) Received() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]int{}
	for k, v := range a.sent {
		out[k] = v
	}
	return out
}

var _ engine.Transport = (*Authority)(nil)
