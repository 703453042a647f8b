package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// names are in sight of all formulas of the made-up world.
var names = map[string]formula.Type{"document": formula.Any, "ext": formula.Any, "entity": formula.Any, "context": formula.Any, "param": formula.Any,
	"const": formula.Any, "steps": formula.Any, "input": formula.Any, "state": formula.Any, "original": formula.Any, "class": formula.Any, "answer": formula.Any,
	"response": formula.Any, "member": formula.Any, "item": formula.Any, "index": formula.Any, "key": formula.Any, "line": formula.Any, "i": formula.Any, "exact": formula.Any}

// Program compiles a formula whose names have no types.
func Program(t testing.TB, src string) *formula.Program {
	t.Helper()
	p, list := formula.Compile(src, diag.Pos{File: "test", Line: 1, Column: 1}, &formula.Decl{Names: names, Reader: true})
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return p
}

// Value compiles a scalar by the value rule.
func Value(t testing.TB, scalar string) *formula.Value {
	t.Helper()
	v, list := formula.CompileText(scalar, diag.Pos{File: "test", Line: 1, Column: 1}, &formula.Decl{Names: names, Reader: true}, false)
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", scalar, err)
	}
	return v
}

// With makes the values of a step from names and scalars in turn.
func With(t testing.TB, pairs ...string) []engine.Let {
	t.Helper()
	var out []engine.Let
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, engine.Let{Name: pairs[i], Value: Value(t, pairs[i+1])})
	}
	return out
}

// Make is a pure action: it writes its input "in" as bytes.
var Make = &engine.Spec{Name: "test.make", Effect: engine.Pure, Makes: engine.DocGenerated,
	Params: []engine.Param{{Name: "in"}},
	Run: func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
		text, err := formula.FormatText(s.Value("in"))
		return engine.Outputs{"out": []byte("<" + text + ">")}, err
	}}

// Sign is a pure action whose output differs each time it is made: it must be
// kept, not made again.
var Sign = &engine.Spec{Name: "test.sign", Effect: engine.Pure, Makes: engine.DocSigned,
	In: []engine.Port{{Name: "in", Required: true}},
	Run: func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
		return engine.Outputs{"out": append(s.Bytes("in"), fmt.Sprintf("!%d", rand.Int64())...)}, nil
	}}

// Fail is a pure action with a grave finding.
var Fail = &engine.Spec{Name: "test.fail", Effect: engine.Pure,
	Run: func(context.Context, *engine.Step) (engine.Outputs, error) {
		return engine.Outputs{"findings": diag.List{{Rule: "DOC-TEST", Message: "does not fit"}}}, nil
	}}

// Number draws from the counter "counter", for the key "for".
var Number = &engine.Spec{Name: "test.number", Effect: engine.Records,
	Params: []engine.Param{{Name: "counter", Kind: engine.StateParam}, {Name: "for"}},
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		n, err := tx.Next(s.State("counter"), s.Text("for"))
		return engine.Outputs{"out": n}, err
	}}

// Now gives the time, journalled.
var Now = &engine.Spec{Name: "test.now", Effect: engine.Records,
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		return engine.Outputs{"out": s.Now()}, nil
	}}

// Mark moves the document, or the original, to "to".
var Mark = &engine.Spec{Name: "test.mark", Effect: engine.Records, Params: []engine.Param{{Name: "to"}, {Name: "of"}},
	Record: func(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
		return nil, tx.SetStatus(s.Text("of") == "original", engine.DocStatus(s.Text("to")))
	}}

// Send is an action that sends; Ask one that reads. Both post "body" to "url".
var (
	Send = calling("test.send", engine.Sends)
	Ask  = calling("test.ask", engine.Reads)
)

func calling(name string, effect engine.Effect) *engine.Spec {
	return &engine.Spec{Name: name, Effect: effect, Params: []engine.Param{{Name: "url"}, {Name: "body"}, {Name: "secret"}},
		Prepare: func(_ context.Context, s *engine.Step) (*engine.Call, error) {
			c := &engine.Call{Method: "POST", URL: s.Text("url"), Body: []engine.Piece{{Bytes: s.Bytes("body")}}}
			if x, ok := s.Value("secret").(formula.Secret); ok {
				c.Header = []engine.HeaderField{{Name: "Authorization", Value: []engine.Piece{{Bytes: []byte("Bearer ")}, {Secret: &x}}}}
			}
			return c, nil
		},
		Read: func(_ *engine.Step, r *engine.Response) (engine.Reading, error) {
			tree, err := formula.ParseTree(r.Body, "json")
			return engine.Reading{Tree: tree}, err
		}}
}

// SendAnswers says what the codes of the made-up authority mean to a step
// that sends.
func SendAnswers(t testing.TB) *engine.Answers {
	return answers(t, map[string]engine.Answer{
		"100": {Class: engine.Done, Status: engine.DocAccepted},
		"103": {Class: engine.Pending},
		"108": {Class: engine.Transient},
		"204": {Class: engine.Duplicate},
		"301": {Class: engine.Verdict, Status: engine.DocRejected, Field: "buyer.taxId", Hint: engine.Text{"": Value(t, "correct {=at(\"field\")}")}},
		"656": {Class: engine.Quota, Wait: formula.Literal(time.Hour, diag.Pos{})},
		"401": {Class: engine.Precondition},
		// The fence must not let these through.
		"TIMEOUT": {Class: engine.Transient}, "BROKEN": {Class: engine.Done, Status: engine.DocAccepted},
	})
}

// AskAnswers says what they mean to a look-up.
func AskAnswers(t testing.TB) *engine.Answers {
	return answers(t, map[string]engine.Answer{
		"100": {Class: engine.Done, Status: engine.DocAccepted},
		"301": {Class: engine.Verdict, Status: engine.DocRejected},
		"217": {Class: engine.Missing},
		"105": {Class: engine.Pending},
		"108": {Class: engine.Transient},
	})
}

func answers(t testing.TB, codes map[string]engine.Answer) *engine.Answers {
	a := &engine.Answers{Name: "test", Code: Program(t, `at("code")`), Text: Program(t, `at("text")`),
		Fields: []engine.Let{{Name: "protocol", Value: formula.Formula(Program(t, `at("protocol")`))}}, Codes: map[string][]*engine.Answer{}}
	for code, e := range codes {
		a.Codes[code] = []*engine.Answer{&e}
	}
	return a
}

// Random gives the same bytes in every run of a test.
func Random(seed uint64) io.Reader { return rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}) }

// Document writes a small invoice.
func Document(t testing.TB, id string) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"type": "invoice", "id": id, "number": id, "issued": "2026-11-23T09:00:00-03:00", "currency": "EUR",
		"lines":  []any{map[string]any{"id": "1", "quantity": json.Number("1"), "price": json.Number("7.00"), "netAmount": json.Number("7.00"), "item": map[string]any{"name": "Thing"}}},
		"totals": map[string]any{"payable": json.Number("7.00")}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ErrCrash is what a Crash log answers when the process is taken to be dead.
var ErrCrash = errors.New("the process was killed")

// Crash is a log whose process dies at the nth write, before or after it is
// durable. Afterwards it answers nothing any more.
type Crash struct {
	engine.Log
	At    int
	After bool // the write is durable, but nobody learns of it
	n     int
	dead  bool
}

// Write is Log.Write until the process dies.
func (c *Crash) Write(ctx context.Context, l engine.Lease, f func(engine.LogTx) error) error {
	if c.n++; c.dead || c.n == c.At && !c.After {
		c.dead = true
		return ErrCrash
	}
	err := c.Log.Write(ctx, l, f)
	if c.n == c.At {
		c.dead = true
		return ErrCrash
	}
	return err
}

// Release does nothing once the process is dead.
func (c *Crash) Release(ctx context.Context, l engine.Lease) error {
	if c.dead {
		return ErrCrash
	}
	return c.Log.Release(ctx, l)
}

// Writes returns how many writes were asked for.
func (c *Crash) Writes() int { return c.n }
