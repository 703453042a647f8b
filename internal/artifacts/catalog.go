package artifacts

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Catalog maps absolute addresses to files of the store.
type Catalog struct {
	Exact  map[string]string `json:"exact,omitempty"`  // address -> bundle/path
	Prefix map[string]string `json:"prefix,omitempty"` // beginning of an address -> beginning of bundle/path
}

const catalogSpace = "urn:oasis:names:tc:entity:xmlns:xml:catalog"

// ReadCatalog reads an OASIS XML catalog (1.1): uri, system, rewriteURI and
// rewriteSystem. Its files are relative to base, a folder of the store ("." for the top).
func ReadCatalog(src []byte, base string) (Catalog, error) {
	c := Catalog{Exact: map[string]string{}, Prefix: map[string]string{}}
	doc, err := xmltree.Parse(src, xmltree.Options{File: path.Join(base, "catalog.xml")})
	if err != nil {
		return c, err
	}
	if doc.Space(doc.Root()) != catalogSpace || doc.Local(doc.Root()) != "catalog" {
		return c, fmt.Errorf("outermost element is not catalog of %s", catalogSpace)
	}
	for n := range doc.Elements(doc.Root()) {
		attr := func(name string) string { v, _ := doc.Attr(n, name); return v }
		switch doc.Local(n) {
		case "uri":
			c.Exact[attr("name")] = join(base, attr("uri"))
		case "system":
			c.Exact[attr("systemId")] = join(base, attr("uri"))
		case "rewriteURI":
			c.Prefix[attr("uriStartString")] = join(base, attr("rewritePrefix"))
		case "rewriteSystem":
			c.Prefix[attr("systemIdStartString")] = join(base, attr("rewritePrefix"))
		}
	}
	return c, nil
}

// join keeps a final slash, which a rewrite prefix needs.
func join(base, name string) string {
	out := path.Join(base, name)
	if strings.HasSuffix(name, "/") {
		out += "/"
	}
	return out
}

// Resolve returns the file that an address stands for.
func (c Catalog) Resolve(address string) (string, bool) {
	if f, ok := c.Exact[address]; ok {
		return f, true
	}
	best := ""
	for from := range c.Prefix {
		if strings.HasPrefix(address, from) && len(from) > len(best) {
			best = from
		}
	}
	if best == "" {
		return "", false
	}
	return path.Clean(c.Prefix[best] + address[len(best):]), true
}

// merge adds the entries of d; they win.
func (c *Catalog) merge(d Catalog) {
	if c.Exact == nil {
		c.Exact = map[string]string{}
	}
	if c.Prefix == nil {
		c.Prefix = map[string]string{}
	}
	for k, v := range d.Exact {
		c.Exact[k] = v
	}
	for k, v := range d.Prefix {
		c.Prefix[k] = v
	}
}

// addresses lists the mapped addresses in order.
func (c Catalog) addresses() []string {
	var out []string
	for k := range c.Exact {
		out = append(out, k)
	}
	for k := range c.Prefix {
		out = append(out, k+"*")
	}
	sort.Strings(out)
	return out
}
