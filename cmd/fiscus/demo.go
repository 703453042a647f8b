package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/internal/keys/vault"
	"github.com/fiscus-project/fiscus/packages"
)

// demoPlan is the file demo/demo.json of a package: what its demo does.
type demoPlan struct {
	Entities  []string       `json:"entities"` // files of legal entities inside the package
	Keys      []demoKey      `json:"certificates"`
	Secrets   []string       `json:"secrets"` // secrets that hold a made-up text
	Documents []demoDocument `json:"documents"`
}

// demoKey is a secret that holds a certificate made for the demo.
type demoKey struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"` // of the subject, by dotted OID
}

// demoDocument is one document of the demo.
type demoDocument struct {
	File   string `json:"file"`
	Entity string `json:"entity"`
	Title  string `json:"title"`
	Expect string `json:"expect"` // status of the document; "refused here" if it never leaves; "taken", "duplicate", "parked" of what comes in
	Phase  int    `json:"phase"`  // a later phase begins when the earlier one has ended

	Channel string `json:"channel"` // the channel it comes in through, for what others send us
}

func newDemoCommand(a *app) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "The main job on the simulated authorities: prints a table, leaves a data folder to look at",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.text(); err != nil {
				return err
			}
			a.data = dir
			return a.demo(c.Context())
		},
	}
	c.Flags().StringVar(&dir, "dir", "./fiscus-demo", "folder the demo makes anew")
	return c
}

// demoMark marks a folder as made by the demo, which may remove it.
const demoMark = "made-by-fiscus-demo"

func (a *app) demo(ctx context.Context) (err error) {
	if err := a.freshDemo(); err != nil {
		return err
	}
	var plans []*demoRun
	defer func() {
		for _, p := range plans {
			err = errors.Join(err, p.close())
		}
	}()
	for _, id := range packages.List() {
		p, err := a.planDemo(id)
		if err != nil {
			return err
		}
		if p != nil {
			plans = append(plans, p)
		}
	}
	begun := time.Now()
	for _, p := range plans {
		if err := p.run(ctx, a); err != nil {
			return err
		}
	}
	return a.sayDemo(plans, time.Since(begun))
}

// freshDemo makes an empty folder, in place of an earlier demo's.
func (a *app) freshDemo() error {
	entries, err := os.ReadDir(a.data)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(a.data, demoMark)); err != nil {
			return exit(exitEnvironment, fmt.Errorf("%s is not empty and was not made by a demo\n    hint: name another folder with --dir", a.data))
		}
		if err := os.RemoveAll(a.data); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	for _, dir := range []string{dataEntities, dataDeployments} {
		if err := os.MkdirAll(filepath.Join(a.data, dir), 0o700); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	return os.WriteFile(filepath.Join(a.data, demoMark), nil, 0o600)
}

// planDemo sets up the data folder for one package; nil if it has no demo.
func (a *app) planDemo(id string) (*demoRun, error) {
	files, err := packages.Package(id)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(files, "demo/demo.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &demoRun{id: id, files: files}
	if err := json.Unmarshal(data, &p.plan); err != nil {
		return nil, fmt.Errorf("demo of %s: %w", id, err)
	}
	if err := a.demoEntities(p); err != nil {
		return nil, err
	}
	if err := a.demoSecrets(p); err != nil {
		return nil, err
	}
	if p.bundle, err = a.bundle(id); err != nil {
		return nil, err
	}
	slug := path.Base(id)
	p.log = filepath.Join(a.data, "authority-"+slug+".ndjson")
	p.server, err = a.startSimulator(p.bundle, "127.0.0.1:0", p.log)
	return p, err
}

func (a *app) demoEntities(p *demoRun) error {
	ids := make([]string, len(p.plan.Entities))
	for i, file := range p.plan.Entities {
		data, err := fs.ReadFile(p.files, file)
		if err != nil {
			return err
		}
		m := regexp.MustCompile(`(?m)^entity: *(\S+)`).FindSubmatch(data)
		if m == nil {
			return fmt.Errorf("demo of %s: %s is no legal entity", p.id, file)
		}
		ids[i] = string(m[1])
		if err := os.WriteFile(filepath.Join(a.data, dataEntities, ids[i]+".yaml"), data, 0o600); err != nil {
			return exit(exitEnvironment, err)
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("deployment: demo-%s\nenvironment: test\nuse: [{package: %s, entities: %s}]\n", path.Base(p.id), p.id, list)
	return os.WriteFile(filepath.Join(a.data, dataDeployments, path.Base(p.id)+".yaml"), []byte(text), 0o600)
}

func (a *app) demoSecrets(p *demoRun) error {
	v, err := vault.Open(filepath.Join(a.data, dataSecrets))
	if err != nil {
		return exit(exitEnvironment, err)
	}
	for _, k := range p.plan.Keys {
		pem, err := testCertificate(k.Name, time.Now(), k.Attributes)
		if err != nil {
			return err
		}
		if err := v.Set(k.Name, pem); err != nil {
			return err
		}
	}
	for _, name := range p.plan.Secrets {
		if err := v.Set(name, []byte(madeUp(name))); err != nil {
			return err
		}
	}
	return nil
}

// madeUp is the text of a secret of the demo.
func madeUp(name string) string { return "made up for the demo: " + name }

var issued = regexp.MustCompile(`"issued"\s*:\s*"[^"]*"`)

// dated returns a document of the demo with the present time as its date, in
// the offset it was written with.
func dated(data []byte, now time.Time) []byte {
	at := issued.FindIndex(data)
	if at == nil {
		return data
	}
	text := data[at[0]:at[1]]
	text = text[bytes.IndexByte(text, ':')+1:]
	was, err := time.Parse(time.RFC3339, strings.Trim(string(text), " \""))
	form := time.RFC3339
	if err != nil {
		was, form = now, time.DateOnly
	}
	fresh := fmt.Sprintf(`"issued": %q`, now.In(was.Location()).Format(form))
	return append(append(append([]byte(nil), data[:at[0]]...), fresh...), data[at[1]:]...)
}

func (p *demoRun) close() error {
	if p.server == nil {
		return nil
	}
	return p.server.Close()
}
