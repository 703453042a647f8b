package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
)

func newPackageLogCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "log PACKAGE|ARCHIVE",
		Short: "Who moved a release to which state, when and why",
		Long: "Who moved a release to which state, when and why. The log stands beside the release; every line is signed and names the digest of\n" +
			"those before it, and the release record names the digest of all.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			x, err := a.releaseOf(args[0])
			if err != nil {
				return err
			}
			if x == nil || x.Log == nil {
				return exit(exitNotFound, fmt.Errorf("there is no release log beside %s", args[0]))
			}
			keys, err := a.trusted()
			if err != nil {
				return err
			}
			moves, err := life.ReadLog(args[0]+life.LogEnd, x.Log, keys)
			if err != nil {
				return err
			}
			return a.sayMoves(moves)
		},
	}
}

// releaseOf reads the release of a package or an archive, and judges it; nil
// if there is none.
func (a *app) releaseOf(ref string) (*life.Release, error) {
	if info, err := os.Stat(ref); err == nil && !info.IsDir() {
		return a.unpack(ref)
	}
	parent, dir, err := a.packagePlace(ref)
	if err != nil {
		return nil, err
	}
	return a.released(parent, dir)
}

func (a *app) sayMoves(moves []life.Move) error {
	if text, _ := a.text(); !text {
		return a.json(map[string]any{"moves": append([]life.Move{}, moves...)})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	for _, m := range moves {
		from := m.From
		if from == "" {
			from = "-"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s > %s\t%s\t%s\t%s\n", m.At.Format("2006-01-02T15:04:05Z"), m.What, from, m.To, m.By, m.Signer, strings.TrimSpace(m.Where+" "+m.Reason))
	}
	return w.Flush()
}
