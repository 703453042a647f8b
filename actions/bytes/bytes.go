// Package bytes provides the actions "bytes.zip" and "bytes.gzip": bytes put
// into the envelopes that many receivers want them in.
//
// Begin with Specs. Both are pure: names, order and times inside come from the
// step, never from the machine, so that the same inputs give the same envelope
// with the same version of the program.
package bytes

import (
	"archive/zip"
	stdbytes "bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rules of problems that this package raises.
const (
	RuleFiles = "RUN-ZIP-FILES" // files that cannot stand in an archive as asked
	RuleName  = "RUN-ZIP-NAME"  // a name that would leave the folder it is unpacked in, or that stands twice
)

const mostFiles = 10_000

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{Zip(), Gzip()} }

// Zip declares the action "bytes.zip".
func Zip() *engine.Spec {
	return &engine.Spec{
		Name:    "bytes.zip",
		Since:   "0.1",
		Summary: "Put files into a ZIP archive.",
		Source:  "APPNOTE 6.3.3, clause 4; names in UTF-8",
		Effect:  engine.Pure,
		In:      []engine.Port{{Name: "in", Type: formula.Bytes, Doc: "The one file, where files is not said."}},
		Params: []engine.Param{
			{Name: "name", Type: formula.String, Doc: "Name of the one file."},
			{Name: "files", Type: formula.ListOf(formula.Any), Doc: "Files in their order: {name: a.xml, in: =bytes}; folders in a name by /."},
			{Name: "at", Type: formula.Instant, Doc: "Time of the files, to the second; none where it is absent."},
			{Name: "store", Type: formula.Boolean, Default: false, Doc: "True: nothing is compressed."},
		},
		Out: []engine.Port{{Name: "out", Type: formula.Bytes.Required(), Doc: "The archive."}},
		Example: `id: pack
action: bytes.zip
with: {files: [{name: "invoice.xml", in: '=bytes("<Invoice/>")'}]}
`,
		Run: pack,
	}
}

// Gzip declares the action "bytes.gzip".
func Gzip() *engine.Spec {
	return &engine.Spec{
		Name:    "bytes.gzip",
		Since:   "0.1",
		Summary: "Compress bytes.",
		Source:  "RFC 1952",
		Effect:  engine.Pure,
		In:      []engine.Port{{Name: "in", Type: formula.Bytes, Required: true, Doc: "What is compressed: bytes, or a text in UTF-8."}},
		Out:     []engine.Port{{Name: "out", Type: formula.Bytes.Required(), Doc: "The compressed bytes; the header has neither name nor time."}},
		Example: `id: pack
action: bytes.gzip
with: {in: '=bytes("<Invoice/>")'}
`,
		Run: compress,
	}
}

func compress(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	var out stdbytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(s.Bytes("in")); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out.Bytes()}, nil
}

type file struct {
	name string
	body []byte
}

func pack(ctx context.Context, s *engine.Step) (engine.Outputs, error) {
	all, err := files(s)
	if err != nil {
		return nil, err
	}
	at, _ := s.Value("at").(time.Time) // without one, entries carry no time
	var out stdbytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(o io.Writer) (io.WriteCloser, error) { return flate.NewWriter(o, flate.BestCompression) })
	for _, f := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at.UTC()}
		if s.Bool("store") {
			h.Method = zip.Store
		}
		part, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out.Bytes()}, nil
}

// files reads what is to be packed, all problems at once.
func files(s *engine.Step) ([]file, error) {
	list, many := s.Value("files").([]any)
	switch {
	case many == (s.Value("in") != nil):
		return nil, fault(RuleFiles, "say either in with name, or files")
	case !many:
		list = []any{map[string]any{"name": s.Text("name"), "in": s.Bytes("in")}}
	case len(list) > mostFiles:
		return nil, fault(RuleFiles, "an archive of %d files; %d are the most", len(list), mostFiles)
	}
	var out []file
	var problems []error
	seen := map[string]bool{}
	for i, x := range list {
		f, err := one(x)
		if err == nil && seen[f.name] {
			err = fault(RuleName, "the name %q stands twice", f.name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("file %d: %w", i+1, err))
			continue
		}
		seen[f.name] = true
		out = append(out, f)
	}
	return out, errors.Join(problems...)
}

func one(x any) (file, error) {
	m, _ := x.(map[string]any)
	name, _ := m["name"].(string)
	if !local(name) {
		return file{}, fault(RuleName, "%q is no name of a file inside an archive", name)
	}
	switch b := m["in"].(type) {
	case []byte:
		return file{name, b}, nil
	case string:
		return file{name, []byte(b)}, nil
	case formula.Node:
		return file{name, b.Source()}, nil
	}
	return file{}, fault(RuleFiles, "%s has no bytes: in is wanted", name)
}

// local reports whether a name stays inside the folder it is unpacked in.
func local(name string) bool {
	return name != "" && name == path.Clean(name) && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "../") &&
		name != "." && name != ".." && !strings.ContainsAny(name, "\\:\x00\r\n")
}

func fault(rule, format string, args ...any) error {
	return diag.Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}
