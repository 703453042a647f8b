package overlay

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// File is the file that makes a folder an overlay.
const File = "overlay.yaml"

// Overlay is what an overlay.yaml says.
type Overlay struct {
	ID, Version string
	Base        engine.Base
	Changes     []*Change
	Text        []byte

	node *yml.Node
}

// Is reports whether a folder is one of an overlay.
func Is(files fs.FS) bool {
	_, err := fs.Stat(files, File)
	return err == nil
}

// Read reads the overlay.yaml at the top of files.
func Read(files fs.FS) (*Overlay, error) {
	text, err := fs.ReadFile(files, File)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads an overlay.yaml. Problems are returned as a diag.List.
func Parse(text []byte) (*Overlay, error) {
	docs, problems := yml.Parse(File, text)
	if problems.Grave() {
		return nil, problems
	}
	if len(docs) != 1 || docs[0].Kind != yml.Map || len(docs[0].Entries) == 0 || docs[0].Entries[0].Key != "overlay" {
		return nil, diag.List{diag.Problemf(diag.Pos{File: File, Line: 1, Column: 1}, RuleForm, "an overlay is one map that begins with its id").
			WithHint("overlay: xx/name")}
	}
	n := docs[0]
	if problems = append(problems, load.Check("overlay", n)...); problems.Grave() {
		return nil, problems
	}
	o := &Overlay{ID: n.Get("overlay").Text, Version: n.Get("version").Text, Text: text, node: n}
	o.Base.Digest = n.Get("digest").Text
	o.Base.Package, o.Base.Version, _ = strings.Cut(n.Get("base").Text, "@")
	if o.Base.Version == "" || !strings.HasPrefix(o.Base.Digest, "h1:") {
		problems.Add(diag.Problemf(n.Get("base").Pos, RuleForm, "a base is a package with version and digest").WithHint("fiscus package derive writes both"))
	}
	if o.ID == o.Base.Package {
		problems.Add(diag.Problemf(n.Get("overlay").Pos, RuleForm, "an overlay has an id of its own, not that of its base"))
	}
	if list := n.Get("change"); list != nil && !list.Empty() {
		o.changes(list, &problems)
	}
	if problems.Grave() {
		return nil, problems
	}
	return o, nil
}

// Options say what an overlay is opened with.
type Options struct {
	Base  func(id, version string) (fs.FS, error) // finds the base, and judges it by its release record
	Today civil.Date                              // waivers count up to their day
}

// Open makes the files of a package of an overlay and its base. Problems are
// returned as a diag.List.
func Open(files fs.FS, o Options) (*Files, error) {
	x, err := Read(files)
	if err != nil {
		return nil, err
	}
	base, err := o.Base(x.Base.Package, x.Base.Version)
	if err != nil {
		return nil, x.baseProblem("the base %s@%s: %v", x.Base.Package, x.Base.Version, err)
	}
	return x.Over(files, base, o.Today)
}

// Over makes the files of a package of the overlay, its own files and its base.
func (x *Overlay) Over(own, base fs.FS, today civil.Date) (*Files, error) {
	if today == (civil.Date{}) {
		return nil, errors.New("open an overlay: no date is given, so that no waiver could end")
	}
	if _, made := base.(load.Derived); made || Is(base) {
		return nil, x.baseProblem("the base is an overlay itself")
	}
	if err := x.Fits(base); err != nil {
		return nil, err
	}
	names, problems := ownFiles(own)
	if problems.Grave() {
		return nil, problems
	}
	t, err := newTree(base)
	if err != nil {
		return nil, err
	}
	for _, c := range x.Changes {
		e := t.apply(c)
		problems = append(problems, e.problems...)
		problems = append(problems, c.judged(e.widens, today)...)
	}
	if problems.Grave() {
		problems.Sort()
		return nil, problems
	}
	t.identify(x)
	f, err := newFiles(x, own, names, base, t)
	if f != nil {
		f.Warnings = problems
	}
	return f, err
}

// Fits reports whether base is the package that the overlay names.
func (x *Overlay) Fits(base fs.FS) error {
	digest, err := load.DigestOf(base)
	if err != nil {
		return err
	}
	id, version := identity(base)
	switch {
	case id != x.Base.Package || version != x.Base.Version:
		return x.baseProblem("the base found is %s@%s, not %s@%s", id, version, x.Base.Package, x.Base.Version)
	case digest != x.Base.Digest:
		return x.baseProblem("the base %s@%s has digest %s, the overlay is over %s", id, version, digest, x.Base.Digest)
	}
	return nil
}

func (x *Overlay) baseProblem(format string, args ...any) error {
	return diag.List{diag.Problemf(x.node.Get("base").Pos, RuleBase, format, args...).
		WithHint("an overlay stands over an unmodified package: pull it, or take the overlay over to another version with fiscus package rebase")}
}

// identity reads id and version of a package.
func identity(files fs.FS) (id, version string) {
	data, err := fs.ReadFile(files, "package.yaml")
	if err != nil {
		return "", ""
	}
	docs, _ := yml.Parse("package.yaml", data)
	if len(docs) == 0 {
		return "", ""
	}
	return said(docs[0], "package"), said(docs[0], "version")
}

// ownFiles lists what an overlay has besides overlay.yaml: tests and pages.
func ownFiles(own fs.FS) (names []string, problems diag.List) {
	all, err := load.Files(own)
	if err != nil {
		problems.Add(diag.Problem{Rule: RuleFile, Message: err.Error()})
	}
	for _, name := range all {
		switch {
		case name == File:
		case strings.HasPrefix(name, "tests/"), strings.HasPrefix(name, "docs/"), strings.HasSuffix(name, ".md"):
			names = append(names, name)
		default:
			problems.Add(diag.Problemf(diag.Pos{File: name}, RuleFile, "an overlay has no file %s of its own", name).
				WithHint("it holds overlay.yaml, tests/ and docs/; everything else is the base, changed by the list of changes"))
		}
	}
	return slices.Sorted(slices.Values(names)), problems
}

func asList(err error) diag.List {
	var list diag.List
	var p diag.Problem
	if errors.As(err, &list) {
		return list
	}
	if errors.As(err, &p) {
		return diag.List{p}
	}
	return diag.List{{Rule: RuleFile, Message: err.Error(), Err: err}}
}

func said(n *yml.Node, key string) string {
	if v := n.Get(key); v != nil {
		return v.Text
	}
	return ""
}
