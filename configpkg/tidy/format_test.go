package tidy

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/packages"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"brackets and commas":       {"a: { b: c,d: [ 1 ,2 ] }\n", "a: {b: c, d: [1, 2]}\n"},
		"a formula YAML would cut":  {"a: {b: =f(x, y), c: =[1]}\n", "a: {b: '=f(x, y)', c: '=[1]'}\n"},
		"a condition":               {"a: [{when: x in [1, 2], then: 'b'}]\n", "a: [{when: 'x in [1, 2]', then: 'b'}]\n"},
		"with its own quotes":       {"a: {b: =f('x', \"y\")}\n", "a: {b: '=f(''x'', \"y\")'}\n"},
		"comments":                  {"#head\na: x #note\nb: c    # column\n", "# head\na: x  # note\nb: c    # column\n"},
		"ends of lines":             {"a: b  \r\n\r\n\r\n\r\nc: d\n\n\n", "a: b\n\nc: d\n"},
		"indent of four":            {"a:\n    b:\n        - c: 1\n          d: 2\n        -   e\n", "a:\n  b:\n    - c: 1\n      d: 2\n    - e\n"},
		"a list under its key":      {"a:\n- b\n- c:\n  - d\nz: y\n", "a:\n  - b\n  - c:\n      - d\nz: y\n"},
		"a literal block":           {"a:\n    b: |\n        x {  y,z }\n\n\n          more # text\n    c: d\n", "a:\n  b: |\n      x {  y,z }\n\n\n        more # text\n  c: d\n"},
		"comments move":             {"a:\n    # of b\n    b: 1\n# of c\nc: 2\n", "a:\n  # of b\n  b: 1\n# of c\nc: 2\n"},
		"brackets over lines":       {"a:\n    b: {c: d,\n        e: f }\n", "a:\n  b: {c: d,\n      e: f}\n"},
		"texts stay":                {"a: 'x  ,y { }'\nb: \"#  ,\"\n", "a: 'x  ,y { }'\nb: \"#  ,\"\n"},
		"documents":                 {"test: a\n\n---\ntest: b\n", "test: a\n\n---\ntest: b\n"},
		"a formula with brackets":   {"a: =f( x ,y )\nb: =[1 ,2]\n", "a: =f( x ,y )\nb: =[1 ,2]\n"},
		"a condition with brackets": {"if: x in [1 ,2]\n", "if: x in [1 ,2]\n"},
		"what is empty":             {"a:\nb: {}\nc: []\n", "a:\nb: {}\nc: []\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := Format("a.yaml", []byte(c.in))
			if string(got) != c.want || len(problems) > 0 {
				t.Errorf("want\n%q\ngot\n%q\n%v", c.want, got, problems)
			}
			if again, _ := Format("a.yaml", got); string(again) != string(got) {
				t.Errorf("formatted again:\n%q\n%q", got, again)
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"a: b\n a: {\n", "a: =x #part of the formula or not?\n", "a: b\na: c\n"} {
		if got, problems := Format("a.yaml", []byte(src)); string(got) != src || !problems.Grave() {
			t.Errorf("%q %v", got, problems)
		}
	}
}

// The shipped packages keep their nodes and comments, and are in the one form
// after one pass.
func TestShippedFilesKeepTheirNodes(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(packages.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(packages.Files(), name)
		if err != nil {
			return err
		}
		got, problems := Format(name, data)
		if len(problems) > 0 {
			t.Errorf("%v", problems)
		}
		before, _ := yml.Parse(name, data)
		after, _ := yml.Parse(name, got)
		if !same(before, after) || strings.Count(string(got), "#") != strings.Count(string(data), "#") {
			t.Errorf("%s is not the same", name)
		}
		if again, _ := Format(name, got); string(again) != string(got) {
			t.Errorf("%s changes twice", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("a: {b: =f(x, y)} # c\nd:\n- e\n")
	f.Add("a: |\n  x\n\n y: 'z")
	f.Fuzz(func(t *testing.T, src string) {
		got, problems := Format("a.yaml", []byte(src))
		if problems.Grave() {
			if string(got) != src {
				t.Errorf("a file that cannot be read was changed")
			}
			return
		}
		before, _ := yml.Parse("a.yaml", []byte(src))
		after, again := yml.Parse("a.yaml", got)
		if before != nil && (again.Grave() || !same(before, after)) {
			t.Errorf("not the same: %q, %q", src, got)
		}
	})
}
