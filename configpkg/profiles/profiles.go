// Package profiles reads document profiles and rule sets from YAML: how a file is
// recognised by its content, and by which official files it is judged.
//
// Begin with Read. It returns plain data for internal/profile and collects all
// problems, each with its place.
package profiles

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
)

// Rule ids of this package.
const (
	RuleKey   = "CFG-PROFILE-KEY"   // a key that has no meaning here, or one that is missing
	RuleValue = "CFG-PROFILE-VALUE" // a value of the wrong kind
)

// Data is what Read found.
type Data struct {
	Profiles []profile.Profile
	Rulesets []profile.Ruleset
}

// Read reads all files *.yaml of a folder.
func Read(tree fs.FS, folder string) (Data, diag.List) {
	r := &reader{}
	names, err := fs.Glob(tree, path.Join(folder, "*.yaml"))
	if err != nil {
		r.probs.Addf(diag.Pos{File: folder}, RuleKey, "%v", err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			r.probs.Addf(diag.Pos{File: name}, RuleKey, "%v", err)
			continue
		}
		docs, probs := yml.Parse(name, src)
		r.probs = append(r.probs, probs...)
		for _, d := range docs {
			r.file(d)
		}
	}
	r.probs.Sort()
	return r.data, r.probs
}

type reader struct {
	data  Data
	probs diag.List
}

// keys reports the keys of n that are not known.
func (r *reader) keys(n *yml.Node, known ...string) {
	if n.Kind != yml.Map {
		r.probs.Addf(n.Pos, RuleValue, "a map is expected, not a %s", n.Kind)
		return
	}
	for _, e := range n.Entries {
		if !slices.Contains(known, e.Key) {
			p := diag.Problemf(e.KeyPos, RuleKey, "unknown key %q", e.Key)
			p.Hint = diag.DidYouMean(e.Key, known)
			r.probs.Add(p)
		}
	}
}

func (r *reader) file(n *yml.Node) {
	r.keys(n, "profiles", "rulesets")
	for _, p := range r.items(n.Get("profiles")) {
		r.profile(p)
	}
	for _, s := range r.items(n.Get("rulesets")) {
		r.ruleset(s)
	}
}

func (r *reader) items(n *yml.Node) []*yml.Node {
	if n != nil && n.Kind != yml.List {
		r.probs.Addf(n.Pos, RuleValue, "a list is expected, not a %s", n.Kind)
		return nil
	}
	if n == nil {
		return nil
	}
	return n.Items
}

func (r *reader) text(n *yml.Node, key string) string {
	v := n.Get(key)
	if v == nil {
		return ""
	}
	if v.Kind != yml.Scalar {
		r.probs.Addf(v.Pos, RuleValue, "%s is a %s, text is expected", key, v.Kind)
		return ""
	}
	return v.Text
}

// texts reads a list of texts, or one text.
func (r *reader) texts(n *yml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind == yml.Scalar {
		return []string{n.Text}
	}
	var out []string
	for _, i := range r.items(n) {
		if i.Kind != yml.Scalar {
			r.probs.Addf(i.Pos, RuleValue, "text is expected, not a %s", i.Kind)
			continue
		}
		out = append(out, i.Text)
	}
	return out
}

func (r *reader) flag(n *yml.Node, key string) bool {
	switch v := r.text(n, key); v {
	case "true":
		return true
	case "", "false":
		return false
	default:
		r.probs.Addf(n.Get(key).Pos, RuleValue, "%s is %q, not true or false", key, v)
		return false
	}
}

func (r *reader) profile(n *yml.Node) {
	r.keys(n, "name", "title", "namespace", "roots", "where", "date", "from", "to", "inner", "byName", "schema", "layers")
	p := profile.Profile{
		Pos: n.Pos, Name: r.text(n, "name"), Title: r.text(n, "title"), Namespace: r.text(n, "namespace"), Roots: r.texts(n.Get("roots")),
		Date: r.texts(n.Get("date")), From: r.text(n, "from"), To: r.text(n, "to"), Inner: r.text(n, "inner"), ByName: r.flag(n, "byName"),
	}
	for _, c := range r.items(n.Get("where")) {
		p.Where = append(p.Where, r.condition(c))
	}
	if s := n.Get("schema"); s != nil {
		set := r.schema(s, p.Name)
		if p.Roots == nil {
			for root := range set.Roots {
				p.Roots = append(p.Roots, root)
			}
			slices.Sort(p.Roots)
		}
		r.data.Rulesets = append(r.data.Rulesets, set)
		p.Layers = append(p.Layers, set.Name)
	}
	p.Layers = append(p.Layers, r.texts(n.Get("layers"))...)
	r.data.Profiles = append(r.data.Profiles, p)
}

func (r *reader) condition(n *yml.Node) profile.Condition {
	r.keys(n, "path", "in", "startsWith", "exists", "absent")
	c := profile.Condition{Path: r.text(n, "path"), In: r.texts(n.Get("in")), Prefixes: r.texts(n.Get("startsWith")), Exists: r.flag(n, "exists"), Absent: r.flag(n, "absent")}
	if c.Path == "" || c.In == nil && c.Prefixes == nil && !c.Exists && !c.Absent {
		r.probs.Add(diag.Problemf(n.Pos, RuleKey, "a condition needs a path and what must hold").WithHint("in, startsWith, exists or absent"))
	}
	return c
}

// schema reads the short form of an XML Schema inside a profile.
func (r *reader) schema(n *yml.Node, owner string) profile.Ruleset {
	r.keys(n, "name", "bundle", "version", "folder", "files", "roots", "standIn")
	set := profile.Ruleset{Pos: n.Pos, Name: r.text(n, "name"), Layer: "xsd", Kind: "xsd", Version: r.text(n, "version"), Bundle: r.text(n, "bundle")}
	if set.Name == "" {
		set.Name = owner + "-xsd"
	}
	folder := r.text(n, "folder")
	for _, f := range r.texts(n.Get("files")) {
		set.Entries = append(set.Entries, within(folder, f))
	}
	if roots := n.Get("roots"); roots != nil {
		set.Roots = map[string][]string{}
		for _, e := range roots.Entries {
			for _, f := range r.texts(e.Value) {
				set.Roots[e.Key] = append(set.Roots[e.Key], within(folder, f))
			}
		}
	}
	set.StandIn = r.pairs(n.Get("standIn"))
	r.complete(n, &set)
	return set
}

// ruleset reads a rule set of its own.
func (r *reader) ruleset(n *yml.Node) {
	r.keys(n, "name", "layer", "kind", "version", "bundle", "files", "standIn", "params")
	set := profile.Ruleset{
		Pos: n.Pos, Name: r.text(n, "name"), Layer: r.text(n, "layer"), Kind: r.text(n, "kind"), Version: r.text(n, "version"), Bundle: r.text(n, "bundle"),
		Entries: r.texts(n.Get("files")), StandIn: r.pairs(n.Get("standIn")), Params: r.pairs(n.Get("params")),
	}
	if set.Layer == "" {
		set.Layer = set.Kind
	}
	r.complete(n, &set)
	r.data.Rulesets = append(r.data.Rulesets, set)
}

func (r *reader) complete(n *yml.Node, set *profile.Ruleset) {
	if set.Bundle == "" || set.Entries == nil && set.Roots == nil || strings.TrimSpace(set.Kind) == "" {
		r.probs.Addf(n.Pos, RuleKey, "rule set %q needs a kind, a bundle and files", set.Name)
	}
}

func (r *reader) pairs(n *yml.Node) map[string]string {
	if n == nil {
		return nil
	}
	if n.Kind != yml.Map {
		r.probs.Addf(n.Pos, RuleValue, "a map is expected, not a %s", n.Kind)
		return nil
	}
	out := map[string]string{}
	for _, e := range n.Entries {
		out[e.Key] = r.text(n, e.Key)
	}
	return out
}

// within puts a file into a folder, unless it names its bundle itself.
func within(folder, file string) string {
	if strings.HasPrefix(file, "/") {
		return file
	}
	return path.Join(folder, file)
}
