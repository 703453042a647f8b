package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/cover"
)

// writeTestTable writes what tests reach and notice as a page in Markdown.
func writeTestTable(file string, reports []*cover.Report, mutations []*mutation) error {
	var b strings.Builder
	b.WriteString("# What the tests of the shipped packages reach and notice\n\nWritten by `make coverage`. Units, operators and what the words mean: [tests of packages](package-tests.md).\n\n## Coverage\n\n| package | tests |")
	for _, k := range cover.Kinds {
		fmt.Fprintf(&b, " %s |", k)
	}
	b.WriteString(" together |\n| --- | --- |" + strings.Repeat(" --- |", len(cover.Kinds)+1) + "\n")
	for _, r := range reports {
		if r.Coverage != nil {
			coverageRow(&b, r)
		}
	}
	b.WriteString("\nNot reached:\n\n")
	for _, r := range reports {
		if r.Coverage == nil {
			continue
		}
		for _, u := range r.Coverage.Missed {
			fmt.Fprintf(&b, "- `%s`: %s\n", u.Pos, strings.ReplaceAll(u.Says, "|", "\\|"))
		}
	}
	if len(mutations) > 0 {
		mutationTable(&b, mutations)
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func coverageRow(b *strings.Builder, r *cover.Report) {
	fmt.Fprintf(b, "| %s %s | %d |", r.Package, r.Version, len(r.Tests))
	for _, k := range r.Coverage.Kinds {
		fmt.Fprintf(b, " %d of %d |", k.Covered, k.Total)
	}
	fmt.Fprintf(b, " %.1f %% |\n", r.Coverage.Percent())
}

func mutationTable(b *strings.Builder, mutations []*mutation) {
	b.WriteString("\n## Mutants\n\n| package | possible | tried | refused | killed | survived | equivalent | score | noticed |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, m := range mutations {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d | %.1f %% | %.1f %% |\n", m.Package, m.Possible, m.Tried, m.Refused, m.Killed, m.Survived, m.Equal, m.Score, m.Noticed)
	}
	for _, m := range mutations {
		if len(m.Skipped) > 0 {
			fmt.Fprintf(b, "\n%s was judged without %s: not installed.\n", m.Package, strings.Join(m.Skipped, ", "))
		}
	}
}
