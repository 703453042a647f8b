package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// A Request says what to sign and with what.
type Request struct {
	Source  []byte            // the document
	Doc     *xmltree.Document // parsed from Source
	Element xmltree.Node      // the element that is signed; for the whole document, that receives the signature
	Place   xmltree.Node      // the element that receives the signature, if another one; else zero or None
	Key     *keys.Pair
	Time    time.Time // of signing; only XAdES writes it
}

// Signed is a signed document.
type Signed struct {
	Bytes       []byte // Source with the Signature spliced in
	Start, Stop int    // place of the Signature in Bytes
	Digest      []byte // of the signed element
	Value       []byte // of the signature
}

// Sign signs by the profile. An RSA or ECDSA key in memory gives the same
// bytes for the same request. It returns a problem of rule RuleElement,
// RuleID, RuleKey, RuleSign or RuleEncoding.
func (p *Profile) Sign(r Request) (*Signed, error) {
	at, err := p.place(r)
	if err != nil {
		return nil, err
	}
	if r.Key == nil || r.Key.Leaf == nil || !p.method.fits(r.Key.Leaf.PublicKey) {
		return nil, problem(RuleKey, "the key cannot be used with method %s", p.method.uri)
	}
	main, err := p.mainReference(r)
	if err != nil {
		return nil, err
	}
	s := &signing{Profile: p, Request: r, around: around(r.Doc, at.context), id: p.signatureID}
	if s.XAdES != nil {
		if s.id == "" {
			s.id = "signature-" + hex.EncodeToString(main.digest[:8])
		}
		main.id = s.id + "-document"
	}
	if s.id != "" && len(byID(r.Doc, p.ID, s.id)) > 0 {
		return nil, problem(RuleID, "identifier %q of the signature is taken", s.id)
	}
	s.references = []reference{main}
	s.keyInfo = s.writeKeyInfo()
	if err := s.qualify(); err != nil {
		return nil, err
	}
	value, err := s.value()
	if err != nil {
		return nil, err
	}
	signature := s.signature(base64Text(value))
	out, err := at.splice(r, signature)
	if err != nil {
		return nil, err
	}
	out.Digest, out.Value = main.digest, value
	return out, nil
}

// reference is a Reference with its digest worked out.
type reference struct {
	id, uri, kind string
	transforms    []string
	digest        []byte
}

// signing is the state of one signature.
type signing struct {
	*Profile
	Request
	around     string // start tags that give the surroundings of the Signature
	id         string
	references []reference
	keyInfo    string
	object     string
}

func (p *Profile) mainReference(r Request) (reference, error) {
	ref := reference{transforms: p.Transforms}
	n := xmltree.Node(0)
	if !p.Whole {
		n = r.Element
		id, err := p.identifier(r.Doc, n)
		if err != nil {
			return ref, err
		}
		ref.uri = "#" + id
	}
	c, _ := xmltree.C14NByURI(canonical["c14n10"]) // what digests take when no transform says otherwise
	if last := len(p.Transforms) - 1; last >= 0 && p.Transforms[last] != enveloped {
		c, _ = xmltree.C14NByURI(p.Transforms[last])
		c.Prefixes = p.prefixes
	}
	c.Comments = false // a same-document reference never takes in comments
	ref.digest = sum(p.digest.hash, c.Append(make([]byte, 0, len(r.Source)+len(r.Source)/8), r.Doc, n))
	return ref, nil
}

// identifier returns the identifier of n and makes sure that no other element
// has it.
func (p *Profile) identifier(d *xmltree.Document, n xmltree.Node) (string, error) {
	id := ""
	for _, name := range p.ID {
		if v, ok := attribute(d, n, name); ok {
			id = v
			break
		}
	}
	if id == "" {
		return "", problem(RuleID, "element %s has no identifier attribute (%s)", d.QName(n), strings.Join(p.ID, ", "))
	}
	if !xmltree.IsNCName(id) {
		return "", problem(RuleID, "identifier %q is no XML name, so nothing can refer to it", id)
	}
	if found := byID(d, p.ID, id); len(found) != 1 {
		return "", problem(RuleID, "identifier %q stands at %d elements", id, len(found))
	}
	return id, nil
}

func attribute(d *xmltree.Document, n xmltree.Node, name string) (string, bool) {
	if local, ok := strings.CutPrefix(name, "xml:"); ok {
		if a := d.Attribute(n, d.Lookup(xmltree.XMLSpace, local)); a != xmltree.None {
			return d.Value(a), true
		}
		return "", false
	}
	return d.Attr(n, name)
}

// byID returns the elements whose identifier is id, by any of the names.
func byID(d *xmltree.Document, names []string, id string) []xmltree.Node {
	ids := make([]xmltree.NameID, 0, len(names))
	for _, name := range names {
		space := ""
		if local, ok := strings.CutPrefix(name, "xml:"); ok {
			space, name = xmltree.XMLSpace, local
		}
		if x := d.Lookup(space, name); x != 0 {
			ids = append(ids, x)
		}
	}
	var found []xmltree.Node
	for n := range xmltree.Node(d.Len()) {
		if d.Kind(n) == xmltree.AttributeNode && slices.Contains(ids, d.Name(n)) && d.Value(n) == id && !slices.Contains(found, d.Parent(n)) {
			found = append(found, d.Parent(n))
		}
	}
	return found
}

func (s *signing) writeKeyInfo() string {
	w := newWriter(s.Prefix)
	s.keyInfoXML(w)
	return string(w.b)
}

// signedInfo writes SignedInfo.
// Source: XML Signature 1.1, clause 4.4.
func (s *signing) signedInfo(w *writer) {
	w.open("SignedInfo")
	s.algorithm(w, "CanonicalizationMethod", s.c14n)
	w.algorithm("SignatureMethod", s.method.uri)
	for _, r := range s.references {
		w.with("Reference", "Id", r.id, "Type", r.kind, "URI", r.uri)
		if r.uri == "" { // the whole document; an attribute without value is not left out here
			w.b = append(w.b[:len(w.b)-1], ` URI="">`...)
		}
		if len(r.transforms) > 0 {
			w.open("Transforms")
			for _, t := range r.transforms {
				s.algorithm(w, "Transform", t)
			}
			w.close("Transforms")
		}
		w.algorithm("DigestMethod", s.digest.uri)
		w.element("DigestValue", base64Text(r.digest))
		w.close("Reference")
	}
	w.close("SignedInfo")
}

// algorithm writes a canonicalisation or transform with its prefix list.
func (s *signing) algorithm(w *writer, local, uri string) {
	c, ok := xmltree.C14NByURI(uri)
	if !ok || !c.Exclusive || len(s.prefixes) == 0 {
		w.algorithm(local, uri)
		return
	}
	w.with(local, "Algorithm", uri)
	list := xmltree.AppendAttribute(nil, strings.Join(s.prefixes, " "))
	w.raw(`<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="` + string(list) + `"/>`)
	w.close(local)
}

// signature writes the whole Signature.
func (s *signing) signature(value string) []byte {
	w := newWriter(s.Prefix)
	declaration := "xmlns"
	if s.Prefix != "" {
		declaration += ":" + s.Prefix
	}
	w.with("Signature", declaration, Namespace, "Id", s.id)
	s.signedInfo(w)
	if s.XAdES != nil {
		w.with("SignatureValue", "Id", s.id+"-value")
		w.raw(value)
		w.close("SignatureValue")
	} else {
		w.element("SignatureValue", value)
	}
	w.raw(s.keyInfo)
	w.raw(s.object)
	w.close("Signature")
	return w.b
}

// value canonicalises SignedInfo where it will stand and signs it.
func (s *signing) value() ([]byte, error) {
	c, _ := xmltree.C14NByURI(s.c14n)
	c.Prefixes = s.prefixes
	text, err := s.inPlace(c, "SignedInfo", Namespace)
	if err != nil {
		return nil, err
	}
	hashed := sum(s.method.hash, text)
	value, err := s.Key.Signer.Sign(chance(s.Key.Signer), hashed, s.method.hash)
	if err != nil {
		return nil, caused(RuleSign, err, "the key did not sign")
	}
	if key, ok := s.Key.Signer.Public().(*ecdsa.PublicKey); ok && !s.derECDSA {
		if value, ok = rawECDSA(key, value); !ok {
			return nil, problem(RuleSign, "the key gave a malformed value")
		}
	}
	return value, nil
}

// chance returns the source of randomness for a signature: none for an ECDSA
// key in memory, which then signs by RFC 6979 and gives the same value again.
func chance(s crypto.Signer) io.Reader {
	if _, ok := s.(*ecdsa.PrivateKey); ok {
		return nil
	}
	return rand.Reader
}

// inPlace returns the canonical form of the one element of that name inside
// the Signature, taken in the surroundings where it will stand. Only these
// surroundings are parsed again, not the document.
func (s *signing) inPlace(c xmltree.C14N, local, space string) ([]byte, error) {
	b := append([]byte(s.around), s.signature("")...)
	for range strings.Count(s.around, "<") {
		b = append(b, "</w>"...)
	}
	d, err := xmltree.Parse(b, xmltree.Options{})
	if err != nil {
		return nil, caused(RuleSign, err, "the signature cannot be written here")
	}
	defer d.Release()
	found := d.ByName(d.Lookup(space, local))
	if len(found) != 1 {
		return nil, problem(RuleSign, "the signature cannot be written here")
	}
	return c.Append(nil, d, found[0]), nil
}
