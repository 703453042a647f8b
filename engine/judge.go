package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Judge says what an exchange means. The scope is that of the package, with
// "input" set; it must not see steps. A formula that breaks makes the answer
// UNREADABLE: unknown, with the reason as a finding.
func (a *Answers) Judge(s *formula.Scope, x *Exchange) Outcome {
	s = s.WithHost(reader(s.Host(), received{x}))
	s.Set("response", x.record())
	setLets(s, a.Let)
	o, err := a.judge(s, x)
	if err != nil {
		o = Outcome{Class: Unknown, Code: CodeUnreadable, At: x.Response.Received}
		o.Findings = problems(err, "RUN-ANSWER")
	}
	return o
}

// reader returns a host that offers a response.
func reader(h formula.Host, r formula.Response) formula.Host {
	if own, ok := h.(*host); ok {
		return own.reading(r)
	}
	return readingHost{h, r}
}

type readingHost struct {
	formula.Host
	response formula.Response
}

func (h readingHost) Response() formula.Response { return h.response }

func (a *Answers) judge(s *formula.Scope, x *Exchange) (Outcome, error) {
	o := Outcome{Class: Unknown, At: x.Response.Received}
	if x.Response.Code != "" { // no answer was read
		o.Code, o.Text = x.Response.Code, x.Response.Reason
		return a.meaning(s, x, o, "")
	}
	code, err := a.read(s, a.Code, a.Text, a.Part, a.Fields, &o)
	if err != nil {
		return o, err
	}
	if a.Members != nil {
		if code, err = a.members(s, x, &o, code); err != nil {
			return o, err
		}
	}
	if o, err = a.meaning(s, x, o, code); err == nil && a.Pause != nil {
		pause, err := duration(a.Pause, s)
		o.trouble(err)
		o.Pause = pause
	}
	return o, err
}

// read works out what an answer says of the whole or of one member.
func (a *Answers) read(s *formula.Scope, code, text, part *formula.Program, fields []Let, o *Outcome) (string, error) {
	c, err := textOf(code, s)
	if err != nil {
		return "", err
	}
	// The code is what counts: a text, part or field that cannot be read is
	// reported and absent.
	t, err := textOf(text, s)
	o.trouble(err)
	if t != "" {
		o.Text = t
	}
	if part != nil {
		v, err := part.Eval(s)
		o.trouble(err)
		if b := bytesOf(v); b != nil && err == nil {
			o.Part = b
		}
	}
	for _, f := range fields {
		v, err := f.Value.Eval(s)
		if o.trouble(err); v == nil || err != nil {
			continue
		}
		if o.Fields == nil {
			o.Fields = map[string]any{}
		}
		o.Fields[f.Name] = v
	}
	return c, nil
}

// trouble notes what of an answer could not be read.
func (o *Outcome) trouble(err error) {
	for _, p := range problems(err, "RUN-ANSWER") {
		p.Severity = diag.Warning
		o.Findings.Add(p)
	}
}

func textOf(p *formula.Program, s *formula.Scope) (string, error) {
	if p == nil {
		return "", nil
	}
	v, err := p.Eval(s)
	if v == nil || err != nil {
		return "", err
	}
	return formula.FormatText(v)
}

func bytesOf(v any) []byte {
	switch v := v.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	case formula.Node:
		return v.Source()
	}
	return nil
}

// members reads what each member got. An exchange about one document takes
// the words of the only member: they win over those of the whole.
func (a *Answers) members(s *formula.Scope, x *Exchange, o *Outcome, code string) (string, error) {
	list, err := a.Members.Each.Eval(s)
	if err != nil {
		return code, err
	}
	all, _ := list.([]any)
	codes := make([]string, len(all))
	for i, n := range all {
		in := s.Child()
		in.Set("member", n)
		m := Member{Outcome: Outcome{Class: Unknown, At: o.At}}
		if m.Key, err = textOf(a.Members.Key, in); err != nil {
			return code, err
		}
		if codes[i], err = a.read(in, a.Members.Code, a.Members.Text, a.Members.Part, a.Members.Fields, &m.Outcome); err != nil {
			return code, err
		}
		raw := m.Outcome
		if m.Outcome, err = a.meaning(in, x, m.Outcome, codes[i]); err != nil {
			return code, err
		}
		o.Members = append(o.Members, m)
		if len(all) == 1 {
			o.take(&raw)
		}
	}
	if len(all) == 1 && codes[0] != "" {
		return codes[0], nil
	}
	return code, nil
}

// take lets what a member says win over what the whole says.
func (o *Outcome) take(m *Outcome) {
	if m.Text != "" {
		o.Text = m.Text
	}
	if m.Part != nil {
		o.Part = m.Part
	}
	if o.Fields == nil {
		o.Fields = m.Fields
		return
	}
	for k, v := range m.Fields {
		o.Fields[k] = v
	}
}

// meaning finds the entry of a code and puts what it says into o.
func (a *Answers) meaning(s *formula.Scope, x *Exchange, o Outcome, code string) (Outcome, error) {
	entry, ranged, err := a.entry(s, code)
	if err != nil {
		return o, err
	}
	transport := x.TransportCode()
	o.Code = code
	if code != "" && a.List != nil {
		if _, listed := a.List[code]; !listed {
			o.Findings.Add(diag.Problem{Rule: "RUN-CODE-UNLISTED", Severity: diag.Warning, Message: fmt.Sprintf("the authority answered %s, which is not in the list of its codes", code),
				Hint: "tell the publisher of the package"})
		}
	}
	if entry == nil {
		if entry, _, err = a.entry(s, transport); err != nil {
			return o, err
		}
		if code == "" {
			o.Code = transport
		}
	}
	if entry == nil && a.Default != nil && (code != "" || x.Response.Status/100 == 2) {
		entry = a.Default
	}
	if entry == nil {
		o.Class = builtin(transport)
		if o.Class == Quota {
			o.Wait = x.retryAfter()
		}
		o.own(s, wordsOf(s, o.Code))
		return o, nil
	}
	s.Note(entry.Pos, formula.Chosen)
	entry.apply(s, &o)
	if ranged {
		o.Status = ""
	}
	o.own(s, wordsOf(s, o.Code))
	a.guard(x, &o)
	return o, nil
}

// entry finds what a code means: codes, table, ranges.
func (a *Answers) entry(s *formula.Scope, code string) (e *Answer, ranged bool, err error) {
	if code == "" {
		return nil, false, nil
	}
	for _, alt := range a.Codes[code] {
		if alt.If == nil {
			return alt.withWords(a.Table[code]), false, nil
		}
		hold, _, err := alt.If.EvalBool(s)
		if err != nil {
			return nil, false, err
		}
		if hold {
			return alt.withWords(a.Table[code]), false, nil
		}
	}
	if e := a.Table[code]; e != nil {
		return e, false, nil
	}
	if n, err := strconv.Atoi(code); err == nil {
		for _, r := range a.Ranges {
			if r.From <= n && n <= r.To {
				return r.Answer, true, nil
			}
		}
	}
	return nil, false, nil
}

// withWords returns e with the hint and field of the table's row for the same
// code, where e has none of its own: what is to be done is said once.
func (e *Answer) withWords(row *Answer) *Answer {
	if row == nil || len(e.Hint) > 0 && e.Field != "" {
		return e
	}
	c := *e
	if len(c.Hint) == 0 {
		c.Hint = row.Hint
	}
	if c.Field == "" {
		c.Field = row.Field
	}
	return &c
}

func (e *Answer) apply(s *formula.Scope, o *Outcome) {
	o.Class, o.Status, o.Raise, o.Field = e.Class, e.Status, e.Raise, e.Field
	if e.Wait != nil {
		wait, err := duration(e.Wait, s)
		o.trouble(err)
		o.Wait = wait
	}
	hint, err := texts(e.Hint, s)
	o.trouble(err)
	o.Hint = hint
}

// guard keeps the fence: what was perhaps sent stays unknown, and a step that
// sends cannot say that the authority never got it.
func (a *Answers) guard(x *Exchange, o *Outcome) {
	if x.fenced() && o.Class != Unknown || x.Sends && o.Class == Missing {
		o.Findings.Add(diag.Problem{Rule: "RUN-FENCE", Severity: diag.Warning,
			Message: fmt.Sprintf("%s of a step that sends stays unknown, not %s", o.Code, o.Class)})
		o.Class, o.Status = Unknown, ""
	}
}

// texts fills the holes of a text for people, in every language.
func texts(t Text, s *formula.Scope) (map[string]string, error) {
	if len(t) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(t))
	for lang, v := range t {
		x, err := v.EvalText(s)
		if err != nil {
			return nil, err
		}
		out[lang] = x
	}
	return out, nil
}

// duration works out a duration: one, or the text of one.
func duration(e Expr, s *formula.Scope) (time.Duration, error) {
	v, err := e.Eval(s)
	if err != nil {
		return 0, err
	}
	switch v := v.(type) {
	case nil:
		return 0, nil
	case time.Duration:
		return v, nil
	case string:
		return civil.ParseDuration(v)
	}
	return 0, fmt.Errorf("a %s is no duration", formula.KindOf(v))
}
