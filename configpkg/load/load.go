package load

import (
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/casetest"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Bounds of what Load accepts.
const (
	MaxFiles = 5000
	MaxFile  = 16 << 20 // bytes of a file that is no YAML
)

// Importer finds the packages a package imports.
type Importer interface {
	// Import returns the files of the newest package of that id whose version
	// lies in the range, as written under imports.
	Import(id, versions string) (fs.FS, error)
}

// Bundle is a package with what belongs to it but is no part of a run.
type Bundle struct {
	Package    *engine.Package
	Simulators []*simulator.Simulator // in order of their files
	Tests      []*casetest.Test       // in order of their files
	Entities   map[string]*engine.Entity
	Included   map[string]bool // answers files that others include
}

// Load reads and compiles the feature package whose package.yaml is at the top
// of files. Actions are those of registry. The problems are sorted by place;
// the package is nil if one of them is grave.
func Load(files fs.FS, registry *engine.Registry, imports Importer) (*engine.Package, diag.List) {
	b, problems := LoadAll(files, registry, imports)
	if b == nil {
		return nil, problems
	}
	return b.Package, problems
}

// LoadAll is Load, with the simulators and tests of the package. Their
// problems count like those of the package.
func LoadAll(files fs.FS, registry *engine.Registry, imports Importer) (*Bundle, diag.List) {
	l := newLoader(files, registry, imports)
	l.scan()
	if l.head() {
		l.compile()
	}
	l.problems.Sort()
	if l.problems.Grave() {
		return nil, l.problems
	}
	return &l.bundle, l.problems
}

// loader holds what is known of the package while it is read.
type loader struct {
	files    fs.FS
	registry *engine.Registry
	imports  Importer
	problems diag.List
	bundle   Bundle
	pkg      *engine.Package

	mounts  *mounted        // the package, with those it imports
	foreign []*unit         // documents of the packages imported
	refused map[string]bool // aliases that could not be imported: what refers to them is not reported

	units  []*unit            // all documents of all YAML files, in order of file and place
	byFile map[string][]*unit // by path
	broken map[string]bool    // files that could not be read: what refers to them is not reported
	all    []string           // paths of all files, sorted

	common        map[string]formula.Type // names in sight everywhere
	documents     map[string]formula.Type // by id
	tableTypes    map[string]formula.Table
	fragments     map[string]*fragment
	flows         map[string]*flowUnit
	states        map[string]*engine.State
	artifacts     map[string]*engine.Artifact
	stateType     formula.Type
	usedFragments map[*fragment]bool
	lists         map[string]*nodes.ListOf // by path
	checks        []func()                 // put off until all flows are known
	members       map[*engine.Answers]bool // answers files whose members are left out: their fields are not known
}

// unit is a YAML document of a file: its first key names the kind.
type unit struct {
	path string
	kind string
	name *yml.Node // value of the first key
	node *yml.Node
	busy bool
	done bool
}

func newLoader(files fs.FS, registry *engine.Registry, imports Importer) *loader {
	if registry == nil {
		registry = &engine.Registry{}
	}
	pkg := &engine.Package{
		Mappings: map[string]*nodes.Mapping{}, Readings: map[string]*reading.Reading{}, Answers: map[string]*engine.Answers{}, Rules: map[string]*engine.RuleSet{},
		Tables: map[string]*engine.Table{}, Glossary: map[string]engine.Text{}, Files: files,
	}
	mounts := &mounted{files, map[string]fs.FS{}}
	return &loader{
		files: mounts, mounts: mounts, registry: registry, imports: imports, pkg: pkg, bundle: Bundle{Package: pkg, Entities: map[string]*engine.Entity{}, Included: map[string]bool{}},
		byFile: map[string][]*unit{}, broken: map[string]bool{}, common: map[string]formula.Type{}, documents: map[string]formula.Type{},
		tableTypes: map[string]formula.Table{}, fragments: map[string]*fragment{}, flows: map[string]*flowUnit{},
		states: map[string]*engine.State{}, members: map[*engine.Answers]bool{}, artifacts: map[string]*engine.Artifact{},
	}
}

// fault reports a problem of a rule at a place, with what to do about it.
func (l *loader) fault(pos diag.Pos, rule, hint, format string, args ...any) {
	p := diag.Problemf(pos, rule, format, args...)
	p.Hint = hint
	l.problems.Add(p)
}

func (l *loader) take(problems diag.List) { l.problems = append(l.problems, problems...) }

// notBuilt refuses a construct of the language that this version has not.
func (l *loader) notBuilt(pos diag.Pos, construct string) {
	l.fault(pos, RuleNotBuilt, notBuilt[construct], "not built yet: %s", construct)
}

// walk finds the files of the package: all but those whose name, or that of
// their folder, begins with a dot.
func (l *loader) walk() error {
	err := fs.WalkDir(l.files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := path.Base(name); name != "." && strings.HasPrefix(base, ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.IsDir() {
			l.all = append(l.all, name)
		}
		if len(l.all) > MaxFiles {
			return fmt.Errorf("more than %d files", MaxFiles)
		}
		return nil
	})
	slices.Sort(l.all)
	return err
}

// scan reads all YAML files and finds the kind of each document.
func (l *loader) scan() {
	if err := l.walk(); err != nil {
		l.fault(diag.Pos{}, RuleFile, "", "read the package: %v", err)
	}
	var names []string
	for _, name := range l.all {
		switch path.Ext(name) {
		case ".yml":
			l.fault(diag.Pos{File: name}, RuleFile, "rename it to .yaml", "a file of the language ends in .yaml")
		case ".yaml":
			names = append(names, name)
		}
	}
	for i, p := range l.parseAll(names) {
		if p.ok {
			l.file(names[i], p.docs, p.problems)
		}
	}
}

// parsed is what is in a YAML file.
type parsed struct {
	docs     []*yml.Node
	problems diag.List
	ok       bool
}

// parseAll parses files on all processors, since that is a third of the work
// of loading; the result is in the order of names.
func (l *loader) parseAll(names []string) []parsed {
	out, texts := make([]parsed, len(names)), make([][]byte, len(names))
	derived, _ := l.mounts.FS.(Derived)
	for i, name := range names {
		if derived != nil {
			out[i].docs = derived.Nodes(name)
		}
		if out[i].docs == nil {
			texts[i], out[i].ok = l.read(name, yml.MaxBytes+1)
		}
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				if out[i].docs != nil {
					out[i].ok = true
				} else if out[i].ok {
					out[i].docs, out[i].problems = yml.Parse(names[i], texts[i])
				}
			}
		})
	}
	workers.Wait()
	return out
}

// file takes over the documents of a file, by their kinds.
func (l *loader) file(name string, docs []*yml.Node, problems diag.List) {
	l.take(problems)
	l.broken[name] = problems.Grave()
	for _, n := range docs {
		u := &unit{path: name, node: n}
		if n.Kind != yml.Map || len(n.Entries) == 0 {
			l.fault(n.Pos, RuleFileKind, "the first key names the kind: flow: issue", "a file is a map that begins with its kind")
			l.broken[name] = true
			continue
		}
		u.kind, u.name = n.Entries[0].Key, n.Entries[0].Value
		if l.placed(u, n.Entries[0]) {
			l.units = append(l.units, u)
			l.byFile[name] = append(l.byFile[name], u)
		} else {
			l.broken[name] = true
		}
	}
}

// read returns the bytes of a file; what is wrong with it is reported.
func (l *loader) read(name string, limit int64) ([]byte, bool) {
	pos := diag.Pos{File: name}
	info, err := fs.Stat(l.files, name)
	if err == nil && info.Size() > limit {
		l.fault(pos, yml.RuleSize, "", "file of %d bytes; at most %d", info.Size(), limit-1)
		l.broken[name] = true
		return nil, false
	}
	data, err := fs.ReadFile(l.files, name)
	if err != nil {
		l.fault(pos, RuleFile, "", "read the file: %v", err)
		l.broken[name] = true
		return nil, false
	}
	return data, true
}

// folders says where each kind stands; "" is the top of the package.
var folders = map[string]string{
	"package": "", "flow": "flows", "mapping": "mappings", "fragments": "mappings", "reading": "readings", "channel": "channels", "answers": "answers",
	"rules": "rules", "tables": "tables", "simulator": "simulator", "test": "tests", "entity": "tests",
}

// laterKinds are the kinds of file that are not built yet, by construct.
var laterKinds = map[string]string{"release": "releases", "profile": "profiles"}

// kinds lists the kinds of file, for hints.
var kinds = []string{"package", "flow", "mapping", "fragments", "reading", "answers", "rules", "tables", "channel", "simulator", "test",
	"overlay", "release", "entity", "layer", "deployment", "profile"}

// placed checks the kind of a document and the folder it stands in.
func (l *loader) placed(u *unit, first yml.Entry) bool {
	if c := laterKinds[u.kind]; c != "" {
		l.notBuilt(first.KeyPos, c)
		return false
	}
	folder, known := folders[u.kind]
	_, file := cutPrefix(u.path)
	switch {
	case u.kind == "fragments" && (path.Dir(file) == "simulator" || path.Dir(file) == "readings") || u.kind == "mapping" && strings.HasPrefix(file, "simulator/"):
		return true
	case !known && u.kind == "overlay":
		l.fault(first.KeyPos, RuleFolder, "put it into a folder of its own, as overlay.yaml", "an overlay is no part of a package")
		return false
	case !known && (u.kind == "deployment" || u.kind == "layer"):
		l.fault(first.KeyPos, RuleFolder, "it belongs into the data folder", "a %s is no part of a package", u.kind)
		return false
	case !known:
		l.fault(first.KeyPos, RuleFileKind, diag.DidYouMean(u.kind, kinds), "unknown kind of file %q", u.kind)
		return false
	case folder == "" && file != "package.yaml":
		l.fault(first.KeyPos, RuleFolder, "", "a package is described by package.yaml at its top, only there")
		return false
	case folder != "" && file == "package.yaml":
		l.fault(first.KeyPos, RuleFolder, "package: xx/name", "package.yaml begins with the key package, not %s", u.kind)
		return false
	case folder != "" && !strings.HasPrefix(file, folder+"/"):
		l.fault(first.KeyPos, RuleFolder, "move it into "+folder+"/", "a file of kind %s stands in %s/", u.kind, folder)
		return false
	}
	return true
}

// byKind returns the documents of a kind.
func (l *loader) byKind(kind string) (units []*unit) {
	for _, u := range l.units {
		if u.kind == kind {
			units = append(units, u)
		}
	}
	return units
}

// lookUp returns the document of a kind in a file that is referred to from
// pos. A file that is broken is not reported a second time.
func (l *loader) lookUp(file, kind string, pos diag.Pos) *unit {
	file = l.from(file, pos)
	if l.unknownAlias(file, pos) {
		return nil
	}
	for _, u := range l.byFile[file] {
		if u.kind == kind {
			return u
		}
	}
	switch {
	case l.broken[file]:
	case len(l.byFile[file]) > 0:
		l.fault(pos, RuleFileKind, "", "%s is a file of kind %s, not %s", file, l.byFile[file][0].kind, kind)
	default:
		l.fault(pos, RuleFileMissing, diag.DidYouMean(file, l.filesOf(kind)), "no file %q in the package", file)
	}
	return nil
}

func (l *loader) filesOf(kind string) (names []string) {
	for _, u := range append(l.byKind(kind), l.foreignOf(kind)...) {
		if !slices.Contains(names, u.path) {
			names = append(names, u.path)
		}
	}
	return names
}
