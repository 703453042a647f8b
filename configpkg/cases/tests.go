package cases

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/internal/overlay"
)

// The places of cases in a package.
const (
	TestFile = "tests/cases.yaml"
	Folder   = "tests/cases"
)

// Files writes cases as tests: a file of tests, and the documents they hand in.
// A case whose document is one of the tests' own is left out: that test shows
// it already. What does not come out as a test as the rules alone say is left
// out too, and told.
func (r *Report) Files(ctx context.Context, files fs.FS, registry *engine.Registry, imports load.Importer, o cover.Options) (map[string][]byte, error) {
	out := map[string][]byte{}
	var kept []Case
	for _, c := range r.Cases {
		if strings.Contains(c.Beside, ": ") {
			kept = append(kept, c)
		}
	}
	for {
		write(out, kept)
		bad, err := failing(ctx, overlay.Layered(files, out), registry, imports, o)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			return out, nil
		}
		var next []Case
		for _, c := range kept {
			if why, is := bad[c.name()]; is {
				r.Failed = append(r.Failed, Missing{c.Rule, c.Test.Pos, "as a test it comes out otherwise: " + why})
				continue
			}
			next = append(next, c)
		}
		kept = next
		clear(out)
	}
}

func (c *Case) name() string {
	if c.Holds {
		return "case: " + c.Rule + " just holds"
	}
	return "case: " + c.Rule + " fails"
}

func (c *Case) file() string {
	end := "-fails.json"
	if c.Holds {
		end = "-holds.json"
	}
	return Folder + "/" + strings.ToLower(c.Rule) + end
}

func write(out map[string][]byte, cases []Case) {
	var b bytes.Buffer
	for i := range cases {
		c := &cases[i]
		if i > 0 {
			b.WriteString("---\n")
		}
		file := strings.TrimPrefix(c.file(), "tests/")
		entity := strings.TrimPrefix(c.Test.Entity, "tests/")
		fmt.Fprintf(&b, "# %s\ntest: %q\ndocument: %s\nentity: %s\ntime: %s\n", c.Beside, c.name(), file, entity, c.Test.Time.Format(time.RFC3339))
		if c.Test.Environment != engine.Test {
			fmt.Fprintf(&b, "environment: %s\n", c.Test.Environment)
		}
		fmt.Fprintf(&b, "script:\n  - submit: {}\n  - expect: {findings: [%s]}\n", strings.Join(quotedAll(c.Places), ", "))
		out[c.file()] = c.Document
	}
	if b.Len() > 0 {
		out[TestFile] = b.Bytes()
	}
}

func quotedAll(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprintf("%q", id)
	}
	return out
}

// failing runs the tests of the cases and returns what is wrong, by name.
func failing(ctx context.Context, files fs.FS, registry *engine.Registry, imports load.Importer, o cover.Options) (map[string]string, error) {
	b, problems := load.LoadAll(files, registry, imports)
	if b == nil {
		return nil, problems
	}
	o.Only = func(t *casetest.Test) bool { return t.File == TestFile }
	bad := map[string]string{}
	for _, t := range cover.Run(ctx, b, o).Tests {
		if !t.Passed {
			bad[t.Name] = t.Problems[0].Message
		}
	}
	return bad, ctx.Err()
}
