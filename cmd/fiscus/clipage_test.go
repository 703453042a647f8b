package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestGeneratedCommandPage keeps docs/cli.md equal to the commands themselves.
func TestGeneratedCommandPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Command line\n\nMade from the commands themselves; `make generate` writes it. Every command takes `--data DIR` (the data folder, `./fiscus-data`) and\n" +
		"`--format text|json|ndjson`.\n\nExit codes: 0 accepted, pending or nothing to report · 1 findings or no flow · 2 usage · 3 refused by the authority · 4 not found ·\n" +
		"5 environment (secret, address) · 6 undecided or parked · 7 a plan no longer fits · 70 a fault of this program.\n")
	commandPages(&b, newRoot(&app{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}))
	text := regexp.MustCompile(`at once \(default \d+\)`).ReplaceAllString(b.String(), "at once (default: one a core)")
	page(t, "../../docs/cli.md", text)
}

func commandPages(b *strings.Builder, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if sub.Runnable() && !sub.HasSubCommands() {
			fmt.Fprintf(b, "\n## %s\n\n%s.\n\n```\n%s\n```\n", sub.CommandPath(), strings.TrimSuffix(sub.Short, "."), sub.UseLine())
			if sub.Long != "" {
				fmt.Fprintf(b, "\n%s\n", sub.Long)
			}
			if flags := sub.LocalNonPersistentFlags().FlagUsages(); flags != "" {
				fmt.Fprintf(b, "\n```\n%s```\n", flags)
			}
			if sub.Example != "" {
				fmt.Fprintf(b, "\n```\n%s\n```\n", sub.Example)
			}
		}
		commandPages(b, sub)
	}
}
