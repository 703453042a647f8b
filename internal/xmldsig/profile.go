package xmldsig

import (
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// The places of a Signature relative to the element that receives it.
const (
	After      = "after"     // next sibling
	LastChild  = "lastChild" // the default
	FirstChild = "firstChild"
)

// A Profile says how to sign. Its options stand in a map under these names:
//
//	position    after, lastChild (or inside), firstChild
//	reference   byId, or document (or whole): the element by its identifier, or the whole document
//	id          names of identifier attributes; the default is Id, ID, id and xml:id
//	transforms  of the reference: enveloped, c14n10, c14n11, exc-c14n, each also with -comments
//	c14n        of SignedInfo: one of the same
//	prefixes    inclusive prefixes of exclusive canonicalisation
//	digest      sha1, sha256, sha384, sha512
//	method      rsa-sha1, rsa-sha256, rsa-sha384, rsa-sha512, the same with ecdsa-
//	keyInfo     certificate, chain, issuerSerial, subjectName, keyValue, in this order
//	prefix      prefix of the Signature's elements; none by default
//	signatureId identifier of the Signature
//	ecdsa       raw (the standard) or der: how an ECDSA value is written
//	level       none, bes or epes: the qualifying properties of XAdES, see XAdES
type Profile struct {
	Position   string
	Whole      bool
	ID         []string
	Transforms []string // algorithm identifiers
	Prefix     string
	XAdES      *XAdES

	c14n        string // algorithm identifier
	prefixes    []string
	digest      digest
	method      method
	keyInfo     []string
	signatureID string
	derECDSA    bool
}

var options = []string{"position", "reference", "id", "transforms", "c14n", "prefixes", "digest", "method", "keyInfo", "prefix", "signatureId", "ecdsa",
	"level", "policy", "signingCertificate", "properties", "format", "role", "place", "sign"}

var keyInfoParts = []string{"certificate", "chain", "issuerSerial", "subjectName", "keyValue"}

// Decode reads a profile. The problems are of rule RuleProfile, with the path
// of the option; all of them are found.
func Decode(m map[string]any) (*Profile, diag.List) {
	d := &decoder{m: m}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(options, name) {
			d.fault(name, "unknown option %q", name)
		}
	}
	p := &Profile{
		Position:    d.choice("position", LastChild, After, LastChild, FirstChild, "inside"),
		ID:          d.list("id", "Id", "ID", "id", "xml:id"),
		Prefix:      d.text("prefix", ""),
		prefixes:    d.list("prefixes"),
		signatureID: d.text("signatureId", ""),
		keyInfo:     d.choices("keyInfo", keyInfoParts, "certificate"),
		derECDSA:    d.choice("ecdsa", "raw", "raw", "der") == "der",
	}
	if p.Position == "inside" {
		p.Position = LastChild
	}
	reference := d.choice("reference", "byId", "byId", "document", "whole")
	p.Whole = reference != "byId"
	p.c14n = canonical[d.choice("c14n", "c14n10", slices.Sorted(maps.Keys(canonical))...)]
	p.digest = digests[d.choice("digest", "sha256", slices.Sorted(maps.Keys(digests))...)]
	p.method = methods[d.choice("method", "rsa-sha256", slices.Sorted(maps.Keys(methods))...)]
	if p.method.family == pssFamily {
		d.fault("method", "PSS is verified, not written")
	}
	for _, name := range d.choices("transforms", append(slices.Sorted(maps.Keys(canonical)), "enveloped"), "enveloped") {
		uri := canonical[name]
		if name == "enveloped" {
			uri = enveloped
		}
		p.Transforms = append(p.Transforms, uri)
	}
	if n := slices.IndexFunc(p.Transforms, func(t string) bool { return t != enveloped }); n >= 0 && n < len(p.Transforms)-1 {
		d.fault("transforms", "nothing may follow a canonicalisation")
	}
	for _, name := range []string{p.Prefix, p.signatureID} {
		if name != "" && !xmltree.IsNCName(name) {
			d.fault("prefix", "%q is no XML name without colon", name)
		}
	}
	p.XAdES = d.xades()
	return p, d.problems
}

// decoder reads options and collects what is wrong with them.
type decoder struct {
	m        map[string]any
	problems diag.List
}

func (d *decoder) fault(option, format string, args ...any) {
	p := problem(RuleProfile, format, args...)
	p.Path = "/" + option
	d.problems.Add(p)
}

func (d *decoder) text(option, def string) string {
	switch v := d.m[option].(type) {
	case nil:
		return def
	case string:
		return v
	}
	d.fault(option, "%s must be a text", option)
	return def
}

func (d *decoder) list(option string, def ...string) []string {
	switch v := d.m[option].(type) {
	case nil:
		return def
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		out := make([]string, len(v))
		for i, x := range v {
			s, ok := x.(string)
			if !ok {
				d.fault(option, "%s must be a list of texts", option)
				return def
			}
			out[i] = s
		}
		return out
	}
	d.fault(option, "%s must be a list of texts", option)
	return def
}

func (d *decoder) choice(option, def string, allowed ...string) string {
	v := d.text(option, def)
	if !slices.Contains(allowed, v) {
		d.unknown(option, v, allowed)
		return def
	}
	return v
}

func (d *decoder) choices(option string, allowed []string, def ...string) []string {
	list := d.list(option, def...)
	for _, v := range list {
		if !slices.Contains(allowed, v) {
			d.unknown(option, v, allowed)
			return def
		}
	}
	return list
}

func (d *decoder) unknown(option, value string, allowed []string) {
	d.fault(option, "%s %q is not known", option, value)
	d.problems[len(d.problems)-1].Hint = "known: " + strings.Join(allowed, ", ")
}
