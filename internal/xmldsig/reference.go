package xmldsig

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// references checks every Reference of SignedInfo.
// Source: XML Signature 1.1, clauses 3.2.1 and 4.4.3.
func (v *verifier) references(info xmltree.Node) error {
	children := slices.Collect(v.d.Elements(info))[2:]
	if len(children) > maxReferences {
		return problem(RuleStructure, "%d references, at most %d are checked", len(children), maxReferences)
	}
	for _, n := range children {
		if !v.is(n, "Reference") {
			return problem(RuleStructure, "%s has no place in SignedInfo", v.d.QName(n))
		}
		c, err := v.reference(n)
		if err != nil {
			return err
		}
		v.out.Covered = append(v.out.Covered, c)
	}
	return nil
}

func (v *verifier) reference(n xmltree.Node) (out Covered, err error) {
	parts := slices.Collect(v.d.Elements(n))
	var transforms xmltree.Node
	if len(parts) == 3 && v.is(parts[0], "Transforms") {
		transforms, parts = parts[0], parts[1:]
	}
	if len(parts) != 2 || !v.is(parts[0], "DigestMethod") || !v.is(parts[1], "DigestValue") {
		return out, problem(RuleStructure, "this is not the structure of a Reference")
	}
	if out.Element, err = v.resolve(n); err != nil {
		return out, err
	}
	c, err := v.transforms(transforms)
	if err != nil {
		return out, err
	}
	uri, _ := v.d.Attr(parts[0], "Algorithm")
	dg, ok := digestByURI(uri)
	if !ok {
		return out, problem(RuleAlgorithm, "digest method %q is not known", uri)
	}
	if err := v.allowed(strings.HasSuffix(uri, "sha1")); err != nil {
		return out, err
	}
	if out.Digest, err = decode64(v.d.Text(parts[1])); err != nil {
		return out, problem(RuleStructure, "DigestValue is not base64")
	}
	out.Signed = c.Append(nil, v.d, out.Element)
	if !equal(sum(dg.hash, out.Signed), out.Digest) {
		return out, problem(RuleDigest, "the digest of %s does not fit: it was changed after signing", v.describe(out.Element))
	}
	return out, nil
}

func (v *verifier) describe(n xmltree.Node) string {
	if n == 0 {
		return "the document"
	}
	return "element " + v.d.QName(n)
}

// resolve finds what a Reference is about: the document, or the one element
// with that identifier.
func (v *verifier) resolve(n xmltree.Node) (xmltree.Node, error) {
	uri, given := v.d.Attr(n, "URI")
	switch {
	case !given:
		return 0, problem(RuleReference, "a reference without URI leads nowhere")
	case uri == "":
		return 0, nil
	case !strings.HasPrefix(uri, "#"):
		return 0, problem(RuleReference, "reference %q leads out of the document", uri)
	}
	id := uri[1:]
	if strings.HasPrefix(id, "xpointer(") {
		return 0, problem(RuleReference, "reference %q is not followed", uri)
	}
	found := byID(v.d, v.ID, id)
	if len(found) != 1 {
		return 0, problem(RuleReference, "reference %q leads to %d elements", uri, len(found))
	}
	return found[0], nil
}

// transforms reads the transforms as one canonicalisation. Whatever is neither
// the enveloped-signature transform nor a final canonicalisation is refused:
// it could hide that something else was signed.
func (v *verifier) transforms(n xmltree.Node) (c xmltree.C14N, err error) {
	c, _ = xmltree.C14NByURI(canonical["c14n10"])
	if n == 0 {
		return c, nil
	}
	list := slices.Collect(v.d.Elements(n))
	if len(list) > maxTransforms {
		return c, problem(RuleStructure, "%d transforms, at most %d are done", len(list), maxTransforms)
	}
	omit := false
	for i, t := range list {
		uri, _ := v.d.Attr(t, "Algorithm")
		switch {
		case !v.is(t, "Transform"):
			return c, problem(RuleStructure, "%s has no place in Transforms", v.d.QName(t))
		case uri == enveloped && v.d.FirstChild(t) == xmltree.None:
			omit = true
		case i < len(list)-1:
			return c, problem(RuleAlgorithm, "transform %q is not done before others", uri)
		default:
			if c, err = v.canonical(t); err != nil {
				return c, err
			}
		}
	}
	c.Comments = false // a same-document reference never takes in comments
	if signature := v.out.Signature; omit {
		c.Omit = func(n xmltree.Node) bool { return n == signature }
	}
	return c, nil
}
