package load

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// importedFolders are those whose files another package may use. What stands
// elsewhere — tests, simulators, channels — is the imported package's own.
var importedFolders = []string{"flows", "mappings", "readings", "answers", "rules", "tables"}

// maxImports is how many packages a package imports, directly and through others.
const maxImports = 50

// mounted is a package with the packages it imports: their files stand under
// "alias:path", those that an imported package imports under "alias:alias:path".
type mounted struct {
	fs.FS
	packages map[string]fs.FS // by prefix: "alias:"
}

// Open opens a file of the package or of one it imports.
func (m *mounted) Open(name string) (fs.File, error) {
	prefix, rest := cutPrefix(name)
	if files := m.packages[prefix]; files != nil {
		return files.Open(rest)
	}
	return m.FS.Open(name)
}

// cutPrefix cuts "alias:alias:path" behind the last alias.
func cutPrefix(name string) (prefix, rest string) {
	i := strings.LastIndexByte(name, ':') + 1
	return name[:i], name[i:]
}

// importedBy returns the prefix of names in a file: empty for one of the
// package itself, "alias:" for one of a package it imports.
func (l *loader) importedBy(file string) string {
	if prefix, _ := cutPrefix(file); l.mounts.packages[prefix] != nil {
		return prefix
	}
	return ""
}

// from returns what a name that stands in a file is called in this package.
func (l *loader) from(name string, pos diag.Pos) string { return l.importedBy(pos.File) + name }

// baseOf returns the scope of everywhere as a file sees it. One that is
// imported sees neither parameters nor constants nor the extension of the package
// that imports it, and its own tables.
func (l *loader) baseOf(file string) *scope { return l.base().foreign(file) }

// unknownAlias reports a name alias:rest whose alias imports nothing.
func (l *loader) unknownAlias(full string, pos diag.Pos) bool {
	prefix, _ := cutPrefix(full)
	if !alias(full) || l.mounts.packages[prefix] != nil {
		return false
	}
	own := l.importedBy(pos.File)
	name := strings.TrimSuffix(strings.TrimPrefix(prefix, own), ":")
	var known []string
	for p := range l.mounts.packages {
		if rest, ok := strings.CutPrefix(p, own); ok && strings.Count(rest, ":") == 1 {
			known = append(known, strings.TrimSuffix(rest, ":"))
		}
	}
	slices.Sort(known)
	if !l.refused[prefix] {
		l.fault(pos, RuleImport, or(diag.DidYouMean(name, known), "name it under imports of package.yaml"), "nothing is imported as %q", name)
	}
	return true
}

// importAll mounts the packages that the package.yaml of a prefix imports; way
// are the ids of the packages that lead to it.
func (l *loader) importAll(o object, prefix string, way []string) {
	for _, e := range o.entries("imports") {
		l.name(e.Key, e.KeyPos, "import")
		full := prefix + e.Key + ":"
		if l.refused == nil {
			l.refused = map[string]bool{}
		}
		l.refused[full] = true // until it is mounted: what refers to it is not reported
		id, versions, ok := l.importRange(e.Value)
		switch {
		case !ok:
		case slices.Contains(way, id):
			l.fault(e.Value.TextPos(), RuleImport, "move what both need into a third package", "packages import each other: %s", strings.Join(append(way, id), " -> "))
		case len(l.mounts.packages) >= maxImports:
			l.fault(e.KeyPos, RuleImport, "", "more than %d packages are imported", maxImports)
		default:
			l.importOne(e.Value, full, id, versions, way)
		}
	}
}

// importRange reads "xx/name@>=1.2 <2".
func (l *loader) importRange(n *yml.Node) (id, versions string, ok bool) {
	id, versions, ok = strings.Cut(n.Text, "@")
	if n.Kind != yml.Scalar || !ok || !packageID.MatchString(id) {
		l.fault(n.Pos, RuleImport, "write xx/name@>=1.0 <2", "%q is no package with a range of versions", n.Text)
		return "", "", false
	}
	if !validRange(versions) {
		l.fault(n.TextPos(), RuleVersion, `write a range such as ">=1.2 <2"`, "%q is no range of versions", versions)
		return "", "", false
	}
	return id, versions, true
}

func validRange(versions string) bool {
	parts := strings.Fields(versions)
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p string) bool { return !rangeForm.MatchString(p) })
}

// InRange reports whether a version lies in a range such as ">=1.2 <2"; all
// parts must hold, one without a sign is that very version.
func InRange(version, versions string) bool {
	if !validRange(versions) || !versionForm.MatchString(version) {
		return false
	}
	for _, part := range strings.Fields(versions) {
		bound := strings.TrimLeft(part, "<>=")
		c := engine.CompareVersions(version, bound)
		ok := map[string]bool{"": c == 0, "=": c == 0, ">": c > 0, ">=": c >= 0, "<": c < 0, "<=": c <= 0}[strings.TrimSuffix(part, bound)]
		if !ok {
			return false
		}
	}
	return true
}

// VersionOf returns the version that package.yaml at the top of files says,
// without reading anything else; an error if there is none.
func VersionOf(files fs.FS) (string, error) {
	data, err := fs.ReadFile(files, "package.yaml")
	if err != nil {
		return "", err
	}
	docs, _ := yml.Parse("package.yaml", data)
	for _, n := range docs {
		if v := n.Get("version"); v != nil && versionForm.MatchString(v.Text) {
			return v.Text, nil
		}
	}
	return "", fmt.Errorf("package.yaml says no version")
}

func (l *loader) importOne(n *yml.Node, prefix, id, versions string, way []string) {
	if l.imports == nil {
		l.fault(n.TextPos(), RuleImport, "", "package %s is imported, and here other packages are not looked for", id)
		return
	}
	files, err := l.imports.Import(id, versions)
	if err != nil {
		l.fault(n.TextPos(), RuleImport, "put it into packages/ of the data folder", "import %s@%s: %v", id, versions, err)
		return
	}
	names, err := Files(files)
	if err == nil {
		err = l.mount(prefix, files, names)
	}
	if err != nil {
		l.fault(n.TextPos(), RuleImport, "", "import %s: %v", id, err)
		return
	}
	l.importHead(n, prefix, id, versions, files, way)
}

// mount makes the files of an imported package part of what this one can name.
func (l *loader) mount(prefix string, files fs.FS, names []string) error {
	if len(l.all)+len(names) > MaxFiles {
		return fmt.Errorf("more than %d files together", MaxFiles)
	}
	l.mounts.packages[prefix] = files
	l.refused[prefix] = false
	var yamls []string
	for _, name := range names {
		if name != "package.yaml" && !slices.Contains(importedFolders, folderOf(name)) {
			continue
		}
		l.all = append(l.all, prefix+name)
		if path.Ext(name) == ".yaml" {
			yamls = append(yamls, prefix+name)
		}
	}
	slices.Sort(l.all)
	own := len(l.units)
	for i, p := range l.parseAll(yamls) {
		if p.ok {
			l.file(yamls[i], p.docs, p.problems)
		}
	}
	l.foreign = append(l.foreign, l.units[own:]...)
	l.units = l.units[:own:own]
	return nil
}

// importHead reads who the imported package is, and what it imports itself.
func (l *loader) importHead(n *yml.Node, prefix, id, versions string, files fs.FS, way []string) {
	u := l.lookUp("package.yaml", "package", diag.Pos{File: prefix + "package.yaml"})
	if u == nil {
		return
	}
	o := l.object(u.node, "package")
	version := o.word("version")
	switch {
	case o.word("package") != id:
		l.fault(n.TextPos(), RuleImport, "", "package %s is imported, and what is there is %s", id, o.word("package"))
	case !InRange(version, versions):
		l.fault(n.TextPos(), RuleVersion, "", "%s@%s does not lie in the range %s", id, version, versions)
	}
	digest, err := DigestOf(files)
	if err != nil {
		l.fault(n.TextPos(), RuleImport, "", "digest of %s: %v", id, err)
	}
	l.pkg.Imports = append(l.pkg.Imports, engine.Import{Alias: strings.TrimSuffix(prefix, ":"), Package: id, Version: version, Digest: digest})
	l.importAll(o, prefix, append(slices.Clone(way), id))
	for _, x := range l.foreign {
		if x.kind == "tables" && l.importedBy(x.path) == prefix {
			l.tablesOf(x)
		}
	}
}

// foreignOf returns the documents of a kind in the packages imported.
func (l *loader) foreignOf(kind string) (units []*unit) {
	for _, u := range l.foreign {
		if u.kind == kind {
			units = append(units, u)
		}
	}
	return units
}
