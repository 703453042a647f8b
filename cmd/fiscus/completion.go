package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/packages"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that completes commands, flags and names in a shell",
		Long: "Print the completion script of a shell: bash, zsh, fish or powershell. Legal entities, packages, submissions and\n" +
			"actions are completed too, from the data folder.",
		Example: "  source <(fiscus completion bash)\n" +
			"  fiscus completion bash > ~/.local/share/bash-completion/completions/fiscus\n" +
			"  fiscus completion zsh > \"${fpath[1]}/_fiscus\"\n" +
			"  fiscus completion fish > ~/.config/fish/completions/fiscus.fish",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			switch root := c.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			default:
				return root.GenPowerShellCompletionWithDesc(a.stdout)
			}
		},
	}
}

var argument = regexp.MustCompile(`^\S+ \[?(SUBMISSION|PACKAGE|ACTION|OBJECT)`)

// completed adds the names that arguments and flags can have to a tree of commands.
func (a *app) completed(c *cobra.Command) {
	for flag, names := range map[string]func() []string{
		"entity":      a.entityNames,
		"package":     packages.List,
		"format":      func() []string { return resultFormats[:3] },
		"environment": func() []string { return []string{string(engine.Test), string(engine.Production)} },
		"run":         func() []string { return words(runStatuses) },
		"document":    func() []string { return words(engine.DocStatuses) },
	} {
		if c.Flags().Lookup(flag) != nil || c.PersistentFlags().Lookup(flag) != nil {
			_ = c.RegisterFlagCompletionFunc(flag, only(names))
		}
	}
	word := argument.FindStringSubmatch(c.Use)
	if word != nil && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = map[string]cobra.CompletionFunc{
			"SUBMISSION": only(a.submissionNames), "PACKAGE": orFolder(packages.List), "ACTION": only(func() []string { return registry().Names() }), "OBJECT": only(a.stateNames),
		}[word[1]]
	}
	for _, sub := range c.Commands() {
		a.completed(sub)
	}
}

func only(names func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return beginning(names(), begun), cobra.ShellCompDirectiveNoFileComp
	}
}

func orFolder(names func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return beginning(names(), begun), cobra.ShellCompDirectiveDefault
	}
}

func beginning(names []string, begun string) (out []string) {
	for _, n := range names {
		if strings.HasPrefix(n, begun) {
			out = append(out, n)
		}
	}
	return out
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

var entityLine = regexp.MustCompile(`(?m)^entity: *(\S+)`)

// entityNames reads the names of legal entities without reading packages.
func (a *app) entityNames() (out []string) {
	files, _ := filepath.Glob(filepath.Join(a.data, dataEntities, "*.yaml"))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for _, m := range entityLine.FindAllSubmatch(data, -1) {
			out = append(out, string(m[1]))
		}
	}
	return out
}

// submissionNames are the ids of the newest documents and submissions.
func (a *app) submissionNames() (out []string) {
	ctx := context.Background()
	log, err := a.openLog(ctx, false)
	if err != nil {
		return nil
	}
	defer func() { _ = log.Close() }()
	found, _ := log.Find(ctx, engine.Query{})
	for i := len(found) - 1; i >= max(0, len(found)-100); i-- {
		out = append(out, found[i].ID+"\t"+found[i].DocumentID)
		if found[i].DocumentID != "" {
			out = append(out, found[i].DocumentID)
		}
	}
	return out
}

func (a *app) stateNames() (out []string) {
	ctx := context.Background()
	log, err := a.openLog(ctx, false)
	if err != nil {
		return nil
	}
	defer func() { _ = log.Close() }()
	rows, _ := stateRows(ctx, log, nil)
	for _, r := range rows {
		out = append(out, r.Object)
	}
	return out
}
