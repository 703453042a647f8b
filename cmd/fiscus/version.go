package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is the version of the engine; packages name ranges of it.
const Version = "0.1.0"

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the engine",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := a.text()
			if err != nil {
				return err
			}
			revision := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = s.Value
					}
				}
			}
			if !text {
				return a.json(map[string]string{"version": Version, "revision": revision, "go": runtime.Version()})
			}
			_, err = fmt.Fprintf(a.stdout, "fiscus %s (%s)\n", Version, runtime.Version())
			return err
		},
	}
}
