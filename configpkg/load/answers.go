package load

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var responseType = formula.MapOf(map[string]formula.Type{
	"status": formula.Integer, "headers": formula.Any, "body": formula.Any, "kind": formula.String,
}, false).Named("response").Required()

// answersScope is the scope of an answers file.
func (l *loader) answersScope(file string, inputs []engine.Input) *scope {
	return l.baseOf(file).reader().inputs(inputs).with("response", responseType).with("event", formula.Any).with("member", formula.Any)
}

// answerFile compiles an answers file once.
func (l *loader) answerFile(u *unit) *engine.Answers {
	if a := l.pkg.Answers[u.path]; a != nil || u.busy {
		return a
	}
	u.busy = true
	defer func() { u.busy = false }()
	a := l.answersOf(l.object(u.node, "answers"), u.path)
	if l.byFile[u.path][0] == u {
		l.pkg.Answers[u.path] = a
	}
	return a
}

// answersOf compiles an answers file, or answers that stand in a step.
func (l *loader) answersOf(o object, file string) *engine.Answers {
	a := &engine.Answers{Name: o.word("answers"), File: file, Codes: map[string][]*engine.Answer{}}
	if !o.ok() {
		return a
	}
	a.Pos = o.node.Pos
	a.Inputs = l.declared(o, "inputs")
	s := l.answersScope(file, a.Inputs)
	a.Let, s = s.letting(o)
	a.Code, a.Text, a.Part = l.textual(s, o, "code"), l.textual(s, o, "text"), s.formula(o.get("part"))
	a.Fields = s.letAll(o.entries("fields"), nil)
	if p := l.span(s, o.get("pause")); p != nil {
		a.Pause = p
	}
	for _, e := range o.entries("codes") {
		l.codes(a, s, e)
	}
	for _, n := range o.nodes("ranges") {
		l.codeRange(a, s, n)
	}
	if n := o.get("default"); n != nil {
		a.Default = l.answer(s, n, "answer")
	}
	if n := o.get("table"); n != nil {
		l.codeTable(a, l.beside("", n), n.TextPos())
	}
	if n := o.get("list"); n != nil {
		l.codeList(a, l.beside("", n), n.TextPos())
	}
	for _, n := range o.nodes("include") {
		l.included(a, n)
	}
	l.members[a] = o.bad["members"]
	return a
}

// textual compiles a formula that gives a text.
func (l *loader) textual(s *scope, o object, key string) *formula.Program {
	n := o.get(key)
	if n == nil {
		return nil
	}
	if n.Kind != yml.Scalar {
		l.fault(n.Pos, RuleKind, "", "%q takes a formula, not a %s", key, n.Kind)
		return nil
	}
	p := s.formula(n)
	if p != nil && !fits(p.Type(), formula.Text) && p.Type().Kind() != formula.IntegerKind {
		l.fault(p.Pos(), RuleType, "write string(x)", "%q is a text, not a %s", key, p.Type())
	}
	return p
}

// included takes over the entries of another file where this one has none.
func (l *loader) included(a *engine.Answers, n *yml.Node) {
	u := l.lookUp(n.Text, "answers", n.TextPos())
	if u == nil {
		return
	}
	if u.busy {
		l.fault(n.TextPos(), RuleCode, "", "answers file %q includes itself", n.Text)
		return
	}
	other := l.answerFile(u)
	if other == nil {
		return
	}
	l.bundle.Included[u.path] = true
	if len(other.Inputs)+len(other.Let) > 0 {
		l.fault(n.TextPos(), RuleCode, "move what its entries need into this file", "an included answers file may have neither inputs nor let")
	}
	for code, alternatives := range other.Codes {
		if a.Codes[code] == nil {
			a.Codes[code] = alternatives
		}
	}
	for code, x := range other.Table {
		if a.Table == nil {
			a.Table = map[string]*engine.Answer{}
		}
		if a.Table[code] == nil {
			a.Table[code] = x
		}
	}
	a.Ranges = append(a.Ranges, other.Ranges...)
	if a.Default == nil {
		a.Default = other.Default
	}
}

var manyCodes = regexp.MustCompile(`, +`)

// codes reads an entry of codes: one or several codes, with one answer or a
// list of alternatives.
func (l *loader) codes(a *engine.Answers, s *scope, e yml.Entry) {
	var alternatives []*engine.Answer
	members := []*yml.Node{e.Value}
	if e.Value.Kind == yml.List {
		members = e.Value.Items
	}
	for i, n := range members {
		x := l.answer(s, n, "answer")
		if x.If == nil && i < len(members)-1 {
			l.fault(n.Pos, RuleCode, "put it last, or give it an if", "what stands behind an alternative without if is never reached")
		}
		alternatives = append(alternatives, x)
	}
	if len(alternatives) == 0 {
		l.fault(e.Value.Pos, RuleCode, "", "code %q without a meaning", e.Key)
	}
	for _, code := range manyCodes.Split(e.Key, -1) {
		if a.Codes[code] != nil {
			l.fault(e.KeyPos, RuleCode, "", "code %q is given a meaning twice", code)
			continue
		}
		a.Codes[code] = alternatives
		for _, x := range alternatives {
			l.transportClass(code, x)
		}
	}
}

// transportClass checks what a transport code may mean.
func (l *loader) transportClass(code string, x *engine.Answer) {
	if transport(code) && !strings.HasPrefix(code, engine.CodeHTTP) && code != engine.CodeFault && !strings.HasPrefix(code, "EVENT-") &&
		code != engine.CodeNoName && x.Status != "" {
		l.fault(x.Pos, RuleStatus, "only the authority's answer gives a status", "transport code %s with a status", code)
	}
}

// answer compiles the meaning of a code.
func (l *loader) answer(s *scope, n *yml.Node, shape string) *engine.Answer {
	o := l.object(n, shape)
	x := &engine.Answer{Pos: n.Pos}
	if !o.ok() {
		return x
	}
	x.If = s.condition(o.get("if"))
	s = s.given(x.If)
	x.Class, x.Status, x.Raise = engine.Class(o.word("class")), engine.DocStatus(o.word("status")), o.word("raise")
	x.Field, x.Hint = o.word("field"), l.people(s, o.get("hint"))
	if w := l.span(s, o.get("wait")); w != nil {
		x.Wait = w
	}
	l.statusFits(x, o.pos("status"))
	return x
}

// statusFits refuses a status that contradicts its class.
func (l *loader) statusFits(x *engine.Answer, pos diag.Pos) {
	bad := false
	switch x.Status {
	case "":
		return
	case engine.DocRejected, engine.DocDenied:
		bad = x.Class != engine.Verdict && x.Class != engine.Done && x.Class != engine.Failed
	case engine.DocAccepted, engine.DocAcceptedWithNotes, engine.DocCanceled:
		bad = x.Class != engine.Done && x.Class != engine.Duplicate && x.Class != engine.Verdict
	case engine.DocNone, engine.DocGenerated, engine.DocSigned:
		bad = true
	}
	if bad {
		l.fault(pos, RuleStatus, "", "an answer of class %s cannot make a document %s", x.Class, x.Status)
	}
}

func (l *loader) codeRange(a *engine.Answers, s *scope, n *yml.Node) {
	o := l.object(n, "range")
	r := engine.AnswerRange{From: o.number("from", 0, 0), To: o.number("to", 0, 0), Answer: &engine.Answer{Pos: n.Pos}}
	if !o.ok() {
		return
	}
	r.Answer.Class, r.Answer.Raise, r.Answer.Field = engine.Class(o.word("class")), o.word("raise"), o.word("field")
	r.Answer.Hint = l.people(s, o.get("hint"))
	if w := l.span(s, o.get("wait")); w != nil {
		r.Answer.Wait = w
	}
	if e := n.Entry("status"); e != nil {
		l.fault(e.KeyPos, RuleStatus, "list the codes one by one under codes, or in the table", "a range may not carry a status")
	}
	if r.From > r.To {
		l.fault(n.Pos, RuleCode, "", "range from %d to %d holds no code", r.From, r.To)
	}
	for _, other := range a.Ranges {
		if r.From <= other.To && other.From <= r.To {
			l.fault(n.Pos, RuleCode, "", "range from %d to %d overlaps that from %d to %d", r.From, r.To, other.From, other.To)
		}
	}
	a.Ranges = append(a.Ranges, r)
}

// answerHead finds the answers of a step, which say what its fields are.
func (l *loader) answerHead(st *stepUnit) {
	empty := formula.MapOf(map[string]formula.Type{}, false)
	switch {
	case st.use != nil:
		st.fields, st.codes = st.use.answer, slices.Clone(st.use.codes)
	case st.partial && st.step.Action == nil:
		st.fields = formula.Any
	default:
		st.fields, st.codes = empty, []string{}
	}
	n := st.o.get("answer")
	if n == nil {
		return
	}
	a := l.answersAt(st, n)
	if a == nil {
		st.fields, st.codes = formula.Any, nil
		return
	}
	st.step.Answer = &engine.AnswerRef{Answers: a}
	fields := map[string]formula.Type{}
	for _, x := range a.Fields {
		fields[x.Name] = typeOf(x.Value).Optional()
	}
	open := l.members[a] // what members give is not known
	st.fields, st.codes = formula.MapOf(fields, open).Named("fields").Required(), codesOf(a)
}

// codesOf returns the codes an answers file knows, sorted.
func codesOf(a *engine.Answers) []string {
	codes := []string{}
	for c := range a.Codes {
		codes = append(codes, c)
	}
	for c := range a.Table {
		codes = append(codes, c)
	}
	for c := range a.List {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// answersAt returns the answers that a step names or holds.
func (l *loader) answersAt(st *stepUnit, n *yml.Node) *engine.Answers {
	name := n
	switch {
	case n.Kind == yml.List:
		l.fault(n.Pos, RuleKind, "", `"answer" takes a file, answers, or {file, input}`)
		return nil
	case n.Kind == yml.Map && n.Get("file") == nil:
		return l.answersOf(l.object(n, "inline answers"), n.Pos.File)
	case n.Kind == yml.Map:
		o := l.object(n, "answer reference")
		if name = o.get("file"); name == nil {
			return nil
		}
	}
	u := l.lookUp(name.Text, "answers", name.TextPos())
	if u == nil {
		return nil
	}
	return l.answerFile(u)
}

// answerGiven compiles the inputs of the answers of a step, and checks that
// they open no way to send twice.
func (l *loader) answerGiven(st *stepUnit, s *scope) {
	n, ref := st.o.get("answer"), st.step.Answer
	if n == nil || ref == nil {
		return
	}
	var given *yml.Node
	if n.Kind == yml.Map {
		given = n.Get("input")
	}
	ref.Input = l.inputsGiven(s, given, ref.Answers.Inputs, n.Pos, "answers "+or(ref.Answers.Name, "of the step"))
	if !st.sends {
		return
	}
	for _, code := range []string{engine.CodeTimeout, engine.CodeBroken, engine.CodeUnreadable} {
		for _, x := range ref.Answers.Codes[code] {
			if x.Class != engine.Unknown && x.Class != "" {
				l.fault(x.Pos, RuleFence, "leave it out: it is unknown", "%s of a step that sends cannot be %s", code, x.Class)
			}
		}
	}
}
