package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// maxSecret is the size in bytes of the largest secret that is read.
const maxSecret = 1 << 20

func newSecretCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "secret", Short: "Secrets of the data folder: keys, passwords, tokens"}
	c.AddCommand(newSecretSetCommand(a), newSecretListCommand(a), newSecretCheckCommand(a))
	return c
}

func newSecretSetCommand(a *app) *cobra.Command {
	var made bool
	var attributes map[string]string
	var o setup
	c := &cobra.Command{
		Use:   "set NAME [FILE]",
		Short: "Keep a secret, read from FILE or standard input, encrypted at rest",
		Long: "Keep a secret under a name that legal entities refer to: =secret(\"acme/a1\").\n" +
			"It is read from FILE, or from standard input; never from an argument, which other users of the machine could see.\n" +
			"With --environment it is refused in the other one: before anything leaves.\n" +
			"The line break at the end of a text of one line, as editors leave it, is cut off, and said to be.\n" +
			"With --test-certificate a new key with a certificate of its own is made and kept; only simulators take it.",
		Example: "  fiscus secret set acme/a1 acme.pfx\n  fiscus secret set acme/a1-password < password.txt\n  fiscus secret set acme/a1 --test-certificate\n  fiscus secret set acme/seal --test-certificate --attribute 2.5.4.11=Head",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := o.env(); o.environment != "" && err != nil {
				return err
			}
			if made && o.environment == string(engine.Production) {
				return exit(exitUsage, fmt.Errorf("a test certificate is never one for production"))
			}
			data, err := a.newSecret(args, made, attributes)
			if err != nil {
				return err
			}
			v, err := a.openVault(true)
			if err != nil {
				return err
			}
			env := o.environment
			if env == "" && made {
				env = string(engine.Test)
			}
			data = a.withoutBreak(args[0], data)
			if err := v.SetFor(args[0], env, data); err != nil {
				return err
			}
			return a.say(map[string]any{"name": args[0], "bytes": len(data), "environment": env}, "kept %s (%d bytes%s)\n", args[0], len(data), forEnvironment(env))
		},
	}
	c.Flags().StringVar(&o.environment, "environment", "", "the only environment it may be used in: test, production (default: any; test for --test-certificate)")
	c.Flags().BoolVar(&made, "test-certificate", false, "make a key and a certificate that only simulators take, instead of reading one")
	c.Flags().StringToStringVar(&attributes, "attribute", nil, "further attributes of the subject of a made certificate: `OID=TEXT`")
	return c
}

func forEnvironment(env string) string {
	if env == "" {
		return ""
	}
	return ", for " + env
}

// withoutBreak cuts the line break off a text of one line: no password or token
// ends so, and a header with it is refused.
func (a *app) withoutBreak(name string, data []byte) []byte {
	text := bytes.TrimRight(data, "\r\n")
	if len(text) == len(data) || len(text) == 0 || bytes.ContainsAny(text, "\r\n\x00") || !utf8.Valid(text) {
		return data
	}
	_, _ = fmt.Fprintf(a.stderr, "warning: the line break at the end of %s was cut off\n", name)
	return text
}

// newSecret returns what is to be kept: read, or made.
func (a *app) newSecret(args []string, made bool, attributes map[string]string) ([]byte, error) {
	if !made {
		if len(attributes) > 0 {
			return nil, exit(exitUsage, fmt.Errorf("--attribute goes with --test-certificate"))
		}
		return a.secretBytes(args[1:])
	}
	if len(args) > 1 {
		return nil, exit(exitUsage, fmt.Errorf("either a file or --test-certificate"))
	}
	pem, err := testCertificate(args[0], time.Now(), attributes)
	if err != nil {
		return nil, exit(exitUsage, err)
	}
	return pem, nil
}

func (a *app) secretBytes(file []string) ([]byte, error) {
	in := a.stdin
	if len(file) > 0 {
		f, err := os.Open(file[0])
		if err != nil {
			return nil, exit(exitNotFound, err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxSecret+1))
	switch {
	case err != nil:
		return nil, exit(exitEnvironment, err)
	case len(data) == 0:
		return nil, exit(exitUsage, fmt.Errorf("the secret is empty"))
	case len(data) > maxSecret:
		return nil, exit(exitUsage, fmt.Errorf("the secret is larger than %d bytes", maxSecret))
	}
	return data, nil
}

func newSecretListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Names of the secrets that are kept",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			names, err := a.secretNames()
			if err != nil {
				return err
			}
			text, err := a.text()
			if err != nil {
				return err
			}
			if !text {
				return a.json(map[string]any{"secrets": names})
			}
			for _, n := range names {
				if _, err := fmt.Fprintln(a.stdout, n); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *app) secretNames() ([]string, error) {
	v, err := a.openVault(false)
	if v == nil || err != nil {
		return []string{}, err
	}
	return v.List()
}

func newSecretCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "check [REFERENCE...]",
		Short:   "Check that secrets open; for certificates: key, subject and last day",
		Example: "  fiscus secret check\n  fiscus secret check 'acme/a1?password=acme/a1-password'",
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.openVault(false)
			if err != nil {
				return err
			}
			if v != nil {
				problems, err := v.Check()
				if err != nil {
					return exit(exitEnvironment, err)
				}
				if len(problems) > 0 {
					writeProblems(a.stderr, problems)
					if problems.Grave() {
						return exitQuiet(exitEnvironment)
					}
				}
			}
			return a.checkReferences(args)
		},
	}
}

func (a *app) checkReferences(refs []string) error {
	store, err := a.keyStore()
	if err != nil {
		return err
	}
	var list diag.List
	for _, ref := range refs {
		pair, err := store.Store.Pair(ref)
		if err != nil {
			list.Add(asProblem(err))
			continue
		}
		if err := a.sayPair(ref, pair); err != nil {
			return err
		}
	}
	if list.Grave() {
		writeProblems(a.stderr, list)
		return exitQuiet(exitEnvironment)
	}
	return nil
}

func (a *app) sayPair(ref string, p *keys.Pair) error {
	last := p.Leaf.NotAfter.UTC().Format("2006-01-02")
	subject := keys.Name(p.Leaf.RawSubject)
	return a.say(map[string]any{"reference": ref, "subject": subject, "notAfter": last}, "%s: %s, until %s\n", ref, subject, last)
}
