package treediff

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func say(list []Difference) string {
	var b strings.Builder
	for _, d := range list {
		old, new := "-", "-"
		if d.HasOld {
			old = d.Old
		}
		if d.HasNew {
			new = d.New
		}
		fmt.Fprintf(&b, "%s: %s > %s; ", d.Path, old, new)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ a, b, want string }{
		"equal":                   {"<a/>", "<a/>", ""},
		"attributes in any order": {`<a x="1" y="2"/>`, `<a y="2" x="1"/>`, ""},
		"prefixes":                {`<p:a xmlns:p="u"/>`, `<a xmlns="u"/>`, ""},
		"another namespace":       {`<a xmlns="u"/>`, `<a xmlns="v"/>`, "/a: namespace u > namespace v"},
		"a namespace inside":      {`<r><a xmlns="u">1</a></r>`, `<r><a xmlns="v">1</a></r>`, "/r/a: namespace u > namespace v"},
		"layout":                  {"<a><b>1</b></a>", "<a>\n <b>1</b>\n</a>", ""},
		"text":                    {"<a><b>1.0</b></a>", "<a><b>1.00</b></a>", "/a/b: 1.0 > 1.00"},
		"attribute":               {`<a x="1"/>`, `<a x="2"/>`, "/a/@x: 1 > 2"},
		"put in":                  {"<a><b>1</b><b>3</b></a>", "<a><b>1</b><b>2</b><b>3</b></a>", "/a/b: - > 2"},
		"taken out":               {"<a><b>1</b><c>2</c></a>", "<a><b>1</b></a>", "/a/c: 2 > -"},
		"order":                   {"<a><b/><c/></a>", "<a><c/><b/></a>", "/a: order: b > order: c"},
		"one changes in a list":   {"<a><b><n>1</n><v>5</v></b><b><n>2</n></b></a>", "<a><b><n>1</n><v>6</v></b><b><n>2</n></b></a>", "/a/b/v: 5 > 6"},
		"mixed content":           {"<a>x<b/>y</a>", "<a>x<b/>z</a>", "/a: xy > xz"},
		"root":                    {"<a/>", "<b/>", "/b: a > b"},
		"members in any order":    {`{"a":1,"b":2}`, `{"b":2,"a":1}`, ""},
		"number as written":       {`{"a":1.0}`, `{"a":1.00}`, "/a: 1.0 > 1.00"},
		"list":                    {`[1,2,4]`, `[1,2,3,4]`, "/*: - > 3"},
		"list against map":        {`[]`, `{}`, ": [] > {}"},
		"null":                    {`{"a":null}`, `{}`, "/a: null > -"},
		"text against number":     {`{"a":"1"}`, `{"a":1}`, `/a: "1" > 1`},
		"bytes":                   {"abc", "abd", ": abc > abd"},
		"xml against json":        {"<a/>", "{}", ": <a/> > {}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := say(Bytes([]byte(c.a), []byte(c.b))); got != c.want {
				t.Errorf("want %q\n got %q", c.want, got)
			}
		})
	}
}

// Two documents have a difference if, and only if, they do not say the same;
// a list in which one member was put in has exactly one.
func TestPutInIsOneDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 12).Draw(t, "list")
		at := rapid.IntRange(0, len(list)).Draw(t, "at")
		write := func(list []int) []byte {
			var b strings.Builder
			for _, n := range list {
				fmt.Fprintf(&b, "<i>%d</i>", n)
			}
			return []byte("<l>" + b.String() + "</l>")
		}
		more := append(append(append([]int{}, list[:at]...), 9), list[at:]...)
		if got := say(Bytes(write(list), write(more))); got != "/l/i: - > 9" {
			t.Fatal(got)
		}
		if got := Bytes(write(list), write(list)); got != nil {
			t.Fatal(got)
		}
	})
}

func FuzzBytes(f *testing.F) {
	f.Add([]byte("<a><b>1</b></a>"), []byte("<a><b>2</b><b/></a>"))
	f.Add([]byte(`{"a":[1,{"b":2}]}`), []byte(`{"a":[{"b":2},null]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a)+len(b) > 1<<16 {
			return
		}
		x, y := Bytes(a, b), Bytes(b, a)
		if (len(x) == 0) != (len(y) == 0) {
			t.Errorf("%s against %s", say(x), say(y))
		}
		if Bytes(a, a) != nil {
			t.Error("differs from itself")
		}
	})
}
