// Package workspace finds out what is set up: the feature packages in use, the
// legal entities and the deployments of a data folder.
//
// Begin with Open. Only the packages that deployments name are read, so that
// a command that needs one package does not pay for all.
package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids of this room.
const (
	RuleNoPackage = "CFG-PACKAGE-MISSING"    // a package that is named is not there
	RuleNoEntity  = "CFG-ENTITY-MISSING"     // a legal entity that is named is not there
	RuleNothing   = "CFG-DEPLOYMENT-MISSING" // nothing is deployed
)

// Folders of a data folder.
const (
	Entities    = "entities"
	Deployments = "deployments"
	Layers      = "layers"
	Packages    = "packages"
)

// Options say where to look.
type Options struct {
	Data     fs.FS        // data folder; nil: none
	Place    string       // what the data folder is called in the places of problems
	Shipped  fs.FS        // packages that come with the program, as cc/name/package.yaml
	Packages []Given      // packages given by hand
	Also     []engine.Use // packages that are read if they are there, deployed or not
	Registry *engine.Registry
	// Verify judges the package in a folder by the release record beside it; nil
	// for a package without one.
	Verify func(parent fs.FS, dir string) (*life.Record, error)
	Today  civil.Date // waivers of overlays count up to their day
	// Try deploys the packages given by hand for the legal entity Entity in the
	// test environment, whatever is deployed otherwise.
	Try    bool
	Entity string
}

// Given is a package given by hand, package.yaml at the top of its files.
type Given struct {
	Place string // what it is called in the places of problems
	Files fs.FS
}

// Workspace is what is set up. It is read-only.
type Workspace struct {
	Bundles  []*load.Bundle
	Catalog  *engine.Catalog
	Warnings diag.List

	deployments []*engine.Deployment
}

// From returns the first day on which a version of a package is in force for a
// legal entity, as the zone of the release has it; ok is false if it is not deployed for it.
func (w *Workspace) From(id, version string, env engine.Environment, e *engine.Entity) (from civil.Date, ok bool) {
	for _, u := range w.Uses(env, e) {
		if u.Package == id && engine.CompareVersions(cmp.Or(u.Version, version), version) == 0 && (!ok || u.From.Compare(from) < 0) {
			from, ok = u.From, true
		}
	}
	return from, ok
}

// Deploys reports whether anything is deployed in an environment.
func (w *Workspace) Deploys(env engine.Environment) bool {
	return slices.ContainsFunc(w.deployments, func(d *engine.Deployment) bool { return d.Environment == env && len(d.Use) > 0 })
}

// Uses returns what is deployed for a legal entity, with the days on which it
// comes in force there: the later of deployment and release.
func (w *Workspace) Uses(env engine.Environment, e *engine.Entity) (out []engine.Use) {
	groups, _ := e.Fields["groups"].([]any)
	for _, d := range w.deployments {
		for _, u := range d.Use {
			if d.Environment == env && slices.ContainsFunc(u.Entities, func(name string) bool {
				return name == e.ID || slices.ContainsFunc(groups, func(g any) bool { return g == name })
			}) {
				out = append(out, u.For(e))
			}
		}
	}
	return out
}

// Open reads what is set up. Problems are returned as a diag.List.
func Open(o Options) (*Workspace, error) {
	w := &opening{o: o, out: &Workspace{}}
	w.open()
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	w.out.Warnings = w.problems
	return w.out, nil
}

// ReadLayers reads the layers of a data folder, judged by packages. Problems
// are returned as a diag.List.
func ReadLayers(data fs.FS, packages ...*engine.Package) ([]*engine.Layer, error) {
	w := &opening{o: Options{Data: data}, out: &Workspace{}}
	w.readLayers(packages)
	return w.layers, w.problems.Err()
}

// Bundle returns the package of that id and version, the newest if version is
// empty, with its simulators and tests; nil if it is not in use.
func (w *Workspace) Bundle(id, version string) *load.Bundle {
	p := w.Catalog.Package(id, version)
	for _, b := range w.Bundles {
		if b.Package == p && p != nil {
			return b
		}
	}
	return nil
}

type opening struct {
	o        Options
	out      *Workspace
	releases map[string]*life.Record
	layers   []*engine.Layer
	problems diag.List
}

func (w *opening) open() {
	deployments := w.deployments()
	for _, g := range w.o.Packages {
		w.add(g.Place, g.Files)
	}
	if w.o.Try {
		deployments = w.try()
	}
	for _, d := range deployments {
		for _, u := range d.Use {
			w.need(u)
		}
	}
	for _, u := range w.o.Also {
		if _, _, _, err := Place(w.o.Data, w.o.Shipped, u.Package, u.Version); err == nil {
			w.need(u)
		}
	}
	w.calendar(deployments)
	entities := w.entities()
	if len(deployments) == 0 {
		w.problems.Add(diag.Problem{Rule: RuleNothing, Message: "nothing is deployed",
			Hint: "fiscus deploy PACKAGE@VERSION --entity ID, or where the command takes it, try a package with --package"})
	}
	if w.problems.Grave() {
		return
	}
	packages := make([]*engine.Package, len(w.out.Bundles))
	for i, b := range w.out.Bundles {
		packages[i] = b.Package
	}
	catalog, problems := engine.NewCatalog(packages, deployments, entities)
	problems = append(problems, catalog.SetLayers(w.layers)...)
	w.out.Catalog, w.out.deployments = catalog, deployments
	w.found(w.o.Place, problems)
}

// try deploys what was given by hand for one legal entity.
func (w *opening) try() []*engine.Deployment {
	d := &engine.Deployment{Name: "try", Environment: engine.Test}
	for _, b := range w.out.Bundles {
		d.Use = append(d.Use, engine.Use{Package: b.Package.ID, Version: b.Package.Version, Entities: []string{w.o.Entity}})
	}
	return []*engine.Deployment{d}
}

func (w *opening) add(place string, files fs.FS) {
	b, problems := load.LoadAll(files, w.o.Registry, Importer{w.o.Data, w.o.Shipped, w.o.Verify})
	w.found(place, problems)
	if b != nil {
		w.out.Bundles = append(w.out.Bundles, b)
	}
}

// need reads a package that a deployment names, unless it is there already.
func (w *opening) need(u engine.Use) {
	for _, b := range w.out.Bundles {
		if b.Package.ID == u.Package && (u.Version == "" || engine.CompareVersions(b.Package.Version, u.Version) == 0) {
			return
		}
	}
	parent, dir, shipped, err := Place(w.o.Data, w.o.Shipped, u.Package, u.Version)
	if err != nil {
		w.found(w.o.Place, diag.List{{Pos: u.Pos, Rule: RuleNoPackage, Message: err.Error()}})
		return
	}
	root, place := w.o.Place, path.Join(w.o.Place, dir)
	if shipped {
		root, place = "", u.Package
	}
	files, err := Shelf{Data: w.o.Data, Shipped: w.o.Shipped, Verify: w.o.Verify, Today: w.o.Today}.Files(parent, dir)
	var list diag.List
	if errors.As(err, &list) { // of an overlay
		w.found(place, list)
		return
	}
	if err == nil {
		err = w.release(root, parent, dir)
	}
	if err != nil {
		w.found(root, diag.List{asProblem(dir, err)})
		return
	}
	w.add(place, files)
}

// release judges a package by its release record.
func (w *opening) release(root string, parent fs.FS, dir string) error {
	if w.o.Verify == nil {
		return nil
	}
	r, err := w.o.Verify(parent, dir)
	if r == nil || err != nil {
		return err
	}
	if w.releases == nil {
		w.releases = map[string]*life.Record{}
	}
	w.releases[r.Package+"@"+r.Version] = r
	if r.State == life.Retired {
		p := diag.Problemf(diag.Pos{File: dir + life.RecordEnd}, life.RuleRetired, "%s@%s was withdrawn by its publisher", r.Package, r.Version)
		if r.ReplacedBy != "" {
			p = p.WithHint("use version %s", r.ReplacedBy)
		}
		p.Severity = diag.Warning
		w.found(root, diag.List{p})
	}
	return nil
}

// calendar gives what is deployed the calendar of its release, and keeps what
// is not published out of production.
func (w *opening) calendar(deployments []*engine.Deployment) {
	for _, d := range deployments {
		for i := range d.Use {
			u := &d.Use[i]
			for _, b := range w.out.Bundles {
				r := w.releases[b.Package.ID+"@"+b.Package.Version]
				if r == nil || b.Package.ID != u.Package || u.Version != "" && engine.CompareVersions(u.Version, r.Version) != 0 {
					continue
				}
				u.Release = r.Calendar(d.Environment)
				if d.Environment == engine.Production && r.State != life.Published && r.State != life.Retired {
					w.found(w.o.Place, diag.List{diag.Problemf(u.Pos, life.RuleState, "%s@%s is %s; only what is published is used in production", r.Package, r.Version, r.State)})
				}
			}
		}
	}
}

func asProblem(dir string, err error) diag.Problem {
	var p diag.Problem
	if errors.As(err, &p) {
		return p
	}
	return diag.Problem{Pos: diag.Pos{File: dir}, Rule: load.RuleFile, Message: err.Error()}
}

// found takes in problems and tells their places from where the user stands.
func (w *opening) found(place string, problems diag.List) {
	for _, p := range problems {
		if p.Pos.File != "" && place != "" {
			p.Pos.File = path.Join(place, p.Pos.File)
		}
		w.problems.Add(p)
	}
}

// Place finds the folder of a package: packages/cc/name@version or
// packages/cc/name of the data folder, else one of those shipped, which ours
// says.
func Place(data, shipped fs.FS, id, version string) (parent fs.FS, dir string, ours bool, err error) {
	if !fs.ValidPath(id) {
		return nil, "", false, fmt.Errorf("%q is no package id", id)
	}
	versioned := version
	if version == "" {
		versioned = newest(data, id)
	}
	for i, p := range []struct {
		files fs.FS
		dir   string
	}{{data, path.Join(Packages, id+"@"+versioned)}, {data, path.Join(Packages, id)}, {shipped, id}} {
		if p.files == nil {
			continue
		}
		if isPackage(p.files, p.dir) {
			return p.files, p.dir, i == 2, nil
		}
	}
	return nil, "", false, fmt.Errorf("package %s is not there", strings.TrimSuffix(id+"@"+version, "@"))
}

// newest returns the newest version of a package in the data folder.
func newest(data fs.FS, id string) (version string) {
	if data == nil {
		return ""
	}
	entries, err := fs.ReadDir(data, path.Join(Packages, path.Dir(id)))
	if err != nil {
		return "" // no packages
	}
	for _, e := range entries {
		v, ok := strings.CutPrefix(e.Name(), path.Base(id)+"@")
		if ok && e.IsDir() && (version == "" || engine.CompareVersions(v, version) > 0) {
			version = v
		}
	}
	return version
}

// yamlFiles calls f with each YAML file of a folder of the data folder.
func (w *opening) yamlFiles(dir string, f func(name string, data []byte)) {
	if w.o.Data == nil {
		return
	}
	entries, err := fs.ReadDir(w.o.Data, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.found(w.o.Place, diag.List{diag.Problemf(diag.Pos{File: dir}, load.RuleFile, "read the folder: %v", err)})
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() || path.Ext(name) != ".yaml" {
			continue
		}
		data, err := fs.ReadFile(w.o.Data, name)
		if err != nil {
			w.found(w.o.Place, diag.List{diag.Problemf(diag.Pos{File: name}, load.RuleFile, "read the file: %v", err)})
			continue
		}
		f(name, data)
	}
}

func (w *opening) deployments() (out []*engine.Deployment) {
	w.yamlFiles(Deployments, func(name string, data []byte) {
		d, problems := load.LoadDeployment(name, data)
		w.found(w.o.Place, problems)
		if d != nil {
			out = append(out, d)
		}
	})
	return out
}

// entities reads the legal entities of the data folder; those of the tests of
// packages given by hand are there too.
func (w *opening) entities() (out []*engine.Entity) {
	packages := make([]*engine.Package, len(w.out.Bundles))
	for i, b := range w.out.Bundles {
		packages[i] = b.Package
	}
	w.readLayers(packages)
	seen := map[string]bool{}
	w.yamlFiles(Entities, func(name string, data []byte) {
		e, problems := load.LoadEntityUnder(w.layers, name, data, packages...)
		w.found(w.o.Place, problems)
		if e != nil {
			out, seen[e.ID] = append(out, e), true
		}
	})
	if w.o.Try {
		for _, b := range w.out.Bundles {
			for _, name := range slices.Sorted(maps.Keys(b.Entities)) {
				if e := b.Entities[name]; !seen[e.ID] {
					out, seen[e.ID] = append(out, e), true
				}
			}
		}
	}
	w.known(out)
	return out
}

func (w *opening) readLayers(packages []*engine.Package) {
	w.yamlFiles(Layers, func(name string, data []byte) {
		y, problems := load.LoadLayer(name, data, packages...)
		w.found(w.o.Place, problems)
		if y != nil {
			w.layers = append(w.layers, y)
		}
	})
}

func (w *opening) known(all []*engine.Entity) {
	if w.o.Entity == "" {
		return
	}
	ids := make([]string, len(all))
	for i, e := range all {
		if ids[i] = e.ID; e.ID == w.o.Entity {
			return
		}
	}
	w.problems.Add(diag.Problemf(diag.Pos{}, RuleNoEntity, "there is no legal entity %q", w.o.Entity).
		WithHint("%s", cmp.Or(diag.DidYouMean(w.o.Entity, ids), "write its file in entities/ of the data folder")))
}
