package lint

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

const other = "flow: other\napplies:\n  all:\n    - {field: entity.country, is: ZZ}\n    - "

// Two flows that are chosen between, beside those of the base package.
func TestApplies(t *testing.T) {
	t.Parallel()
	const tail = "\nsteps: [{id: now, action: time.now}]\n"
	for name, c := range map[string]struct {
		flow, rule string
		severity   diag.Severity
		says       string
	}{
		"the same type":        {other + "{field: document.type, is: invoice}" + tail, RuleOverlap, diag.Info, `{"document":{"totals":{"payable":0},"type":"invoice"},"entity":{"country":"ZZ"},"ext":{"model":`},
		"another type":         {other + "{field: document.type, is: debitNote}" + tail, "", "", ""},
		"a higher priority":    {other + "{field: document.type, is: invoice}\npriority: 1" + tail, "", "", ""},
		"a type that is not":   {other + "{field: document.type, is: letter}" + tail, RuleUnreachable, "", `flow "other" applies to no document`},
		"two that exclude":     {other + "{field: document.type, is: invoice}\n    - {field: document.type, isNot: invoice}" + tail, RuleUnreachable, "", `flow "other" applies to no document`},
		"less than always":     {"flow: all\npriority: 9" + tail + "---\n" + other + "{field: document.type, is: debitNote}" + tail, RuleUnreachable, "", `every document of flow "other" goes to flows of higher priority`},
		"two of the same kind": {other + "{field: document.type, is: debitNote}" + tail + "---\n" + strings.Replace(other, "other", "third", 1) + "{field: document.type, notIn: [invoice, creditNote, cancellation]}" + tail, RuleOverlap, "", `flows "other" and "third" both take {"document":{"type":"debitNote"},"entity":{"country":"ZZ"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got diag.List
			for _, p := range check(t, loadtest.Edit(t, base(), "flows/other.yaml", "", c.flow)) {
				if p.Rule == RuleOverlap || p.Rule == RuleUnreachable && !strings.Contains(p.Message, `"issue"`) && !strings.Contains(p.Message, `"cancel"`) {
					got = append(got, p)
				}
			}
			if c.rule == "" && len(got) == 0 {
				return
			}
			if len(got) != 1 || got[0].Rule != c.rule || got[0].Severity != c.severity || !strings.Contains(got[0].Message, c.says) || got[0].Pos.File != "flows/other.yaml" {
				t.Errorf("want %s %s, got %v", c.rule, c.says, got)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	b, problems := load.LoadAll(base(), loadtest.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	var texts []string
	for _, p := range Gaps(b.Package) {
		if p.Severity != diag.Info || p.Rule != RuleGap {
			t.Errorf("%v", p)
		}
		texts = append(texts, p.Message)
	}
	if all := strings.Join(texts, "\n"); !strings.Contains(all, `"type":"debitNote"`) || !strings.Contains(all, `"type":"invoice"`) {
		t.Error(all)
	}
}
