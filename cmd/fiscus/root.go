package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// app is what the commands share: the streams, the common flags and the
// registry of actions.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	data           string // data folder
	database       string // address of the log on PostgreSQL; empty: in the data folder
	documents      string // address of the bucket of documents; empty: in the log
	locked         bool   // a lock must be there
	format         string // text, json, ndjson
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	defer func() {
		if r := recover(); r != nil {
			_, _ = fmt.Fprintf(stderr, "fiscus: internal fault: %T\n%s", r, debug.Stack())
			code = exitInternal
		}
	}()
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	a.report(err)
	return codeOf(err)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "fiscus",
		Short:         "Electronic documents the law asks for, as declarative pipelines",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { // before cobra does it, to say where help is
			if err := c.ValidateRequiredFlags(); err != nil {
				return usage(c, err)
			}
			return nil
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	f := root.PersistentFlags()
	f.StringVar(&a.data, "data", "./fiscus-data", "data folder")
	f.StringVar(&a.database, "database", os.Getenv("FISCUS_DATABASE"), "address of a PostgreSQL database that holds the log (postgres://...; default $FISCUS_DATABASE, else the data folder)")
	f.StringVar(&a.documents, "documents", os.Getenv("FISCUS_DOCUMENTS"), "address of a bucket that holds the bytes of documents (file:///..., s3://..., azblob://...; default $FISCUS_DOCUMENTS, else the log)")
	f.Lookup("database").DefValue, f.Lookup("documents").DefValue = "", ""
	f.BoolVar(&a.locked, "locked", false, "refuse to read packages without a lock (fiscus package lock); one that is there counts anyway")
	f.StringVar(&a.format, "format", "text", "output: text, json, ndjson")
	for _, c := range commands(a) {
		root.AddCommand(c)
	}
	wrapArgs(root)
	root.CompletionOptions.DisableDefaultCmd = true
	a.completed(root)
	return root
}

// commands lists the commands, one file each.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newApplyCommand(a),
		newArtifactsCommand(a),
		newCompletionCommand(a),
		newDemoCommand(a),
		newDeployCommand(a),
		newUndeployCommand(a),
		newEntityCommand(a),
		newCalendarCommand(a),
		newReceiveCommand(a),
		newReplayCommand(a),
		newDoctorCommand(a),
		newRunCommand(a),
		newDryRunCommand(a),
		newExplainCommand(a),
		newPackageCommand(a),
		newActionsCommand(a),
		newKeyCommand(a),
		newSecretCommand(a),
		newServeCommand(a),
		newSubmitCommand(a),
		newStateCommand(a),
		newSimulateCommand(a),
		newSubmissionCommand(a),
		newValidateCommand(a),
		newVerifyCommand(a),
		newVersionCommand(a),
	}
}

// wrapArgs makes errors of argument counts and unknown commands errors of usage.
func wrapArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Args != nil {
			sub.Args = usageArgs(sub.Args)
		} else if sub.HasSubCommands() {
			sub.Args = usageArgs(cobra.NoArgs)
		}
		wrapArgs(sub)
	}
}

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(c, err)
		}
		return nil
	}
}

func usage(c *cobra.Command, err error) error {
	return exit(exitUsage, fmt.Errorf("%w\n    hint: %s --help", err, c.CommandPath()))
}
