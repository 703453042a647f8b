package prove

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTable(t *testing.T) {
	t.Parallel()
	entries := []Entry{
		{Rule: rule(is(t, "text", "in", "a", "b"))},
		{Rule: rule(is(t, "text", "is", "b"))},
		{Rule: rule(is(t, "whole", "is", "1")), Priority: 2},
		{Rule: rule(group("all", is(t, "whole", "is", "1"), is(t, "text", "is", "c"))), Priority: 1},
		{Rule: rule(group("all", is(t, "whole", "gt", "1"), is(t, "whole", "lt", "2"))), Priority: 7},
		{Rule: Rule{Formula: true}, Priority: 9},
	}
	var p Prover
	v := p.Table(entries)
	if len(v.Conflicts) != 1 || v.Conflicts[0].A != 0 || v.Conflicts[0].B != 1 || v.Conflicts[0].Answer != Yes {
		t.Errorf("conflicts %+v", v.Conflicts)
	}
	if !slices.Equal(v.Impossible, []int{4}) || !slices.Equal(v.Unreachable, []int{3}) {
		t.Errorf("impossible %v, unreachable %v", v.Impossible, v.Unreachable)
	}
}

// A table finds the conflicts that asking every pair finds.
func TestTableEqualsPairs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var entries []Entry
		for range rapid.IntRange(2, 30).Draw(r, "rules") {
			entries = append(entries, Entry{Rule: rule(clause(r, 2)), Priority: rapid.IntRange(0, 1).Draw(r, "priority")})
		}
		var p Prover
		got := map[[2]int]bool{}
		for _, c := range p.Table(entries).Conflicts {
			got[[2]int{c.A, c.B}] = true
		}
		for i := range entries {
			for j := i + 1; j < len(entries); j++ {
				want := entries[i].Priority == entries[j].Priority && p.Overlap(entries[i].Rule, entries[j].Rule).Answer == Yes
				if got[[2]int{i, j}] != want {
					r.Fatalf("rules %d and %d: want %v\n%s\n%s", i, j, want, written(entries[i].Applies), written(entries[j].Applies))
				}
			}
		}
	})
}

// thousand are rules as a big deployment has them: country, type, channel,
// dates; some overlap.
func thousand(t testing.TB, n int) []Entry {
	entries := make([]Entry, n)
	for i := range entries {
		country := fmt.Sprintf("%c%c", 'A'+i%26, 'A'+i/26%26)
		c := group("all", is(t, "text", "is", country), is(t, "part.code", "in", fmt.Sprintf("t%d", i/676), "shared"),
			is(t, "day", "gte", fmt.Sprintf("20%02d-01-01", 10+i%20)), is(t, "whole", "gt", fmt.Sprint(i%7)))
		if i%50 != 0 {
			c.Sub = append(c.Sub, group("not", is(t, "part.code", "is", "shared")))
		}
		entries[i] = Entry{Rule: rule(c)}
	}
	return entries
}

func BenchmarkTableProve(b *testing.B) {
	entries := thousand(b, 2000)
	var p Prover
	for b.Loop() {
		p.Table(entries)
	}
}

func BenchmarkOverlap(b *testing.B) {
	entries := thousand(b, 700)
	var p Prover
	for b.Loop() {
		p.Overlap(entries[0].Rule, entries[676].Rule)
	}
}
