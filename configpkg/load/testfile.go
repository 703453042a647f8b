package load

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// testFiles compiles the tests of the package and the entities they name.
func (l *loader) testFiles() {
	for _, u := range l.byKind("entity") {
		e, problems := entityOf(l, u.path, u.node)
		l.take(problems)
		l.checkEntity(e, nil)
		l.bundle.Entities[u.path] = e
	}
	names := map[string]bool{}
	for _, u := range l.byKind("test") {
		t := l.test(u)
		if names[t.Name] {
			l.fault(u.name.Pos, RuleTwice, "", "test %q stands twice", t.Name)
		}
		names[t.Name] = true
		l.bundle.Tests = append(l.bundle.Tests, t)
	}
}

// test compiles a test.
func (l *loader) test(u *unit) *casetest.Test {
	o := l.object(u.node, "test")
	t := &casetest.Test{Name: o.word("test"), File: u.path, Pos: u.node.Pos, Environment: engine.Test}
	if !o.ok() {
		return t
	}
	t.Document, t.Entity = l.testFile(u, o.get("document")), l.testFile(u, o.get("entity"))
	if o.has("environment") {
		t.Environment = engine.Environment(o.word("environment"))
	}
	if n := o.get("time"); n != nil {
		at, err := time.Parse(time.RFC3339, n.Text)
		if err != nil {
			l.fault(n.TextPos(), RuleScript, "write 2026-11-23T10:00:00-03:00", "%q is no time with its offset", n.Text)
		}
		t.Time = at
	}
	t.Parameters = l.parameterValues(o.entries("parameters"), "")
	if o.has("given") == o.has("script") {
		l.fault(u.node.Pos, RuleScript, "", "a test has a script, or given and expect")
		return t
	}
	if o.has("given") {
		t.Given = l.testGiven(u, o)
		return t
	}
	if e := u.node.Entry("expect"); e != nil {
		l.fault(e.KeyPos, RuleScript, "make it a step of the script", "expect stands in the script")
	}
	if !o.has("time") {
		l.fault(u.node.Pos, RuleMissing, "write 2026-11-23T10:00:00-03:00", `test without "time"`)
	}
	submissions := []string{"all"}
	for _, n := range o.nodes("script") {
		t.Script = append(t.Script, l.scriptStep(u, t, n, &submissions))
	}
	return t
}

// testFile returns the path of a file that a test names.
func (l *loader) testFile(u *unit, n *yml.Node) string {
	if n == nil {
		return ""
	}
	file := l.beside(u.path, n)
	if !slices.Contains(l.all, file) {
		l.fault(n.TextPos(), RuleFileMissing, diag.DidYouMean(file, l.all), "no file %q in the package", file)
	}
	return file
}

func (l *loader) testGiven(u *unit, o object) *casetest.Given {
	g, m := &casetest.Given{}, l.object(o.get("given"), "given")
	s := l.base()
	for _, e := range m.entries("input") {
		s = s.with("input", formula.Any)
		if x := l.bare().expr(e.Value); x != nil {
			g.Input = append(g.Input, engine.Let{Name: e.Key, Value: x, Pos: e.KeyPos})
		}
	}
	if n := m.get("document"); n != nil {
		g.Document = l.bare().expr(n)
	}
	if n := o.get("mapping"); n != nil {
		file, part, _ := strings.Cut(n.Text, "#")
		if f := l.lookUp(file, "mapping", n.TextPos()); f != nil {
			g.Mapping, g.Part = l.mapping(f), part
		}
	}
	for _, n := range o.nodes("reading") {
		if f := l.lookUp(n.Text, "reading", n.TextPos()); f != nil {
			if r := l.reading(f); r != nil {
				g.Reading = append(g.Reading, r)
			}
		}
	}
	g.Source = l.testFile(u, m.get("source"))
	if o.has("reading") != m.has("source") {
		l.fault(u.node.Pos, RuleScript, "given: {source: items/a.xml}, reading: readings/a.yaml", "a reading goes with the source it reads")
	}
	g.Formula = s.formula(o.get("formula"))
	if n := o.get("expect"); n != nil {
		g.Expect = l.bare().expr(n)
	} else if !o.has("golden") {
		l.fault(u.node.Pos, RuleMissing, "", `test without "expect"`)
	}
	if n := o.get("golden"); n != nil {
		g.Golden = l.beside(u.path, n)
		if o.has("formula") {
			l.fault(n.TextPos(), RuleScript, "", "golden goes with a mapping or a reading")
		}
	}
	if count(o.has("mapping"), o.has("formula"), o.has("reading")) != 1 {
		l.fault(u.node.Pos, RuleScript, "", "given goes with a mapping, a reading or a formula")
	}
	return g
}

func (l *loader) scriptStep(u *unit, t *casetest.Test, n *yml.Node, submissions *[]string) casetest.Step {
	o := l.object(n, "script step")
	st := casetest.Step{Pos: n.Pos}
	if !o.ok() {
		return st
	}
	_, state := n.Get("state"), n.Get("simulator")
	if len(n.Entries) != 1 && !(len(n.Entries) == 2 && n.Get("state") != nil && state != nil) {
		l.fault(n.Pos, RuleScript, "make one step of each", "a step of a script with %d things to do", len(n.Entries))
	}
	st.Advance, st.Restart = o.duration("advance"), o.word("restart")
	if m := o.get("submit"); m != nil {
		st.Submit = l.submit(u, t, m, submissions)
	}
	if m := o.get("receive"); m != nil {
		st.Receive = l.receive(u, m, submissions)
	}
	for _, e := range o.entries("state") {
		st.State = append(st.State, l.stateSet(e))
	}
	if m := o.get("simulator"); m != nil {
		sc := l.object(m, "script simulator")
		st.Scenario = sc.word("scenario")
		l.scenario(sc.get("scenario"))
	}
	if m := o.get("person"); m != nil {
		p := l.object(m, "person")
		st.Person = &casetest.Person{Step: p.word("step"), Choose: p.word("choose")}
	}
	if m := o.get("expect"); m != nil {
		st.Expect = l.expect(u, m, *submissions)
	}
	return st
}

// scenario checks the name of a scenario.
func (l *loader) scenario(n *yml.Node) {
	if n == nil || n.Text == "none" || l.anyBroken("simulator") {
		return
	}
	var known []string
	for _, x := range l.bundle.Simulators {
		for _, s := range x.Scenarios {
			known = append(known, s.Name)
		}
	}
	if !slices.Contains(known, n.Text) {
		l.fault(n.TextPos(), RuleScript, diag.DidYouMean(n.Text, append(known, "none")), "no simulator has scenario %q", n.Text)
	}
}

func (l *loader) submit(u *unit, t *casetest.Test, n *yml.Node, submissions *[]string) *casetest.Submit {
	o := l.object(n, "submit")
	x := &casetest.Submit{As: o.word("as"), Original: o.word("original"), Scenario: o.word("scenario"), Document: l.testFile(u, o.get("document"))}
	if e := o.get("each"); e != nil {
		x.Each = path.Join(path.Dir(u.path), e.Text)
		if found, err := fs.Glob(l.files, x.Each); err != nil || len(found) == 0 {
			l.fault(e.TextPos(), RuleFileMissing, "", "no file fits %q", x.Each)
		}
	}
	if x.Document == "" && x.Each == "" {
		if x.Document = t.Document; x.Document == "" {
			l.fault(n.Pos, RuleScript, "name it here, or as document of the test", "a submission without a document")
		}
	}
	if r := o.get("original"); r != nil && !slices.Contains(*submissions, r.Text) {
		l.fault(r.TextPos(), RuleScript, diag.DidYouMean(r.Text, *submissions), "no submission %q before", r.Text)
	}
	l.scenario(o.get("scenario"))
	if x.As != "" {
		*submissions = append(*submissions, x.As)
	}
	return x
}

func (l *loader) receive(u *unit, n *yml.Node, submissions *[]string) *casetest.Receive {
	o := l.object(n, "receive")
	x := &casetest.Receive{File: l.testFile(u, o.get("file")), As: o.word("as")}
	if c := o.get("channel"); c != nil {
		var names []string
		for _, known := range l.pkg.Channels {
			names = append(names, known.Name)
		}
		if x.Channel = l.pkg.Channel(c.Text); x.Channel == nil && !l.anyBroken("channel") {
			l.fault(c.TextPos(), RuleScript, diag.DidYouMean(c.Text, names), "the package has no channel %q", c.Text)
		}
	}
	if x.As != "" {
		*submissions = append(*submissions, x.As)
	}
	return x
}

// stateSet reads name: value of a mode.
func (l *loader) stateSet(e yml.Entry) casetest.State {
	x := casetest.State{Name: e.Key, Value: e.Value.Text}
	s := l.stateNamed(e.Key, e.KeyPos)
	if s != nil && s.Kind == "mode" && !slices.Contains(s.Values, x.Value) {
		l.fault(e.Value.TextPos(), RuleWord, diag.DidYouMean(x.Value, s.Values), "%q is no value of %s", x.Value, e.Key)
	}
	return x
}

func (l *loader) expect(u *unit, n *yml.Node, submissions []string) *casetest.Expect {
	o := l.object(n, "expect")
	x := &casetest.Expect{Flow: o.word("flow"), Run: engine.RunStatus(o.word("run")), Document: engine.DocStatus(o.word("document")),
		Findings: o.list("findings"), Pos: n.Pos, Places: map[string]diag.Pos{}}
	for _, e := range n.Entries {
		x.Places[e.Key] = e.Value.Pos
	}
	if x.Findings == nil && o.has("findings") {
		x.Findings = []string{} // none, and that is asked
	}
	if len(n.Entries) == 0 {
		l.fault(n.Pos, RuleScript, "", "nothing is expected")
	}
	if f := o.get("flow"); f != nil {
		l.flowNamed(f.Text, f.TextPos())
	}
	for _, e := range o.entries("of") {
		l.expectedOf(x, e, submissions)
	}
	if c := o.get("calls"); c != nil {
		x.Calls = l.calls(c)
	}
	for _, e := range o.entries("fields") {
		if x.Fields == nil {
			x.Fields = map[string]*formula.Value{}
		}
		x.Fields[e.Key] = l.bare().value(e.Value)
	}
	for _, e := range o.entries("state") {
		if x.State == nil {
			x.State = map[string]string{}
		}
		x.State[e.Key] = l.stateSet(e).Value
	}
	x.Reasons = o.list("reasons")
	for _, e := range o.entries("items") {
		if x.Items == nil {
			x.Items = map[string]int{}
		}
		k, err := strconv.Atoi(e.Value.Text)
		if !slices.Contains([]string{"done", "duplicate", "parked"}, e.Key) || err != nil || k < 0 {
			l.fault(e.KeyPos, RuleScript, "items: {done: 1, duplicate: 0, parked: 0}", "%q is no count of items", e.Key)
		}
		x.Items[e.Key] = k
	}
	for _, e := range o.entries("deadlines") {
		if x.Deadlines == nil {
			x.Deadlines = map[string]string{}
		}
		x.Deadlines[e.Key] = e.Value.Text
	}
	if r := o.get("result"); r != nil {
		x.Result = l.expectedResult(u, r)
	}
	s := l.bare().with("of", formula.Any).with("fields", formula.Any).with("results", formula.Any)
	for _, c := range o.nodes("check") {
		if p := s.condition(l.object(c, "expected check").get("assert")); p != nil {
			x.Check = append(x.Check, p)
		}
	}
	return x
}

func (l *loader) expectedOf(x *casetest.Expect, e yml.Entry, submissions []string) {
	if !slices.Contains(submissions, e.Key) {
		l.fault(e.KeyPos, RuleScript, diag.DidYouMean(e.Key, submissions), "no submission %q before", e.Key)
	}
	status := engine.DocStatus(e.Value.Text)
	if !slices.Contains(engine.DocStatuses, status) {
		l.fault(e.Value.TextPos(), RuleWord, diag.DidYouMean(e.Value.Text, texts(engine.DocStatuses)), "%q is no status of a document", e.Value.Text)
	}
	if x.Of == nil {
		x.Of = map[string]engine.DocStatus{}
	}
	x.Of[e.Key] = status
}

// calls reads the exact list, or {name: count, apart: 60s}.
func (l *loader) calls(n *yml.Node) *casetest.Calls {
	c := &casetest.Calls{}
	switch n.Kind {
	case yml.List:
		c.List = []string{}
		for _, m := range n.Items {
			c.List = append(c.List, m.Text)
		}
	case yml.Map:
		c.Count = map[string]int{}
		for _, e := range n.Entries {
			if e.Key == "apart" {
				o := object{l: l, node: n}
				c.Apart = o.duration("apart")
				continue
			}
			k, err := strconv.Atoi(e.Value.Text)
			if err != nil || k < 0 {
				l.fault(e.Value.Pos, RuleScript, "", "%q is no count of calls", e.Value.Text)
			}
			c.Count[e.Key] = k
		}
	default:
		l.fault(n.Pos, RuleKind, "write [authorize, consult] or {authorize: 1}", "calls is a list or a map")
	}
	return c
}

func (l *loader) expectedResult(u *unit, n *yml.Node) *casetest.Result {
	o := l.object(n, "expected result")
	r := &casetest.Result{Name: o.word("name"), Signature: o.has("signature"), Golden: l.testFile(u, o.get("golden")), File: o.word("file")}
	if o.has("legal") {
		legal := o.flag("legal", true)
		r.Legal = &legal
	}
	for _, e := range o.entries("at") {
		if r.At == nil {
			r.At = map[string]string{}
		}
		r.At[e.Key] = e.Value.Text
	}
	if a := o.get("schema"); a != nil {
		r.Schema = l.artifactNamed(a.Text, a.TextPos())
	}
	return r
}
