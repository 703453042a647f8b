package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/service/api"
)

// dataKeys is the file of API keys in a data folder; their secrets are in it as
// digests only.
const dataKeys = "api-keys.json"

func newKeyCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Keys by which other systems may use the HTTP interface"}
	c.AddCommand(newKeyCreateCommand(a), newKeyListCommand(a), newKeyRevokeCommand(a))
	return c
}

func newKeyCreateCommand(a *app) *cobra.Command {
	var role string
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a key and show it, once",
		Long: "Make a key for a system or a person and show it: it is kept as a digest and cannot be shown again.\n" +
			"Roles: admin and operator hand over, follow, intervene, dry-run; publisher and approver dry-run and see where things\n" +
			"stand; auditor reads everything; viewer sees where things stand.",
		Example: "  fiscus key create erp --role operator --for 8760h",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			now, expires := time.Now(), time.Time{}
			if lasts > 0 {
				expires = now.Add(lasts)
			}
			k, text, err := api.NewKey(theTenant, api.Role(role), args[0], now, expires)
			if err != nil {
				return exit(exitUsage, err)
			}
			if err := a.changeKeys(func(r api.Ring) (api.Ring, error) { return append(r, k), nil }); err != nil {
				return err
			}
			return a.say(map[string]any{"id": k.ID, "role": k.Role, "key": text, "expires": k.Expires}, "%[3]s\n", k.ID, k.Role, text)
		},
	}
	c.Flags().StringVar(&role, "role", "operator", "what the key may do: admin, approver, auditor, operator, publisher, viewer")
	c.Flags().DurationVar(&lasts, "for", 0, "so long it is good; 0: until it is taken back")
	return c
}

func newKeyListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "The keys there are, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ring, err := readKeys(filepath.Join(a.data, dataKeys))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if text, err := a.text(); err != nil || !text {
				return errors.Join(err, a.json(map[string]any{"keys": append(api.Ring{}, ring...)}))
			}
			for _, k := range ring {
				until := "until it is taken back"
				if !k.Expires.IsZero() {
					until = "until " + k.Expires.Format(time.RFC3339)
				}
				_, _ = fmt.Fprintf(a.stdout, "%s  %-9s  %s, %s\n", k.ID, k.Role, k.Name, until)
			}
			return nil
		},
	}
}

func newKeyRevokeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Take a key back; it counts from the next request on",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			err := a.changeKeys(func(r api.Ring) (api.Ring, error) {
				left := slices.DeleteFunc(slices.Clone(r), func(k api.Key) bool { return k.ID == args[0] })
				if len(left) == len(r) {
					return nil, exit(exitNotFound, fmt.Errorf("there is no key %s\n    hint: fiscus key list", args[0]))
				}
				return left, nil
			})
			if err != nil {
				return err
			}
			return a.say(map[string]string{"revoked": args[0]}, "taken back: %s\n", args[0])
		},
	}
}

func (a *app) changeKeys(change func(api.Ring) (api.Ring, error)) error {
	if _, err := a.text(); err != nil {
		return err
	}
	name := filepath.Join(a.data, dataKeys)
	ring, err := readKeys(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if ring, err = change(ring); err != nil {
		return err
	}
	data, err := json.MarshalIndent(ring, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return exit(exitEnvironment, err)
	}
	return replaceFile(name, append(data, '\n'))
}

func readKeys(name string) (api.Ring, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	ring, err := api.ParseRing(data)
	if err != nil {
		return nil, exit(exitEnvironment, fmt.Errorf("%s: %w", name, err))
	}
	return ring, nil
}
