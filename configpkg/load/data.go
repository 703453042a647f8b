package load

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// LoadEntity reads the file of a legal entity. Its parameters are checked
// against the packages in use that are given; parameters of others are kept
// as they are. The entity is nil after a grave problem.
func LoadEntity(file string, data []byte, packages ...*engine.Package) (*engine.Entity, diag.List) {
	return LoadEntityUnder(nil, file, data, packages...)
}

// LoadEntityUnder is LoadEntity for a legal entity to which layers may give
// what its own file does not say.
func LoadEntityUnder(layers []*engine.Layer, file string, data []byte, packages ...*engine.Package) (*engine.Entity, diag.List) {
	l := newLoader(nil, nil, nil)
	n := l.single(file, data, "entity")
	if n == nil {
		l.problems.Sort()
		return nil, l.problems
	}
	e, problems := entityOf(l, file, n)
	l.take(problems)
	for _, p := range packages {
		l.pkg = p
		l.checkEntity(e, layers)
	}
	l.problems.Sort()
	if l.problems.Grave() {
		return nil, l.problems
	}
	return e, l.problems
}

// LoadDeployment reads a deployment file. The deployment is nil after a grave
// problem.
func LoadDeployment(file string, data []byte) (*engine.Deployment, diag.List) {
	l := newLoader(nil, nil, nil)
	n := l.single(file, data, "deployment")
	var d *engine.Deployment
	if n != nil {
		d = l.deployment(n)
	}
	l.problems.Sort()
	if l.problems.Grave() {
		return nil, l.problems
	}
	return d, l.problems
}

// single reads a file with one document of a kind.
func (l *loader) single(file string, data []byte, kind string) *yml.Node {
	docs, problems := yml.Parse(file, data)
	l.take(problems)
	if len(docs) == 0 {
		return nil
	}
	for _, extra := range docs[1:] {
		l.fault(extra.Pos, RuleTwice, "", "one %s a file", kind)
	}
	n := docs[0]
	if n.Kind != yml.Map || n.Entries[0].Key != kind {
		l.fault(n.Pos, RuleFileKind, "", "the file begins with %s:", kind)
		return nil
	}
	return n
}

// entityOf reads a legal entity. Formulas in parameters see the entity alone:
// secrets are written =secret("name").
func entityOf(l *loader, file string, n *yml.Node) (*engine.Entity, diag.List) {
	quiet := *l
	quiet.problems = nil
	l = &quiet
	o := l.object(n, "entity")
	e := &engine.Entity{ID: o.word("entity"), File: file, Pos: n.Pos, Fields: map[string]any{}, Parameters: map[string]map[string]engine.Expr{},
		Tables: map[string]map[string][]engine.Row{}, Positions: map[string]diag.Pos{}}
	if !o.ok() {
		return e, l.problems
	}
	l.name(e.ID, o.pos("entity"), "legal entity")
	s := l.bare()
	for _, f := range n.Entries {
		switch f.Key {
		case "entity":
			e.Fields["id"] = e.ID
		case "parameters", "environments", "tables", "texts":
		default:
			if o.bad[f.Key] {
				continue
			}
			if v := s.value(f.Value); v != nil {
				e.Fields[f.Key] = l.constant(v, f.Key)
			}
		}
	}
	set := l.settings(o)
	e.Parameters, e.In, e.Positions = set.Parameters, set.In, set.Positions
	for _, t := range o.entries("tables") {
		e.Tables[t.Key] = l.entityTables(t.Value)
	}
	for _, t := range o.entries("texts") {
		l.entityTexts(e, t)
	}
	return e, l.problems
}

// entityTables reads the rows an entity replaces: lists of maps by table.
func (l *loader) entityTables(n *yml.Node) map[string][]engine.Row {
	all := map[string][]engine.Row{}
	for _, t := range n.Entries {
		for _, m := range t.Value.Items {
			row := engine.Row{Values: map[string]any{}, Pos: m.Pos}
			for _, c := range m.Entries {
				row.Values[c.Key] = c.Value.Text
			}
			all[t.Key] = append(all[t.Key], row)
		}
	}
	return all
}

func secretWord(p *engine.Parameter) string {
	if p.Type.Kind() == formula.CertificateKind {
		return "certificate"
	}
	return "secret"
}

// checkEntity checks what an entity sets for the package at hand and converts
// literals to the types of the parameters.
func (l *loader) checkEntity(e *engine.Entity, layers []*engine.Layer) {
	l.entityWords(e)
	set := engine.Settings{Parameters: e.Parameters, In: e.In, Positions: e.Positions}
	l.checkSettings(&set)
	if e.Parameters[l.pkg.Family()] == nil {
		return
	}
	for _, p := range l.pkg.Parameters {
		if p.Required && !set.Says(l.pkg.Family(), p.Name) && !slices.ContainsFunc(layers, func(y *engine.Layer) bool { return y.Says(l.pkg.Family(), p.Name) }) {
			l.fault(e.Pos, RuleParameter, "set it under parameters", "entity %s does not set %q of package %s", e.ID, p.Name, l.pkg.Family())
		}
	}
	l.entityRows(e)
}

func (l *loader) entityParameter(p *engine.Parameter, given map[string]engine.Expr, pos diag.Pos) {
	v, ok := given[p.Name].(*formula.Value)
	if !ok {
		return
	}
	if text, is := l.textOf(v); is && len(p.Values) > 0 && !p.Open && !slices.Contains(p.Values, text) {
		l.fault(pos, RuleParameter, diag.DidYouMean(text, p.Values), "%q is no value of parameter %q", text, p.Name)
		return
	}
	if kind := p.Type.Kind(); (kind == formula.SecretKind || kind == formula.CertificateKind) && v.Program() == nil {
		if _, literal := v.Constant(); literal {
			l.fault(pos, RuleEntity, `store it, and write =secret("name")`, "the %s of parameter %q stands in the file", secretWord(p), p.Name)
			return
		}
	}
	if w := l.fit(v, p.Type, "parameter "+p.Name); w != nil {
		given[p.Name] = w
	}
}

// entityRows checks the rows an entity replaces and finds their keys.
func (l *loader) entityRows(e *engine.Entity) {
	for _, name := range sortedNames(e.Tables[l.pkg.Family()]) {
		t := l.pkg.Tables[name]
		rows := e.Tables[l.pkg.Family()][name]
		if t == nil {
			if len(rows) > 0 {
				l.fault(rows[0].Pos, RuleEntity, diag.DidYouMean(name, sortedNames(l.pkg.Tables)), "package %s has no table %q", l.pkg.Family(), name)
			}
			continue
		}
		for i := range rows {
			l.entityRow(t, &rows[i])
		}
	}
}

func (l *loader) entityRow(t *engine.Table, row *engine.Row) {
	row.Keys = nil
	for _, k := range t.Key {
		text, _ := row.Values[k].(string)
		row.Keys = append(row.Keys, text)
	}
	for _, name := range sortedNames(row.Values) {
		typ, known := t.Columns[name]
		if !known {
			l.fault(row.Pos, RuleEntity, diag.DidYouMean(name, sortedNames(t.Columns)), "table %q has no column %q", t.Name, name)
			continue
		}
		v, err := typ.Convert(row.Values[name])
		if err != nil {
			l.fault(row.Pos, RuleEntity, "", "column %q: %s", name, cause(err))
			continue
		}
		row.Values[name] = v
	}
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// parameterValues compiles parameters given in a test.
func (l *loader) parameterValues(entries []yml.Entry, _ string) []engine.Let {
	var lets []engine.Let
	for _, e := range entries {
		var known []string
		at := -1
		for i, p := range l.pkg.Parameters {
			if known = append(known, p.Name); p.Name == e.Key {
				at = i
			}
		}
		if at < 0 {
			l.fault(e.KeyPos, RuleParameter, diag.DidYouMean(e.Key, known), "the package has no parameter %q", e.Key)
			continue
		}
		if v := l.literalOf(l.bare(), e.Value, l.pkg.Parameters[at].Type, "parameter "+e.Key); v != nil {
			lets = append(lets, engine.Let{Name: e.Key, Value: v, Pos: e.KeyPos})
		}
	}
	return lets
}

func (l *loader) deployment(n *yml.Node) *engine.Deployment {
	o := l.object(n, "deployment")
	d := &engine.Deployment{Name: o.word("deployment"), Environment: engine.Environment(o.word("environment")), Pos: n.Pos}
	for _, m := range o.nodes("use") {
		x := l.object(m, "use")
		u := engine.Use{Entities: x.list("entities"), Pos: m.Pos}
		u.Package, u.Version, _ = strings.Cut(x.word("package"), "@")
		if p := x.get("package"); p != nil && (!packageID.MatchString(u.Package) || u.Version != "" && !versionForm.MatchString(u.Version)) {
			l.fault(p.TextPos(), RuleEntity, "write xx/name@1.0.0", "%q is no version of a package", p.Text)
		}
		if f := x.get("from"); f != nil {
			if v, err := formula.Date.Convert(f.Text); err != nil {
				l.fault(f.TextPos(), RuleEntity, "write yyyy-MM-dd", "from: %s", cause(err))
			} else {
				u.From = v.(civil.Date)
			}
		}
		d.Use = append(d.Use, u)
	}
	return d
}
