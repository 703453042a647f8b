package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func exchange(t testing.TB, status int, body string, header ...[2]string) *engine.Exchange {
	t.Helper()
	x := &engine.Exchange{Response: &engine.Response{Status: status, Body: []byte(body), Header: header, Received: noon}, Now: noon}
	if body != "" {
		tree, err := formula.ParseTree([]byte(body), "json")
		if err != nil {
			t.Fatal(err)
		}
		x.Reading.Tree = tree
	}
	return x
}

func judge(t testing.TB, a *engine.Answers, x *engine.Exchange) engine.Outcome {
	t.Helper()
	s := formula.NewScope(nil)
	s.Set("input", map[string]any{"digest": "d1"})
	return a.Judge(s, x)
}

func entries(m map[string]*engine.Answer) map[string][]*engine.Answer {
	out := map[string][]*engine.Answer{}
	for k, v := range m {
		out[k] = []*engine.Answer{v}
	}
	return out
}

// Codes win over table, ranges and default; the code of the transport stands
// in where the authority gives none, or one without an entry.
func TestOrderInWhichACodeFindsItsMeaning(t *testing.T) {
	t.Parallel()
	a := &engine.Answers{Code: enginetest.Program(t, `at("code")`),
		Codes:   entries(map[string]*engine.Answer{"1": {Class: engine.Done}, "HTTP-503": {Class: engine.Transient}, "FAULT": {Class: engine.Verdict}}),
		Table:   map[string]*engine.Answer{"1": {Class: engine.Verdict}, "2": {Class: engine.Verdict, Status: engine.DocRejected}},
		Ranges:  []engine.AnswerRange{{From: 1, To: 3, Answer: &engine.Answer{Class: engine.Precondition, Status: engine.DocRejected}}},
		Default: &engine.Answer{Class: engine.Duplicate},
		List:    map[string]diag.Pos{"1": {}, "2": {}, "3": {}}}
	fault := exchange(t, 500, `{}`)
	fault.Reading.Code = engine.CodeFault
	connect := &engine.Exchange{Response: &engine.Response{Code: engine.CodeConnect, Received: noon}}
	for name, c := range map[string]struct {
		x      *engine.Exchange
		class  engine.Class
		code   string
		status engine.DocStatus
		finds  int
	}{
		"codes":                            {exchange(t, 200, `{"code": "1"}`), engine.Done, "1", "", 0},
		"table":                            {exchange(t, 200, `{"code": "2"}`), engine.Verdict, "2", engine.DocRejected, 0},
		"range, which has no status":       {exchange(t, 200, `{"code": "3"}`), engine.Precondition, "3", "", 0},
		"default, and not in the list":     {exchange(t, 200, `{"code": "9"}`), engine.Duplicate, "9", "", 1},
		"transport code, by the file":      {exchange(t, 503, `{}`), engine.Transient, "HTTP-503", "", 0},
		"transport code, before default":   {exchange(t, 503, `{"code": "9"}`), engine.Transient, "9", "", 1},
		"transport code, built in":         {exchange(t, 401, `{}`), engine.Precondition, "HTTP-401", "", 0},
		"no code in a good answer":         {exchange(t, 200, `{}`), engine.Duplicate, "HTTP-200", "", 0},
		"fault":                            {fault, engine.Verdict, "FAULT", "", 0},
		"nothing was sent":                 {connect, engine.Transient, "CONNECT", "", 0},
		"an outage is unknown by itself":   {exchange(t, 502, ``), engine.Unknown, "HTTP-502", "", 0},
		"too many, with the server's word": {exchange(t, 429, ``, [2]string{"Retry-After", "90"}), engine.Quota, "HTTP-429", "", 0},
	} {
		o := judge(t, a, c.x)
		if o.Class != c.class || o.Code != c.code || o.Status != c.status || len(o.Findings) != c.finds {
			t.Errorf("%s: got %+v", name, o)
		}
		if c.class == engine.Quota && o.Wait != 90*time.Second {
			t.Errorf("%s: waits %v", name, o.Wait)
		}
	}
}

func TestAlternativesWaitPauseHintAndFields(t *testing.T) {
	t.Parallel()
	a := &engine.Answers{Code: enginetest.Program(t, `at("code")`), Text: enginetest.Program(t, `at("text")`), Part: enginetest.Program(t, `source("proof")`),
		Pause:  enginetest.Value(t, `=duration(at("pause") + "s")`),
		Fields: []engine.Let{{Name: "protocol", Value: enginetest.Value(t, `=at("protocol")`)}, {Name: "none", Value: enginetest.Value(t, `=at("none")`)}},
		Codes: map[string][]*engine.Answer{"204": {
			{If: enginetest.Program(t, `at("digest") == input.digest`), Class: engine.Done, Status: engine.DocAccepted},
			{Class: engine.Duplicate, Wait: enginetest.Value(t, `=duration(header("retry-after") + "s")`), Raise: "down", Field: "number",
				Hint: engine.Text{"en": enginetest.Value(t, `look up {=at("other")}`), "pt": enginetest.Value(t, `veja {=at("protocol")}`)}}}}}
	o := judge(t, a, exchange(t, 200, `{"code": "204", "digest": "d1", "protocol": "p", "proof": {"a": 1.10}}`))
	if o.Class != engine.Done || o.Fields["protocol"] != "p" || len(o.Fields) != 1 || len(o.Findings) != 1 || o.Findings[0].Grave() || string(o.Part) != `{"a": 1.10}` {
		t.Errorf("got %+v", o)
	}
	o = judge(t, a, exchange(t, 200, `{"code": "204", "text": "word for word", "pause": "7", "protocol": "p"}`, [2]string{"Retry-After", "60"}))
	if o.Class != engine.Duplicate || o.Wait != time.Minute || o.Pause != 7*time.Second || o.Raise != "down" || o.Text != "word for word" || o.Field != "number" {
		t.Errorf("got %+v", o)
	}
	if o.Hint["en"] != "look up -" || engine.PickText(o.Hint, "pt") != "veja p" || engine.PickText(o.Hint, "xx") != "look up -" {
		t.Errorf("hints %v", o.Hint)
	}
}

// The document's own code wins over that of the lot.
func TestOnlyMemberSpeaksForTheWhole(t *testing.T) {
	t.Parallel()
	a := &engine.Answers{Code: enginetest.Program(t, `at("code")`), Codes: entries(map[string]*engine.Answer{"104": {Class: engine.Done}, "100": {Class: engine.Done, Status: engine.DocAccepted}, "225": {Class: engine.Verdict, Status: engine.DocRejected}}),
		Members: &engine.Members{Each: enginetest.Program(t, `nodes("docs")`), Key: enginetest.Program(t, `at(member, "key")`), Code: enginetest.Program(t, `at(member, "code")`),
			Text: enginetest.Program(t, `at(member, "text")`), Fields: []engine.Let{{Name: "protocol", Value: enginetest.Value(t, `=at(member, "protocol")`)}}}}
	o := judge(t, a, exchange(t, 200, `{"code": "104", "docs": [{"key": "k", "code": "225", "text": "schema", "protocol": "p"}]}`))
	if o.Class != engine.Verdict || o.Code != "225" || o.Status != engine.DocRejected || o.Text != "schema" || o.Fields["protocol"] != "p" || len(o.Members) != 1 || o.Members[0].Key != "k" {
		t.Errorf("got %+v", o)
	}
	o = judge(t, a, exchange(t, 200, `{"code": "104", "docs": [{"key": "k", "code": "225"}, {"key": "l", "code": "100"}]}`))
	if o.Class != engine.Done || o.Code != "104" || len(o.Members) != 2 || o.Members[0].Outcome.Class != engine.Verdict || o.Members[1].Outcome.Status != engine.DocAccepted {
		t.Errorf("got %+v", o)
	}
}

// An answers file cannot give what was perhaps sent another class.
func TestAnswersKeepTheFence(t *testing.T) {
	t.Parallel()
	for _, code := range []string{engine.CodeTimeout, engine.CodeBroken, engine.CodeUnreadable} {
		a := &engine.Answers{Codes: entries(map[string]*engine.Answer{code: {Class: engine.Transient, Status: engine.DocRejected, Raise: "down"}})}
		for _, sends := range []bool{true, false} {
			o := judge(t, a, &engine.Exchange{Response: &engine.Response{Code: code}, Sends: sends})
			if sends && (o.Class != engine.Unknown || o.Status != "" || o.Raise != "down" || len(o.Findings) != 1) || !sends && o.Class != engine.Transient {
				t.Errorf("%s, sends %v: %+v", code, sends, o)
			}
		}
	}
	missing := &engine.Answers{Code: enginetest.Program(t, `at("code")`), Codes: entries(map[string]*engine.Answer{"217": {Class: engine.Missing}})}
	x := exchange(t, 200, `{"code": "217"}`)
	if o := judge(t, missing, x); o.Class != engine.Missing {
		t.Errorf("look-up: %+v", o)
	}
	x.Sends = true
	if o := judge(t, missing, x); o.Class != engine.Unknown {
		t.Errorf("send: %+v", o)
	}
}

// A formula that breaks on what came back leaves the outcome unknown.
func TestAnswerThatCannotBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	a := &engine.Answers{Code: enginetest.Program(t, `string(number(at("code")))`), Codes: entries(map[string]*engine.Answer{"1": {Class: engine.Done}})}
	o := judge(t, a, exchange(t, 200, `{"code": "x"}`))
	if o.Class != engine.Unknown || o.Code != engine.CodeUnreadable || len(o.Findings) != 1 {
		t.Errorf("got %+v", o)
	}
}

func TestRulesSpeakInTheSendersWords(t *testing.T) {
	t.Parallel()
	rs := &engine.RuleSet{Name: "core", Checks: []engine.Check{
		{ID: "R-1", Each: enginetest.Program(t, "document.lines"), Item: "line", Index: "i", Let: []engine.Let{{Name: "exact", Value: enginetest.Value(t, "=line.quantity * line.price")}},
			When: enginetest.Program(t, "line.quantity != nil"), Assert: enginetest.Program(t, "line.netAmount == exact"), Fatal: true, Source: "clause 6.4",
			Says: engine.Text{"en": enginetest.Value(t, "line {=line.id} says {=line.netAmount}, not {=exact}"), "pt": enginetest.Value(t, "x")}},
		{ID: "R-2", Assert: enginetest.Program(t, `document.note == "x"`), Field: "document.note", Says: engine.Text{"": enginetest.Value(t, "no note {=document.note}")}, Hint: engine.Text{"": enginetest.Value(t, "add one")}},
	}}
	s := formula.NewScope(nil)
	d := func(n string) any { v, _ := engine.DecodeValue([]byte(n)); return v }
	s.Set("document", map[string]any{"lines": []any{
		map[string]any{"id": "1", "quantity": d("2"), "price": d("3.50"), "netAmount": d("7")},
		map[string]any{"id": "2", "quantity": d("2"), "price": d("3.50"), "netAmount": d("8")},
		map[string]any{"id": "3", "price": d("1")}}})
	list, err := engine.CheckRules(rs, s)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %v %v", list, err)
	}
	if p := list[0]; p.Rule != "R-1" || p.Path != "/lines/1/netAmount" || p.Message != "line 2 says 8, not 7.00" || !p.Grave() || p.Ref != "clause 6.4" {
		t.Errorf("got %+v", p)
	}
	if p := list[1]; p.Path != "/note" || p.Message != "no note -" || p.Grave() || p.Hint != "add one" {
		t.Errorf("got %+v", p)
	}
	rs.Checks = rs.Checks[:1]
	s.Set("document", map[string]any{"lines": []any{}})
	if list, _ = engine.CheckRules(rs, s); len(list) != 1 || list[0].Rule != "DOC-RULES-SILENT" || !strings.Contains(list[0].Message, "core") {
		t.Errorf("silence passes: %v", list)
	}
}
