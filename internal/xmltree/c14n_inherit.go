package xmltree

import "strings"

// inherited adds to w.attrs the xml: attributes that the apex inherits from
// ancestors which are not written. Canonical XML 1.0 (2.4) takes all of them,
// 1.1 (2.4) only lang and space, and joins xml:base: its value is returned if
// it differs from what an attribute says.
func (w *canonicalizer) inherited(n Node) (base string) {
	for up := w.d.Parent(n); up > 0; up = w.d.Parent(up) {
		for a, end := w.d.Attributes(up); a < end; a++ {
			if w.d.Space(a) != XMLSpace {
				continue
			}
			local := w.d.Local(a)
			if w.Version11 && local != "lang" && local != "space" && local != "base" {
				continue
			}
			if !w.has(local) {
				w.attrs = append(w.attrs, a)
			}
		}
	}
	if w.Version11 && w.has("base") {
		return w.joinedBase(n)
	}
	return ""
}

func (w *canonicalizer) has(local string) bool {
	for _, a := range w.attrs {
		if w.is(a, local) {
			return true
		}
	}
	return false
}

// joinedBase joins the xml:base values of n and its ancestors, the outermost first.
func (w *canonicalizer) joinedBase(n Node) string {
	var values []string
	for up := n; up > 0; up = w.d.Parent(up) {
		for a, end := w.d.Attributes(up); a < end; a++ {
			if w.is(a, "base") {
				values = append(values, w.d.Value(a))
			}
		}
	}
	base := ""
	for i := len(values) - 1; i >= 0; i-- {
		base = joinReference(base, values[i])
	}
	return base
}

// reference is a URI reference cut into its parts (RFC 3986, appendix B).
type reference struct{ scheme, authority, path, query string }

func cutReference(s string) (r reference) {
	s, _, _ = strings.Cut(s, "#")
	if i := strings.IndexAny(s, ":/?"); i > 0 && s[i] == ':' {
		r.scheme, s = s[:i+1], s[i+1:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		r.query, s = s[i:], s[:i]
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexByte(s[2:], '/')
		if end < 0 {
			end = len(s) - 2
		}
		r.authority, s = s[:2+end], s[2+end:]
	}
	r.path = s
	return r
}

// joinReference resolves ref against base, which may itself be relative
// (RFC 3986, 5.2, with the changes of Canonical XML 1.1, appendix A).
func joinReference(base, ref string) string {
	if base == "" {
		return ref
	}
	b, r := cutReference(base), cutReference(ref)
	switch {
	case r.scheme != "" || r.authority != "":
		if r.scheme == "" {
			r.scheme = b.scheme
		}
	case r.path == "":
		if r.query == "" {
			r.query = b.query
		}
		r.path, r.scheme, r.authority = b.path, b.scheme, b.authority
	default:
		if !strings.HasPrefix(r.path, "/") {
			if b.authority != "" && b.path == "" {
				r.path = "/" + r.path
			} else {
				r.path = b.path[:strings.LastIndexByte(b.path, '/')+1] + r.path
			}
		}
		r.scheme, r.authority = b.scheme, b.authority
	}
	return r.scheme + r.authority + withoutDots(r.path) + r.query
}

// withoutDots removes "." and ".." segments; leading ".." of a relative path stay.
func withoutDots(path string) string {
	rooted := strings.HasPrefix(path, "/")
	var out []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case s == ".." && len(out) > 0 && out[len(out)-1] != "..":
			out = out[:len(out)-1]
		case s == ".." && !rooted:
			out = append(out, s)
		case s == "." || s == ".." || s == "" && !last:
		default:
			out = append(out, s)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	joined := strings.Join(out, "/")
	if rooted {
		return "/" + joined
	}
	return joined
}
