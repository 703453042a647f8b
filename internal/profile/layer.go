package profile

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// Library is the installed artifacts: files named bundle/path.
// *artifacts.Library is one.
type Library interface {
	xsd.Source
	Has(name string) bool
	StandIn(name string) bool
	Stamp(name string) (string, error) // changes when the content does
}

// Cache keeps compiled layers from one start to the next. *artifacts.Compiled is one.
type Cache interface {
	Get(key string) ([]byte, bool)
	Put(key string, data []byte) error
}

// Layer judges documents that were parsed with the names it was made with. It is
// safe for concurrent use.
type Layer interface {
	// Judge returns what is wrong with element n of doc and all inside it.
	Judge(ctx context.Context, doc *xmltree.Document, n xmltree.Node) (Judgement, error)
}

// Reporter is a layer that can write a report in a language of its own, such as SVRL.
type Reporter interface {
	// Report judges like Judge and writes the report.
	Report(ctx context.Context, doc *xmltree.Document, n xmltree.Node, w io.Writer) error
}

// Judgement is what a layer found.
type Judgement struct {
	Problems   diag.List
	RulesFired int
}

// Order is what a maker is asked to make: a rule set with its files resolved.
type Order struct {
	*Ruleset
	Files   []string // named bundle/path
	Library Library
	Names   *xmltree.Names
	Cache   Cache // nil for none
}

// A Maker makes the layers of one kind. Problems are of the rule set.
type Maker func(Order) (Layer, error)

// entry is a layer that is made on its first use.
type entry struct {
	once     sync.Once
	layer    Layer
	err      error
	standIns []string
}

// layer returns the layer of a rule set for documents with this root.
func (e *Engine) layer(r *Ruleset, root string) *entry {
	files := r.Files(root)
	key := r.Name
	for _, f := range files {
		key += "\x00" + f
	}
	got, _ := e.layers.LoadOrStore(key, &entry{})
	l := got.(*entry)
	l.once.Do(func() { e.make(l, r, files) })
	return l
}

// Make makes the layer of a rule set that need not belong to a profile, once for
// each name and files. standIns are the stand-ins that it was made of.
func (e *Engine) Make(r *Ruleset) (layer Layer, standIns []string, err error) {
	if e.makers[r.Kind] == nil {
		return nil, nil, diag.Problemf(r.Pos, RuleData, "rule set %q is of the unknown kind %q", r.Name, r.Kind)
	}
	if r.Params == nil {
		copied := *r
		copied.Params = e.params(r)
		r = &copied
	}
	l := e.layer(r, "")
	return l.layer, l.standIns, l.err
}

// params returns the parameters that a known rule set has for the same file.
func (e *Engine) params(r *Ruleset) map[string]string {
	for _, name := range sortedKeys(e.rulesets) {
		if known := e.rulesets[name]; known.Kind == r.Kind && known.Bundle == r.Bundle && slices.Equal(known.Entries, r.Entries) {
			return known.Params
		}
	}
	return nil
}

// StandIns returns what may stand in for files of a bundle, by all rule sets.
func (e *Engine) StandIns(bundle string) map[string]string {
	out := map[string]string{}
	for _, r := range e.rulesets {
		if r.Bundle == bundle {
			for missing, other := range r.StandIn {
				out[missing] = other
			}
		}
	}
	return out
}

func (e *Engine) make(l *entry, r *Ruleset, files []string) {
	if e.library == nil || len(files) == 0 {
		l.err = absent(r.Bundle)
		return
	}
	for _, f := range files {
		if !e.library.Has(f) {
			l.err = absent(f)
			return
		}
	}
	lib := &withStandIns{Library: e.library, r: r, used: map[string]bool{}}
	l.layer, l.err = e.makers[r.Kind](Order{r, files, lib, e.names, e.cache})
	l.standIns = lib.list()
}

func absent(what string) error {
	return diag.Problemf(diag.Pos{File: what}, xsd.RuleAbsent, "%q is not installed", what).
		WithHint("fiscus artifacts import FOLDER|ZIP|URL, or name the folder with --artifacts or FISCUS_ARTIFACTS")
}

// withStandIns puts the stand-ins of a rule set in place of files that are not installed.
type withStandIns struct {
	Library
	r    *Ruleset
	mu   sync.Mutex
	used map[string]bool
}

func (w *withStandIns) Resolve(base, location string) (string, bool) {
	name, ok := w.Library.Resolve(base, location)
	if !ok || w.Library.Has(name) {
		return name, ok
	}
	for missing, other := range w.r.StandIn {
		if name == w.r.Bundle+"/"+missing && w.Library.Has(w.r.Bundle+"/"+other) {
			return w.r.Bundle + "/" + other, true
		}
	}
	return name, true
}

func (w *withStandIns) Read(name string) ([]byte, error) {
	w.note(name)
	return w.Library.Read(name)
}

// note remembers that a file was used, if it is a stand-in.
func (w *withStandIns) note(name string) {
	if w.Library.StandIn(name) {
		w.mu.Lock()
		w.used[name] = true
		w.mu.Unlock()
	}
}

func (w *withStandIns) list() []string { return sortedKeys(w.used) }
