package artifacts

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Change is a difference between two versions of official files, told in the
// words of the file: a rule, a declaration, an allowed value.
type Change struct {
	File string `json:"file"`
	Kind string `json:"kind"`           // added, removed, changed
	Item string `json:"item,omitempty"` // "rule BR-01", "value X of type Y", "" for the file itself
	From string `json:"from,omitempty"` // of a changed item
	To   string `json:"to,omitempty"`
}

// Part is a folder of a bundle in a library, "." for the whole bundle.
type Part struct {
	Library *Library
	Bundle  string
	Folder  string
}

func (p Part) files() map[string]string {
	out := map[string]string{}
	for _, f := range p.Library.List(p.Bundle, p.Folder) {
		rel := f
		if p.Folder != "." {
			rel = strings.TrimPrefix(f, p.Folder+"/")
		}
		out[rel] = path.Join(p.Bundle, f)
	}
	return out
}

// Diff compares two parts file by file. In XML Schema and Schematron files it
// compares declarations, allowed values and rules, so that one that vanished
// between two releases is named. White space and order do not count.
func Diff(from, to Part) ([]Change, error) {
	a, b := from.files(), to.files()
	if len(a) == 0 || len(b) == 0 {
		return nil, diag.Problemf(diag.Pos{}, RuleAbsent, "no files to compare in %s/%s or %s/%s", from.Bundle, from.Folder, to.Bundle, to.Folder)
	}
	var out []Change
	var errs []error
	for name, file := range a {
		other, ok := b[name]
		if !ok {
			out = append(out, Change{File: name, Kind: "removed"})
			continue
		}
		changes, err := diffFile(from.Library, file, to.Library, other, name)
		errs = append(errs, err)
		out = append(out, changes...)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, Change{File: name, Kind: "added"})
		}
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Item, b.Item), strings.Compare(a.Kind, b.Kind))
	})
	return out, errors.Join(errs...)
}

func diffFile(la *Library, fa string, lb *Library, fb, name string) ([]Change, error) {
	x, err := la.Read(fa)
	if err != nil {
		return nil, err
	}
	y, err := lb.Read(fb)
	if err != nil || string(x) == string(y) {
		return nil, err
	}
	a, b := items(x), items(y)
	if a == nil || b == nil {
		return []Change{{File: name, Kind: "changed"}}, nil
	}
	var out []Change
	for item, text := range a {
		other, ok := b[item]
		switch {
		case !ok:
			out = append(out, Change{File: name, Kind: "removed", Item: item})
		case other != text:
			out = append(out, Change{name, "changed", item, text, other})
		}
	}
	for item := range b {
		if _, ok := a[item]; !ok {
			out = append(out, Change{File: name, Kind: "added", Item: item})
		}
	}
	return out, nil
}

const (
	schemaSpace     = "http://www.w3.org/2001/XMLSchema"
	schematronSpace = "http://purl.oclc.org/dsdl/schematron"
)

// items lists what a schema or rule file says, nil if it is neither.
func items(src []byte) map[string]string {
	doc, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		return nil
	}
	defer doc.Release()
	out := map[string]string{}
	put := func(item, text string) {
		for k, n := item, 2; ; n++ {
			if _, twice := out[k]; !twice {
				out[k] = text
				return
			}
			k = fmt.Sprintf("%s (%d)", item, n)
		}
	}
	known := false
	for n := xmltree.Node(1); int(n) < doc.Len(); n++ {
		if doc.Kind(n) != xmltree.ElementNode {
			continue
		}
		switch doc.Space(n) {
		case schemaSpace:
			known = true
			schemaItem(doc, n, put)
		case schematronSpace:
			known = true
			ruleItem(doc, n, put)
		}
	}
	if !known {
		return nil
	}
	return out
}

// ruleItem takes an assert or report: what it tests, how much it weighs.
func ruleItem(doc *xmltree.Document, n xmltree.Node, put func(item, text string)) {
	kind := doc.Local(n)
	if kind != "assert" && kind != "report" {
		return
	}
	attr := func(name string) string { v, _ := doc.Attr(n, name); return strings.Join(strings.Fields(v), " ") }
	context := ""
	if up := doc.Parent(n); up > 0 {
		v, _ := doc.Attr(up, "context")
		context = strings.Join(strings.Fields(v), " ")
	}
	item := "rule " + attr("id")
	if attr("id") == "" {
		item = "rule without id in " + context
	}
	weight := attr("flag")
	if weight == "" {
		weight = attr("role")
	}
	put(strings.Clone(item), strings.Clone(strings.TrimSpace(weight+" "+kind+" "+attr("test")+" at "+context)))
}

// schemaItem takes a named declaration, an allowed value or another facet.
func schemaItem(doc *xmltree.Document, n xmltree.Node, put func(item, text string)) {
	attr := func(name string) string { v, _ := doc.Attr(n, name); return v }
	owner := ""
	for up := doc.Parent(n); up > 0; up = doc.Parent(up) {
		if v, ok := doc.Attr(up, "name"); ok {
			owner = " of " + v + owner
		}
	}
	switch kind := doc.Local(n); kind {
	case "element", "attribute", "complexType", "simpleType", "group", "attributeGroup":
		name := attr("name")
		if name == "" {
			name = attr("ref")
		}
		if name == "" {
			return
		}
		text := ""
		for _, a := range []string{"type", "use", "minOccurs", "maxOccurs", "nillable", "abstract", "default", "fixed"} {
			if v, ok := doc.Attr(n, a); ok {
				text += a + "=" + v + " "
			}
		}
		put(kind+" "+name+owner, strings.TrimSpace(text))
	case "enumeration":
		put("value "+attr("value")+owner, "")
	case "pattern", "length", "minLength", "maxLength", "totalDigits", "fractionDigits", "minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "restriction", "extension":
		put(kind+owner, strings.Clone(attr("value")+attr("base")))
	}
}
