package cover_test

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/cover"
)

func covered(t *testing.T, test string) (*cover.Coverage, string) {
	t.Helper()
	r := cover.Run(t.Context(), loaded(t, shells(t, "")), cover.Options{Coverage: true, Only: only(test)})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	var missed []string
	for _, u := range r.Coverage.Missed {
		missed = append(missed, u.Pos.File+": "+u.Says)
	}
	return r.Coverage, strings.Join(missed, "\n")
}

// What one test reaches and what it leaves is known unit by unit.
func TestCoverageOfOneTest(t *testing.T) {
	t.Parallel()
	c, missed := covered(t, "accepted")
	for _, want := range []string{"answers/drop.yaml: code LOW is never met", "answers/ask.yaml: code HIGH is never met", "rules/shell.yaml: rule XA-1 never fails",
		"flows/ask.yaml: step ask never runs", "flows/ask.yaml: step ask never asks again", "flows/issue.yaml: step send is never tried again",
		"flows/issue.yaml: the deed of step send for MUD is never done", "flows/issue.yaml: the deed of step send for unknown is never done"} {
		if !strings.Contains(missed, want) {
			t.Errorf("%q is not among\n%s", want, missed)
		}
	}
	for _, met := range []string{"code HIGH is never met\nanswers/drop", "XA-1 never holds", "Diver is never written", "@n is never written", "step sign"} {
		if strings.Contains(missed, met) {
			t.Errorf("%q was reached:\n%s", met, missed)
		}
	}
	if c.Covered+len(c.Missed) != c.Total || c.Percent() <= 0 || c.Percent() >= 100 {
		t.Errorf("%d of %d, %d missed", c.Covered, c.Total, len(c.Missed))
	}
}

func TestCoverageOfAllTests(t *testing.T) {
	t.Parallel()
	c, missed := covered(t, "")
	want := strings.Join([]string{"answers/ask.yaml: code DEEP is never met", "answers/drop.yaml: code SEEN is never met",
		"flows/ask.yaml: step ask never asks again", "flows/issue.yaml: the deed of step send for duplicate is never done"}, "\n")
	if missed != want {
		t.Errorf("want\n%s\ngot\n%s", want, missed)
	}
	for _, k := range c.Kinds {
		if (k.Kind == cover.KindMapping || k.Kind == cover.KindStep || k.Kind == cover.KindRule) && k.Covered != k.Total {
			t.Errorf("%+v", k)
		}
	}
}
