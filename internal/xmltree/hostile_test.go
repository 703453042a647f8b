package xmltree_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// hostile makes a well-formed document that is hard to canonicalise: namespaces
// declared again and undeclared, attributes of several namespaces, references,
// CDATA, raw white space, comments and instructions everywhere.
// No namespace holds "&": libxml2 writes it unescaped in a declaration, which is not well-formed.
type hostile struct {
	r     *rand.Rand
	b     strings.Builder
	scope []map[string]string
	left  int
	ids   int
}

func newHostile(seed uint64) string {
	h := &hostile{r: rand.New(rand.NewPCG(seed, 7)), left: 30, scope: []map[string]string{{"": "", "xml": "xml"}}}
	if h.r.IntN(2) == 0 {
		h.b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	}
	h.asides()
	h.element(0)
	h.asides()
	return h.b.String()
}

func (h *hostile) asides() {
	for h.r.IntN(3) == 0 {
		h.aside()
		h.b.WriteString("\n")
	}
}

func (h *hostile) aside() {
	h.b.WriteString([]string{"<!-- c & < \r\n -->", "<?pi some  data?>", "<?empty?>", "<!---->", "<?x  \r y ?>"}[h.r.IntN(5)])
}

func (h *hostile) element(depth int) {
	h.left--
	in := map[string]string{}
	for k, v := range h.scope[len(h.scope)-1] {
		in[k] = v
	}
	decls := ""
	for _, p := range []string{"", "a", "b", "c"} {
		if h.r.IntN(4) != 0 {
			continue
		}
		uri := []string{"urn:1", "urn:2", "urn:0?a=b", ""}[h.r.IntN(4)]
		if uri == "" && p != "" {
			continue
		}
		in[p] = uri
		name := "xmlns"
		if p != "" {
			name += ":" + p
		}
		decls += fmt.Sprintf(" %s='%s'", name, uri)
	}
	h.scope = append(h.scope, in)
	name := h.qname(in, true)
	fmt.Fprintf(&h.b, "<%s", name)
	attrs := h.attributes(in)
	if h.r.IntN(2) == 0 {
		h.b.WriteString(decls + attrs)
	} else {
		h.b.WriteString(attrs + decls)
	}
	if h.r.IntN(5) == 0 {
		h.b.WriteString(" />")
	} else {
		h.b.WriteString(" >")
		h.content(depth)
		fmt.Fprintf(&h.b, "</%s\n>", name)
	}
	h.scope = h.scope[:len(h.scope)-1]
}

func (h *hostile) qname(in map[string]string, element bool) string {
	local := []string{"x", "y", "é", "z-1"}[h.r.IntN(4)]
	p := []string{"", "a", "b", "c"}[h.r.IntN(4)]
	if _, ok := in[p]; !ok || p == "" {
		return local
	}
	return p + ":" + local
}

func (h *hostile) attributes(in map[string]string) string {
	seen := map[string]bool{}
	out := fmt.Sprintf(" Id='i%d'", h.ids)
	h.ids++
	for range h.r.IntN(5) {
		q := h.qname(in, false)
		if h.r.IntN(5) == 0 {
			q = []string{"xml:lang", "xml:space", "xml:zz"}[h.r.IntN(3)]
		}
		p, local, ok := strings.Cut(q, ":")
		if !ok {
			p, local = "", q
		}
		key := local
		if p != "" {
			key = in[p] + "|" + local
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		value := h.value()
		if q == "xml:space" {
			value = "preserve"
		}
		out += fmt.Sprintf("\n %s = \"%s\"", q, value)
	}
	return out
}

func (h *hostile) value() string {
	out := ""
	for range h.r.IntN(4) {
		out += []string{"v", " ", "\t", "\n", "\r\n", "&#10;", "&#xD;", "&#9;", "&lt;", ">", "&amp;", "&quot;", "'", "ü€😀"}[h.r.IntN(14)]
	}
	return out
}

func (h *hostile) content(depth int) {
	for range 1 + h.r.IntN(5) {
		switch k := h.r.IntN(8); {
		case k < 3 && depth < 6 && h.left > 0:
			h.element(depth + 1)
		case k == 3:
			h.aside()
		case k == 4:
			h.b.WriteString([]string{"<![CDATA[<x>&amp; ]] >]]>", "<![CDATA[]]>", "<![CDATA[\r\n]]>"}[h.r.IntN(3)])
		default:
			h.b.WriteString([]string{"text", "\r\n", "\r", "&#13;", "&gt;", ">", "&lt;", "&apos;\"", "ñ", "\t", "]", " &#x20AC;"}[h.r.IntN(12)])
		}
	}
}
