package cases

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
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
		bad, err := failing(ctx, &layered{files, out}, registry, imports, o)
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

// layered is a package with further files.
type layered struct {
	fs.FS
	more map[string][]byte
}

// Open opens a file or folder.
func (l *layered) Open(name string) (fs.File, error) {
	if data, ok := l.more[name]; ok {
		return memory(name, data), nil
	}
	return l.FS.Open(name)
}

// ReadDir lists a folder with what was added to it.
func (l *layered) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(l.FS, name)
	seen := map[string]bool{}
	for _, e := range entries {
		seen[e.Name()] = true
	}
	for file, data := range l.more {
		rest, in := strings.CutPrefix(file, name+"/")
		if !in {
			continue
		}
		first, _, deeper := strings.Cut(rest, "/")
		if seen[first] {
			continue
		}
		seen[first] = true
		info := &memFile{name: first, size: int64(len(data)), dir: deeper}
		entries, err = append(entries, fs.FileInfoToDirEntry(info)), nil
	}
	return entries, err
}

func memory(name string, data []byte) fs.File {
	return &memFile{Reader: bytes.NewReader(data), name: path.Base(name), size: int64(len(data))}
}

type memFile struct {
	*bytes.Reader
	name string
	size int64
	dir  bool
}

// Stat describes the file; with the methods below it is its own description.
func (f *memFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close does nothing.
func (f *memFile) Close() error { return nil }

// Name returns the name of the file.
func (f *memFile) Name() string { return f.name }

// Size returns the length in bytes.
func (f *memFile) Size() int64 { return f.size }

// Mode says whether it is a folder.
func (f *memFile) Mode() fs.FileMode {
	if f.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime is not known.
func (f *memFile) ModTime() time.Time { return time.Time{} }

// IsDir reports whether it is a folder.
func (f *memFile) IsDir() bool { return f.dir }

// Sys returns nil.
func (f *memFile) Sys() any { return nil }
