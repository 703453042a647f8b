package xmltree_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// recorder writes down what it is told and keeps the elements named "keep".
type recorder struct {
	b    strings.Builder
	stop int
}

func (r *recorder) Start(d *xmltree.Document, n xmltree.Node) error {
	fmt.Fprintf(&r.b, "<%s", d.QName(n))
	for a, end := d.Attributes(n); a < end; a++ {
		fmt.Fprintf(&r.b, " %s=%s", d.QName(a), d.Value(a))
	}
	if r.stop--; r.stop == 0 {
		return xmltree.ErrStop
	}
	return nil
}

func (r *recorder) Text(d *xmltree.Document, n xmltree.Node) bool {
	fmt.Fprintf(&r.b, "%q", d.Value(n))
	return true
}

func (r *recorder) End(d *xmltree.Document, n xmltree.Node) bool {
	fmt.Fprintf(&r.b, "%d:%s>", d.Len(), d.Text(n))
	return strings.HasPrefix(d.Local(n), "keep")
}

func TestStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{`<a><b c="1&amp;2">x</b><!-- no --><b>y</b></a>`, `<a<b c=1&2"x"5:x><b"y"4:y>2:>`},
		{`<a><keep>x</keep><b>y</b><keep2><c>&lt;</c></keep2></a>`, `<a<keep"x"4:x><b"y"6:y><keep2<c"<"7:<>5:>5:x>`},
		{`<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:b/></p:a>`, `<p:a<p:b3:><p:b3:>2:>`},
	} {
		r := &recorder{}
		if err := xmltree.Stream([]byte(c.doc), xmltree.Options{}, r); err != nil {
			t.Errorf("%s: %v", c.doc, err)
		}
		if got := r.b.String(); got != c.want {
			t.Errorf("%s:\nwant %s\n got %s", c.doc, c.want, got)
		}
	}
	r := &recorder{stop: 2}
	if err := xmltree.Stream([]byte("<a><b><c/></b>"), xmltree.Options{}, r); err != nil || r.b.String() != "<a<b" {
		t.Errorf("stop: %v, %s", err, r.b.String())
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	doc := "<a x='1'><b>1</b><b>2</b>" + strings.Repeat("<c><d/></c>", 1000)
	d, err := xmltree.Head([]byte(doc), xmltree.Options{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Text(d.Root()); got != "12" || d.Len() > 20 || d.End(d.Root()) != xmltree.Node(d.Len()) {
		t.Errorf("text %q, %d nodes, end %d", got, d.Len(), d.End(d.Root()))
	}
	if v, _ := d.Attr(d.Root(), "x"); v != "1" || len(d.ByName(d.Lookup("", "b"))) != 2 {
		t.Error("the beginning is not there")
	}
	if _, err := xmltree.Head([]byte("<a><b></a>"), xmltree.Options{}, 10); err == nil {
		t.Error("not well-formed, yet read")
	}
}

// nothing drops everything.
type nothing struct{}

func (nothing) Start(*xmltree.Document, xmltree.Node) error { return nil }
func (nothing) Text(*xmltree.Document, xmltree.Node) bool   { return false }
func (nothing) End(*xmltree.Document, xmltree.Node) bool    { return false }

// FuzzStream refuses the same documents as Parse, with the same problem.
func FuzzStream(f *testing.F) {
	for i := range uint64(5) {
		f.Add([]byte(newHostile(i)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o := xmltree.Options{Limits: xmltree.Limits{Bytes: 1 << 16, Depth: 64}}
		d, want := xmltree.Parse(in, o)
		d.Release()
		if got := xmltree.Stream(in, o, nothing{}); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("parsed: %v, streamed: %v", want, got)
		}
		h, err := xmltree.Head(in, o, 3)
		if want == nil && err != nil || errors.Is(err, xmltree.ErrStop) {
			t.Fatalf("head of a good document: %v", err)
		}
		h.Release()
	})
}
