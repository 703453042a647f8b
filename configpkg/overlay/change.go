package overlay

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Change is one of the changes of an overlay.
type Change struct {
	Number int    // from 1
	Op     string // addRule, raiseSeverity, ...

	node  *yml.Node
	waive *yml.Node
}

// Operations lists what an overlay can do.
func Operations() []string {
	return []string{"addRule", "raiseSeverity", "addClause", "setDefault", "setEndpoint", "setMapping", "addHint", "setText"}
}

// with lists the keys that go with each operation; those behind "?" may be
// left out.
var with = map[string][]string{
	"addRule": {"file"}, "raiseSeverity": {"?to"}, "addClause": {"?rule", "?flow", "?when"}, "setDefault": {"parameter"},
	"setEndpoint": {"table", "key", "?environment", "?column"}, "setMapping": {"at", "?replace", "?put", "?before", "?after"},
	"addHint": {"?rule", "?answers", "?code"}, "setText": {"file", "at"},
}

// deeds are what setMapping does.
var deeds = []string{"replace", "put", "before", "after"}

func (x *Overlay) changes(list *yml.Node, problems *diag.List) {
	if list.Kind != yml.List {
		problems.Add(diag.Problemf(list.Pos, RuleForm, "the changes are a list").WithHint("change: [{parameter: name, default: value}]"))
		return
	}
	for i, n := range list.Items {
		bad := load.Check("overlay change", n)
		if n.Get("waive") != nil {
			bad = append(bad, load.Check("waiver", n.Get("waive"))...)
		}
		c := &Change{Number: i + 1, node: long(n), waive: n.Get("waive")}
		if bad == nil {
			bad = c.form()
		}
		*problems = append(*problems, bad...)
		x.Changes = append(x.Changes, c)
	}
}

// long writes the short forms as what they stand for.
func long(n *yml.Node) *yml.Node {
	rename := map[string]string{}
	switch {
	case slices.ContainsFunc(Operations(), func(op string) bool { return n.Get(op) != nil }):
		return n
	case n.Get("parameter") != nil && n.Get("default") != nil:
		rename["default"] = "setDefault"
	case n.Get("file") != nil && n.Get("at") != nil:
		rename["file"] = "setMapping"
	}
	out := n.Clone()
	for i := range out.Entries {
		if to := rename[out.Entries[i].Key]; to != "" {
			out.Entries[i].Key = to
		}
	}
	return out
}

// form checks that a change is one operation with the keys it needs.
func (c *Change) form() (problems diag.List) {
	fault := func(format string, args ...any) {
		problems.Add(diag.Problemf(c.node.Pos, RuleForm, format, args...).WithHint("operations: %s", strings.Join(Operations(), ", ")))
	}
	for _, op := range Operations() {
		if c.node.Get(op) != nil && c.Op != "" {
			fault("a change does one thing, not %s and %s", c.Op, op)
			return problems
		} else if c.node.Get(op) != nil {
			c.Op = op
		}
	}
	if c.Op == "" {
		fault("a change without operation")
		return problems
	}
	known := []string{c.Op, "waive"}
	for _, k := range with[c.Op] {
		name := strings.TrimPrefix(k, "?")
		if known = append(known, name); name == k && c.node.Get(name) == nil {
			fault("%s without %q", c.Op, name)
		}
	}
	for _, e := range c.node.Entries {
		if !slices.Contains(known, e.Key) {
			fault("%s has no key %q", c.Op, e.Key)
		}
	}
	if n := c.count(deeds...); c.Op == "setMapping" && n != 1 {
		fault("setMapping takes exactly one of %s", strings.Join(deeds, ", "))
	}
	if c.Op == "addClause" && c.count("rule", "flow") != 1 {
		fault("addClause takes a rule or a flow")
	}
	if c.Op == "addHint" && (c.count("rule") == 1) == (c.count("answers", "code") == 2) {
		fault("addHint takes a rule, or answers and code")
	}
	return problems
}

func (c *Change) count(keys ...string) (n int) {
	for _, k := range keys {
		if c.node.Get(k) != nil {
			n++
		}
	}
	return n
}

func (c *Change) text(key string) string { return said(c.node, key) }

// deed is what setMapping does, and with what.
func (c *Change) deed() (string, *yml.Node) {
	for _, d := range deeds {
		if v := c.node.Get(d); v != nil {
			return d, v
		}
	}
	return "", nil
}

// Pos is where the change stands.
func (c *Change) Pos() diag.Pos { return c.node.Pos }

// judged judges what widens in a change by its waiver.
func (c *Change) judged(widens []widening, today civil.Date) (problems diag.List) {
	if len(widens) == 0 {
		if c.waive != nil {
			p := diag.Problemf(c.waive.Pos, RuleWaiver, "the waiver waives nothing: the change does not widen").WithHint("leave it out")
			p.Severity = diag.Warning
			problems.Add(p)
		}
		return problems
	}
	for _, w := range widens {
		if c.waive == nil {
			problems.Add(diag.Problemf(c.node.Pos, w.rule, "%s %s", c.Op, w.says).
				WithHint("it needs somebody to answer for it: waive: {rule: %s, reason: why, signer: who, until: date}", w.rule))
			continue
		}
		if rule := said(c.waive, "rule"); rule != w.rule {
			problems.Add(diag.Problemf(c.waive.Pos, w.rule, "%s %s, and the waiver is for %s", c.Op, w.says, strconv.Quote(rule)).WithHint("rule: %s", w.rule))
			continue
		}
		problems = append(problems, c.waived(today)...)
	}
	return problems
}

func (c *Change) waived(today civil.Date) (problems diag.List) {
	for _, k := range []string{"reason", "signer"} {
		if strings.TrimSpace(said(c.waive, k)) == "" {
			problems.Add(diag.Problemf(c.waive.Pos, RuleWaiver, "a waiver without %s", k))
		}
	}
	until, err := civil.ParseDate(said(c.waive, "until"))
	switch {
	case err != nil:
		problems.Add(diag.Problemf(c.waive.Pos, RuleWaiver, "until: %v", err).WithHint("until: 2026-12-31"))
	case today.Compare(until) > 0:
		problems.Add(diag.Problemf(c.waive.Pos, RuleWaiver, "the waiver of %s ended on %s", said(c.waive, "signer"), until).
			WithHint("take the change out, or have it signed for again"))
	}
	return problems
}
