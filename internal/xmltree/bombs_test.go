package xmltree_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// bombs are documents made to cost far more than their size, with the rule that
// ends them; "" is a document that is merely large and must be read.
func bombs() map[string]struct{ doc, rule string } {
	entities := "<!DOCTYPE a [<!ENTITY x0 'ha'>"
	for i := 1; i < 30; i++ {
		entities += fmt.Sprintf("<!ENTITY x%d '&x%d;&x%d;'>", i, i-1, i-1)
	}
	attributes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d=''", i)
		}
		return b.String()
	}
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<n%d/>", i)
		}
		return b.String()
	}
	spaces := strings.Builder{}
	for i := range 30_000 {
		fmt.Fprintf(&spaces, "<a xmlns:p%d='u%d'/>", i, i)
	}
	return map[string]struct{ doc, rule string }{
		"billion laughs":    {entities + "]><a>&x29;</a>", xmltree.RuleDTD},
		"external entity":   {"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", xmltree.RuleDTD},
		"external subset":   {"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x.dtd'><a/>", xmltree.RuleDTD},
		"undefined entity":  {"<a>&x;</a>", xmltree.RuleEntity},
		"depth":             {strings.Repeat("<a>", 1_000_000), xmltree.RuleLimit},
		"depth, closed":     {strings.Repeat("<a>", 200_000) + strings.Repeat("</a>", 200_000), xmltree.RuleLimit},
		"attributes":        {"<a" + attributes(100_000) + "/>", xmltree.RuleLimit},
		"names":             {"<a>" + names(100_000) + "</a>", xmltree.RuleLimit},
		"namespaces":        {"<a>" + spaces.String() + "</a>", xmltree.RuleLimit},
		"long name":         {"<" + strings.Repeat("n", 1<<20) + "/>", ""},
		"long value":        {"<a b='" + strings.Repeat("v", 1<<20) + "'/>", ""},
		"many references":   {"<a>" + strings.Repeat("&#65;", 1<<18) + "</a>", ""},
		"open comment":      {"<a><!--" + strings.Repeat("-x", 1<<19), xmltree.RuleSyntax},
		"open CDATA":        {"<a><![CDATA[" + strings.Repeat("]]", 1<<19), xmltree.RuleSyntax},
		"open tag":          {"<a " + strings.Repeat("b='' ", 900), xmltree.RuleSyntax},
		"only less-than":    {strings.Repeat("<", 1<<20), xmltree.RuleSyntax},
		"brackets":          {"<a>" + strings.Repeat("]", 1<<20) + "</a>", ""},
		"empty elements":    {"<a>" + strings.Repeat("<b/>", 1<<18) + "</a>", ""},
		"xml in the middle": {"<a><?xml version='1.0'?></a>", xmltree.RuleSyntax},
		"utf-7":             {"<?xml version='1.0' encoding='utf-7'?>+ADw-a/+AD4-", xmltree.RuleEncoding},
		"zero bytes":        {strings.Repeat("\x00", 1<<16), xmltree.RuleSyntax},
	}
}

// TestBombs asserts that each ends with its problem and that no document takes
// more memory than 4 MiB and 32 times its size (a node of 40 bytes for "<b/>",
// and what growing the array leaves behind).
func TestBombs(t *testing.T) {
	for name, c := range bombs() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := xmltree.Parse([]byte(c.doc), xmltree.Options{})
		runtime.ReadMemStats(&after)
		d.Release()
		var p diag.Problem
		_ = errors.As(err, &p)
		if p.Rule != c.rule {
			t.Errorf("%s: want %q, got %v", name, c.rule, err)
		}
		if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+32*len(c.doc)); used > limit {
			t.Errorf("%s: %d bytes allocated for %d, at most %d", name, used, len(c.doc), limit)
		}
		if len(p.Error()) > 400 {
			t.Errorf("%s: a message of %d bytes", name, len(p.Error()))
		}
	}
}

// TestHostileCorpus parses every file of the corpus of hostile documents.
func TestHostileCorpus(t *testing.T) {
	t.Parallel()
	for _, file := range hostileFiles(t) {
		d, err := xmltree.Parse(sharedtest.Read(t, "corpus", file), xmltree.Options{})
		var p diag.Problem
		if err != nil && !errors.As(err, &p) {
			t.Errorf("%s: %v", file, err)
		}
		t.Logf("%s: %v", file, err)
		d.Release()
	}
}

func hostileFiles(t *testing.T) []string {
	var out []string
	for _, line := range strings.Split(string(sharedtest.Read(t, "corpus", "INDEX.tsv")), "\n") {
		if f := strings.Split(line, "\t"); strings.HasPrefix(f[0], "hostile-xml/") {
			out = append(out, f[0])
		}
	}
	if len(out) == 0 {
		t.Fatal("no hostile documents in the index")
	}
	return out
}
