package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Profile says which documents it is for, and by which layers they are judged.
type Profile struct {
	Pos       diag.Pos
	Name      string
	Title     string
	Roots     []string    // local names of the outermost element
	Namespace string      // of the outermost element; "{root}" stands for its local name
	Where     []Condition // all must hold
	Date      []string    // paths to the date that decides about From and To; the first that is there counts
	From, To  string      // first and last day, 2006-01-02; "" without limit
	ByName    bool        // never chosen by content
	Inner     string      // path to a document inside, which is judged by its own profile too
	Layers    []string    // names of rule sets
}

// Condition is a test of the content.
type Condition struct {
	Path     string   // see package treepath; from the outermost element
	In       []string // the text is one of these
	Prefixes []string // the text begins with one of these
	Exists   bool
	Absent   bool

	compiled *treepath.Path
}

// Ruleset is one layer: a schema or a set of rules.
type Ruleset struct {
	Pos     diag.Pos
	Name    string
	Layer   string // name of the layer in results: "xsd", "rules", ...
	Kind    string // what makes it: "xsd", or one that the caller registered
	Version string
	Bundle  string
	Entries []string            // files of the bundle, or "/bundle/file"; "{root}" stands for the outermost element
	Roots   map[string][]string // instead of Entries: files by outermost element
	StandIn map[string]string   // file that may be missing -> what may stand in for it
	Params  map[string]string   // for the maker
}

// compile checks a profile and prepares its paths.
func (p *Profile) compile() error {
	for i := range p.Where {
		c := &p.Where[i]
		path, err := treepath.Compile(c.Path, nil)
		if err != nil {
			return err
		}
		c.compiled = path
	}
	for _, text := range append(slices.Clone(p.Date), p.Inner) {
		if _, err := treepath.Compile(text, nil); text != "" && err != nil {
			return err
		}
	}
	if p.Name == "" || len(p.Roots) == 0 {
		return fmt.Errorf("profile %q needs a name and the name of an outermost element", p.Name)
	}
	return nil
}

// namespace returns the namespace that a document with this root must have.
func (p *Profile) namespace(root string) string {
	return strings.ReplaceAll(p.Namespace, "{root}", root)
}

func (p *Profile) holds(doc *xmltree.Document, n xmltree.Node) bool {
	for i := range p.Where {
		if !p.Where[i].holds(doc, n) {
			return false
		}
	}
	return true
}

func (c *Condition) holds(doc *xmltree.Document, n xmltree.Node) bool {
	found := c.compiled.XML(doc, n)
	switch {
	case c.Absent:
		return len(found) == 0
	case len(found) == 0:
		return false
	case c.Exists:
		return true
	}
	text := strings.TrimSpace(doc.Text(found[0]))
	begins := func(prefix string) bool { return strings.HasPrefix(text, prefix) }
	return slices.Contains(c.In, text) || slices.ContainsFunc(c.Prefixes, begins)
}

// Files returns the files for documents with this outermost element, named bundle/path.
func (r *Ruleset) Files(root string) []string {
	list := r.Entries
	if r.Roots != nil {
		list = r.Roots[root]
	}
	out := make([]string, len(list))
	for i, f := range list {
		f = strings.ReplaceAll(f, "{root}", root)
		if other, ok := strings.CutPrefix(f, "/"); ok {
			out[i] = other
			continue
		}
		out[i] = r.Bundle + "/" + f
	}
	return out
}
