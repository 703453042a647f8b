package treepath_test

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const doc = `<r xmlns="u" xmlns:p="v" k="0">
 <a k="1"><b>x</b><p:b>y</p:b></a>
 <a k="2"><b>x</b><c><a k="3"><b>z</b></a></c></a>
 <a k="4"/><d><b>last</b></d></r>`

func TestXML(t *testing.T) {
	t.Parallel()
	d, err := xmltree.Parse([]byte(doc), xmltree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"r/@k", "0"},
		{"r/a/@k", "1 2 4"},
		{"/r/a/@k", "1 2 4"},
		{"r/a[1]/b", "x y"},
		{"r/a[1]/p:b", "y"},
		{"r/a[last()]/@k", "4"},
		{"r/a[b='x']/@k", "1 2"},
		{"r/a[b='x'][2]/@k", "2"},
		{"r/a[@k=\"4\"]/@k", "4"},
		{"r/*[4]/b", "last"},
		{"//a/@k", "1 2 3 4"},
		{"//a", "xy xz z "},
		{"//b", "x y x z last"},
		{"//a/b", "x y x z"},
		{"//b[1]", "x x z last"},
		{"r//@k", "0 1 2 3 4"},
		{"//c/a/../../@k", "2"},
		{"//b/../@k", "1 2 3"},
		{"r/a/.[ c/a/b = 'z' ]/@k", "2"},
		{"r/a[.//b='z']/@k", "2"},
		{"r/a[//b='z']/@k", "2"},
		{"r/x/y", ""},
		{"r/a[9]", ""},
		{"p:b", ""},
		{"//p:*", "y"},
	} {
		p, err := treepath.Compile(c.path, map[string]string{"p": "v"})
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		var got []string
		for _, n := range p.XML(d, 0) {
			got = append(got, d.Text(n))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: want %q, got %q", c.path, c.want, g)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path string
		at   int
	}{
		{"", 0}, {"a/", 2}, {"a//", 3}, {"a[", 2}, {"a[0]", 2}, {"a[b]", 3}, {"a[b=x]", 4}, {"a[b='x]", 4},
		{"q:a", 0}, {"a b", 1}, {"a]", 1}, {"a|b", 1}, {"@", 1}, {"a[1", 3}, {strings.Repeat("a/", 300) + "a", 512},
	} {
		_, err := treepath.Compile(c.path, nil)
		var e *treepath.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: accepted", c.path)
		} else if e.Offset != c.at {
			t.Errorf("%s: want offset %d, got %d: %v", c.path, c.at, e.Offset, err)
		}
	}
}

// member is a small JSON-like tree.
type member struct {
	name, text string
	up         *member
	in         []*member
}

type members struct{}

func (members) Parent(n *member) (*member, bool)     { return n.up, n.up != nil }
func (members) Name(n *member) (string, string)      { return "", n.name }
func (members) Text(n *member) string                { return n.text }
func (members) Attributes(*member) iter.Seq[*member] { return func(func(*member) bool) {} }
func (members) Children(n *member) iter.Seq[*member] {
	return func(yield func(*member) bool) {
		for _, c := range n.in {
			if !yield(c) {
				return
			}
		}
	}
}

func (m *member) add(name, text string) *member {
	c := &member{name: name, text: text, up: m}
	m.in = append(m.in, c)
	return c
}

func TestFind(t *testing.T) {
	t.Parallel()
	top := &member{}
	for _, v := range []string{"1", "2"} {
		line := top.add("lines", "")
		line.add("id", v)
		line.add("sub", "").add("id", v+"s")
		line.add("id", v+"b")
	}
	for path, want := range map[string]string{
		"lines/id": "1 1b 2 2b", "lines[2]/id[last()]": "2b", "lines[id='2']/sub/id": "2s",
		"//id": "1 1s 1b 2 2s 2b", "//sub/../id[1]": "1 2", "*/*/id": "1s 2s", "lines/@id": "",
	} {
		p, err := treepath.Compile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range treepath.Find(p, members{}, top) {
			got = append(got, n.text)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: want %q, got %q", path, want, g)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("a/b[1]//@c[last()][x='y']")
	d, err := xmltree.Parse([]byte(doc), xmltree.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p, err := treepath.Compile(path, nil)
		if err != nil {
			return
		}
		last := xmltree.None
		for _, n := range p.XML(d, 0) {
			if n <= last {
				t.Fatalf("%q: node %d after %d", path, n, last)
			}
			last = n
		}
	})
}

func BenchmarkTableTreePath(b *testing.B) {
	d, err := xmltree.Parse([]byte(doc), xmltree.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"r/a/b", "//b", "r/a[@k='2']/b"} {
		p, err := treepath.Compile(path, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.ReplaceAll(path, "/", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.XML(d, 0)
			}
		})
	}
}
