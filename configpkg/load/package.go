package load

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/schemas"
)

var (
	packageID   = regexp.MustCompile(`^[a-z]{2,8}/[a-z][a-z0-9-]*$`)
	versionForm = regexp.MustCompile(`^\d{1,9}(\.\d{1,9}){0,3}$`)
	rangeForm   = regexp.MustCompile(`^(>=|<=|>|<|=)?\d{1,9}(\.\d{1,9}){0,3}$`)
)

// head reads package.yaml: identity, documents, parameters, constants and the
// names of everything else. It is false if there is none.
func (l *loader) head() bool {
	units := l.byKind("package")
	if len(units) == 0 {
		if !l.broken["package.yaml"] {
			l.fault(diag.Pos{File: "package.yaml"}, RulePackage, "begin it with package: xx/name", "no package.yaml at the top of the package")
		}
		return false
	}
	for _, u := range units[1:] {
		l.fault(u.node.Pos, RuleTwice, "", "a second package in one file")
	}
	o := l.object(units[0].node, "package")
	if !o.ok() {
		return false
	}
	l.identity(o)
	l.importAll(o, "", []string{l.pkg.ID})
	l.documentTypes(o)
	l.parameters(o)
	l.tables()
	l.common["const"] = formula.Any
	l.declareStates(o)
	l.constants(o)
	l.artifactList(o)
	l.stateList(o)
	l.dateOf(o)
	for _, e := range o.entries("glossary") {
		l.pkg.Glossary[e.Key] = l.people(l.bare(), e.Value)
	}
	return true
}

// bare returns a scope without names.
func (l *loader) bare() *scope {
	return &scope{l: l, decl: &formula.Decl{Strict: true, Names: map[string]formula.Type{}}}
}

func (l *loader) identity(o object) {
	p := l.pkg
	p.ID, p.Version, p.Engine = o.word("package"), o.word("version"), o.word("engine")
	if d, ok := l.mounts.FS.(Derived); ok {
		base := d.Base()
		p.Base = &base
	}
	if o.has("package") && !packageID.MatchString(p.ID) {
		l.fault(o.pos("package"), RuleName, "write a country code or a family, a slash and a name: xx/invoice", "%q is no id of a package", p.ID)
	}
	if o.has("version") && !versionForm.MatchString(p.Version) {
		l.fault(o.pos("version"), RuleVersion, "write numbers with dots: 1.0.0", "%q is no version", p.Version)
	}
	for _, part := range strings.Fields(p.Engine) {
		if !rangeForm.MatchString(part) {
			l.fault(o.pos("engine"), RuleVersion, `write a range such as ">=0.1 <1"`, "%q is no range of versions", p.Engine)
			break
		}
	}
	p.Title = l.people(l.bare(), o.get("title"))
	p.Library = o.flag("library", false)
	if o.has("provider") {
		l.object(o.get("provider"), "provider")
	}
}

// documentTypes finds the types of document, ext, entity and context.
func (l *loader) documentTypes(o object) {
	for _, n := range o.nodes("documents") {
		t, err := documentType(n.Text)
		if err != nil || strings.Contains(n.Text, "#") {
			l.fault(n.TextPos(), RuleDocument, diag.DidYouMean(n.Text, schemas.Documents()), "unknown business document %q", n.Text)
			continue
		}
		l.documents[n.Text] = t
		l.pkg.Documents = append(l.pkg.Documents, n.Text)
	}
	l.pkg.Extension = formula.Any
	if n := o.get("extension"); n != nil {
		l.extension(n)
	}
	if l.common["document"] = l.anyDocument(l.pkg.Documents); len(l.pkg.Documents) < len(o.nodes("documents")) {
		l.common["document"] = formula.Any
	}
	l.common["ext"] = l.pkg.Extension
	l.common["entity"] = entityType
	l.common["context"] = contextType
}

func (l *loader) extension(n *yml.Node) {
	file := n.Text
	if !slices.Contains(l.all, file) {
		l.fault(n.TextPos(), RuleFileMissing, diag.DidYouMean(file, l.all), "no file %q in the package", file)
		return
	}
	data, ok := l.read(file, MaxFile)
	if !ok {
		return
	}
	t, err := schemaType(data)
	if err != nil {
		l.schemaProblems(file, n, err)
		return
	}
	l.pkg.Extension, l.pkg.ExtensionJSON = t.Named("ext"), data
}

// schemaProblems reports what is wrong with a schema, in its file.
func (l *loader) schemaProblems(file string, n *yml.Node, err error) {
	list, ok := err.(diag.List)
	if !ok {
		l.fault(diag.Pos{File: file}, RuleSchema, "", "schema of the extension: %v", err)
		return
	}
	for _, p := range list {
		p.Pos = diag.Pos{File: file}
		l.problems.Add(p)
	}
}

// anyDocument returns the type of a document that is one of ids: it has the
// fields of all of them.
func (l *loader) anyDocument(ids []string) formula.Type {
	if len(ids) == 0 {
		return formula.Any
	}
	t := l.documents[ids[0]]
	for _, id := range ids[1:] {
		t = either(t, l.documents[id], 0)
	}
	return t.Required()
}

// either returns the type of a map that is one of two: what both have in the
// same type keeps it, what only one has may be absent.
func either(a, b formula.Type, depth int) formula.Type {
	if a == b {
		return a
	}
	if a.String() == b.String() && a.Kind() == b.Kind() && a.Kind() != formula.MapKind && a.Kind() != formula.ListKind {
		return a.Optional()
	}
	if a.Kind() != formula.MapKind || b.Kind() != formula.MapKind || depth > 6 {
		return formula.Any
	}
	fields := map[string]formula.Type{}
	for _, name := range append(a.Fields(), b.Fields()...) {
		x, inA := a.At(name)
		y, inB := b.At(name)
		switch {
		case inA && inB:
			fields[name] = either(x, y, depth+1)
		case inA:
			fields[name] = x.Optional()
		default:
			fields[name] = y.Optional()
		}
	}
	return formula.MapOf(fields, a.Open() && b.Open()).Named(a.String() + " or " + b.String())
}

func (l *loader) parameters(o object) {
	fields := map[string]formula.Type{}
	for _, n := range o.nodes("parameters") {
		p, ok := l.parameter(n)
		if !ok {
			continue
		}
		if _, twice := fields[p.Name]; twice {
			l.fault(p.Pos, RuleTwice, "", "parameter %q is declared twice", p.Name)
			continue
		}
		t := p.Type
		if p.Required || p.Default != nil {
			t = t.Required()
		} else {
			t = t.Gap()
		}
		fields[p.Name] = t
		l.pkg.Parameters = append(l.pkg.Parameters, p)
	}
	l.common["param"] = formula.MapOf(fields, false).Named("param").Required()
}

func (l *loader) parameter(n *yml.Node) (engine.Parameter, bool) {
	o := l.object(n, "parameter")
	name := o.get("name")
	if name == nil || !l.variable(name.Text, name.TextPos(), "parameter") {
		return engine.Parameter{}, false
	}
	p := engine.Parameter{Name: name.Text, Required: o.flag("required", false), Open: o.flag("open", false),
		Values: o.list("values"), Doc: l.people(l.bare(), o.get("doc")), Pos: n.Pos}
	if t := o.get("type"); t != nil && t.Text == "enum" {
		p.Type = formula.String
		if len(p.Values) == 0 {
			l.fault(t.TextPos(), RuleParameter, "list them under values", "parameter %q is an enum without values", p.Name)
		}
	} else {
		p.Type = l.typeName(t)
	}
	if d := o.get("default"); d != nil {
		p.Default = l.literalOf(l.bare(), d, p.Type, "default of "+p.Name)
		if p.Required {
			l.fault(d.Pos, RuleParameter, "leave out one of them", "parameter %q is required and has a default", p.Name)
		}
		if text, ok := l.textOf(p.Default); ok && len(p.Values) > 0 && !slices.Contains(p.Values, text) {
			l.fault(d.TextPos(), RuleParameter, diag.DidYouMean(text, p.Values), "%q is no value of parameter %q", text, p.Name)
		}
	}
	return p, true
}

func (l *loader) textOf(v *formula.Value) (string, bool) {
	if v == nil {
		return "", false
	}
	x, ok := v.Constant()
	text, is := x.(string)
	return text, ok && is
}

// constants reads const. A constant may use others, and what is in sight
// everywhere.
func (l *loader) constants(o object) {
	s := l.base().without("document", "ext")
	if n := o.get("const"); n != nil {
		lets, types, _ := l.letGraph(s, n.Entries, "const.")
		l.pkg.Const = lets
		l.common["const"] = formula.MapOf(types, false).Named("const").Required()
		return
	}
	if o.bad["const"] {
		return // it was refused; what reads it is not to blame
	}
	l.common["const"] = formula.MapOf(map[string]formula.Type{}, false).Named("const").Required()
}

func (l *loader) artifactList(o object) {
	for _, n := range o.nodes("artifacts") {
		a := l.object(n, "artifact")
		id := a.word("id")
		if id == "" {
			continue
		}
		if l.artifacts[id] != nil {
			l.fault(a.pos("id"), RuleTwice, "", "artifact %q is declared twice", id)
			continue
		}
		art := engine.Artifact{ID: l.name(id, a.pos("id"), "artifact"), Kind: a.word("kind"), Bundle: a.word("bundle"), Entry: a.word("entry"), With: a.list("with"),
			SHA256: a.word("sha256"), From: a.word("from"), To: a.word("to"), Pos: n.Pos}
		for _, key := range []string{"from", "to"} {
			if d := a.get(key); d != nil {
				l.literalOf(l.bare(), d, formula.Date, key)
			}
		}
		l.pkg.Artifacts = append(l.pkg.Artifacts, art)
		l.artifacts[id] = &art
	}
}

func (l *loader) dateOf(o object) {
	if n := o.get("date"); n != nil {
		if l.pkg.Date = l.base().path(n); l.pkg.Date != nil {
			if _, ok := l.pkg.Date.Path(); !ok {
				l.fault(n.TextPos(), RuleFormula, "", "date takes the path of a field, such as document.issued")
			}
		}
	}
}

var entityType = formula.MapOf(map[string]formula.Type{
	"id": formula.String.Required(), "country": formula.String.Required(), "region": formula.String, "name": formula.String.Required(),
	"taxId": formula.String, "vatId": formula.String, "zone": formula.String,
}, true).Named("entity").Required()

var contextType = formula.MapOf(map[string]formula.Type{
	"environment": formula.String.Required(), "channel": formula.String, "runId": formula.String.Required(), "accepted": formula.Instant.Required(),
	"messageId": formula.String, "format": formula.String, "name": formula.String, "source": formula.Tree,
}, false).Named("context").Required()
