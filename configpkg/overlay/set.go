package overlay

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func (t *tree) setDefault(c *Change, e *effect) {
	name, value := c.node.Get("parameter"), c.node.Get("setDefault")
	e.name, e.at, e.new = "default of parameter "+name.Text, name.Text, value.Line()
	pkg := t.in("package.yaml", "package")
	p, err := walk(pkg, "parameters")
	if err == nil {
		p, err = member(p.get(), name.Text)
	}
	if err != nil || said(p.get(), "name") != name.Text {
		e.fault(name, RulePlace, "a constant is no parameter: only what legal entities set has a default", "the base has no parameter %q", name.Text)
		return
	}
	n := p.get()
	e.old = n.Get("default").Line()
	if kind := said(n, "type"); kind == "secret" || kind == "certificate" {
		e.fault(value, RuleRefused, "set it for the legal entity: fiscus entity set", "a %s has no default", kind)
		return
	}
	if said(n, "required") == "true" {
		e.widen(RuleDefault, "gives a default to parameter %s, which every legal entity has to set", name.Text)
		n.Entries = slices.DeleteFunc(n.Entries, func(x yml.Entry) bool { return x.Key == "required" })
	} else if by := t.guards[name.Text]; by != "" {
		e.widen(RuleDefault, "changes what %s goes by", by)
	}
	set(n, "default", value)
	t.changed["package.yaml"] = true
}

func (t *tree) setEndpoint(c *Change, e *effect) {
	table, env, column := c.text("table"), c.text("environment"), c.text("column")
	if column == "" {
		column = "url"
	}
	var keys []string
	for _, k := range c.node.Get("key").Items {
		keys = append(keys, k.Text)
	}
	e.at = strings.Trim(table+"/"+strings.Join(keys, "/")+"/"+env, "/")
	e.name, e.new = "address "+e.at, c.text("setEndpoint")
	r := t.row(c, e, table, keys, env, column)
	if r == nil {
		return
	}
	if e.old = r.cell(column); e.old == e.new {
		return
	}
	t.address(c, e, r, env)
	if len(e.problems) == 0 {
		t.csv[r.file] = r.with(column, e.new)
		t.changed[r.file] = true
	}
}

// address judges where things are sent to instead.
func (t *tree) address(c *Change, e *effect, r *row, env string) {
	at := c.node.Get("setEndpoint")
	was, err := url.Parse(e.old)
	if err != nil || was.Host == "" {
		e.fault(at, RuleRefused, "setEndpoint changes addresses alone", "what stands there is no address: %q", e.old)
		return
	}
	now, err := url.Parse(e.new)
	if err != nil || now.Host == "" || now.User != nil || now.Scheme != "https" && now.Scheme != "http" {
		e.fault(at, RuleRefused, "write https://host/path", "%q is no address", e.new)
		return
	}
	for _, other := range t.addresses(map[string]string{"test": "production", "production": "test"}[env]) {
		if strings.EqualFold(other, now.Hostname()) && !strings.EqualFold(was.Hostname(), now.Hostname()) {
			e.fault(at, RuleRefused, "test and production never share an address", "%s is an address of the other environment", now.Hostname())
		}
	}
	switch {
	case env == "" || r.cell("environment") == "*":
		e.widen(RuleEndpoint, "changes an address of both environments")
	case now.Scheme == "http" && was.Scheme == "https":
		e.widen(RuleEndpoint, "sends without encryption")
	case env == "production":
		e.widen(RuleEndpoint, "sends to %s in production, which the base does not", now.Hostname())
	}
}

// addresses returns the hosts that tables have for an environment.
func (t *tree) addresses(env string) (hosts []string) {
	for _, p := range t.kind("tables") {
		list := p.node.Get("tables")
		if list == nil || env == "" {
			continue
		}
		for _, x := range list.Entries {
			for _, r := range t.rows(path.Join(path.Dir(p.file), said(x.Value, "file"))) {
				if r.cell("environment") != env {
					continue
				}
				for _, cell := range r.cells {
					if u, err := url.Parse(cell); err == nil && u.Host != "" {
						hosts = append(hosts, u.Hostname())
					}
				}
			}
		}
	}
	return hosts
}

func (t *tree) addHint(c *Change, e *effect) {
	hint := c.node.Get("addHint")
	e.new, e.more = hint.Line(), true
	var p place
	if r := c.node.Get("rule"); r != nil {
		var ok bool
		if p, ok = t.rule(c, e, r); !ok {
			return
		}
		e.name = "hint of rule " + e.at
	} else if p = t.code(c, e); p.node == nil {
		return
	}
	if !people(hint) {
		e.fault(hint, RuleRefused, "a text, or a map of languages to texts", "a hint is a text for people and nothing else")
		return
	}
	if old := p.node.Get("hint"); old != nil {
		if e.old = old.Line(); e.old != e.new {
			e.fault(hint, RuleRefused, "setText changes it", "there is a hint already: %s", e.old)
		}
		return
	}
	t.put(p, "hint", hint)
}

// code finds the entry of an authority's code.
func (t *tree) code(c *Change, e *effect) place {
	file, code := c.text("answers"), c.node.Get("code")
	e.name, e.at = "hint of code "+code.Text, file+"/"+code.Text
	n := t.in(file, "answers")
	if n == nil {
		e.fault(c.node.Get("answers"), RulePlace, diag.DidYouMean(file, t.files("answers")), "the base has no answers in %q", file)
		return place{}
	}
	entry := n.Get("codes").Get(code.Text)
	if entry == nil || entry.Kind != yml.Map {
		e.fault(code, RulePlace, "", "%s has no entry of its own for code %q", file, code.Text)
		return place{}
	}
	return place{file, entry}
}

var language = regexp.MustCompile(`^[a-z]{2}(-[A-Za-z0-9]{2,8})*$`)

// people reports whether a node is a text for people, in one or more
// languages.
func people(n *yml.Node) bool {
	if n.Kind == yml.Map {
		return len(n.Entries) > 0 && !slices.ContainsFunc(n.Entries, func(x yml.Entry) bool {
			return !language.MatchString(x.Key) || !people(x.Value) || x.Value.Kind == yml.Map
		})
	}
	return n.Kind == yml.Scalar && strings.TrimSpace(n.Text) != ""
}

// textsOf says where texts for people stand, by kind of file.
var textsOf = map[string]*regexp.Regexp{
	"package": regexp.MustCompile(`^(title|parameters/[^/]+/doc|glossary/[^/]+)(/[a-z]{2}(-[A-Za-z0-9]+)*)?$`),
	"rules":   regexp.MustCompile(`^checks/[^/]+/(says|hint)(/[a-z]{2}(-[A-Za-z0-9]+)*)?$`),
	"answers": regexp.MustCompile(`^(codes/[^/]+|default|ranges/[^/]+)/hint(/[a-z]{2}(-[A-Za-z0-9]+)*)?$`),
}

func (t *tree) setText(c *Change, e *effect) {
	file, at, value := c.text("file"), c.text("at"), c.node.Get("setText")
	e.name, e.at, e.new = "text "+file+" "+at, at, value.Line()
	n := t.in(file, "package", "rules", "answers")
	switch {
	case n == nil:
		e.fault(c.node.Get("file"), RuleRefused, "texts stand in package.yaml, rules and answers", "%q has no texts that an overlay may change", file)
		return
	case !textsOf[kindOf(n)].MatchString(at):
		e.fault(c.node.Get("at"), RuleRefused, "title, doc, glossary, says and hint are texts", "%q is no text for people", at)
		return
	case !people(value):
		e.fault(value, RuleRefused, "a text, or a map of languages to texts", "a text for people can't be left out")
		return
	}
	s, err := walk(n, at)
	if err != nil {
		e.fault(c.node.Get("at"), RulePlace, "", "%s: %v", fmt.Sprintf("path %q no longer fits", at), err)
		return
	}
	e.old = s.get().Line()
	s.set(value)
	t.changed[file] = true
}
