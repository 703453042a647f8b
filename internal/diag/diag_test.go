package diag

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestProblemNamesPlaceAndRule(t *testing.T) {
	p := Problemf(Pos{File: "flow.yaml", Line: 2, Column: 13}, "CFG-ACTION-UNKNOWN", "unknown action %q", "xml.sing")
	if want, got := `flow.yaml:2:13: unknown action "xml.sing" [CFG-ACTION-UNKNOWN]`, p.Error(); want != got {
		t.Errorf("want %s\n got %s", want, got)
	}
}

func TestListSortsAndDropsRepetitions(t *testing.T) {
	l := List{
		Problemf(Pos{File: "b", Line: 1}, "CFG-B", "late"),
		Problemf(Pos{File: "a", Line: 9}, "CFG-A", "x"),
		Problemf(Pos{File: "a", Line: 9}, "CFG-A", "x"),
	}
	l.Sort()
	if len(l) != 2 || l[0].Pos.File != "a" {
		t.Fatalf("got %v", l)
	}
	var p Problem
	if !errors.As(l.Err(), &p) || p.Rule != "CFG-A" {
		t.Fatalf("errors.As found %v", p)
	}
}

func TestListWithoutGraveProblemIsNoError(t *testing.T) {
	l := List{{Rule: "CFG-X", Severity: Warning, Message: "m"}}
	if l.Err() != nil {
		t.Fatal("a warning is not an error")
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"xml.sign", "xml.verify", "soap.call"}
	for name, want := range map[string]string{
		"xml.sing": "xml.sign", "xml.sgn": "xml.sign", "soapcall": "soap.call", "something": "", "xml.verfiy": "xml.verify",
	} {
		if got := Suggest(name, known); got != want {
			t.Errorf("%s: want %q, got %q", name, want, got)
		}
	}
}

// The distance with rolling rows equals the plain recursive definition.
func TestEditsEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching("[abc]{0,6}").Draw(t, "a"), rapid.StringMatching("[abc]{0,6}").Draw(t, "b")
		if want, got := plain(a, b), edits(a, b, 99); want != got {
			t.Fatalf("want %d, got %d", want, got)
		}
	})
}

func plain(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	n, m := len(a), len(b)
	cost := 1
	if a[n-1] == b[m-1] {
		cost = 0
	}
	d := min(plain(a[:n-1], b)+1, plain(a, b[:m-1])+1, plain(a[:n-1], b[:m-1])+cost)
	if n > 1 && m > 1 && a[n-1] == b[m-2] && a[n-2] == b[m-1] {
		d = min(d, plain(a[:n-2], b[:m-2])+1)
	}
	return d
}
