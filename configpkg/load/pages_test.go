package load

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

// Every shape and every key is told of.
func TestShapesAreDescribed(t *testing.T) {
	t.Parallel()
	for _, s := range Shapes() {
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("shape %q: %q", s.Name, s.Doc)
		}
		for _, k := range s.Keys {
			if k.Doc == "" || strings.HasSuffix(k.Doc, ".") {
				t.Errorf("%s.%s: %q", s.Name, k.Name, k.Doc)
			}
		}
	}
}

// docs/language-keys.md is made from the shapes.
func TestGeneratedKeys(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Keys of the package language\n\nMade from the shapes the loader checks by (`configpkg/load/shapes_*.go`); `make generate` writes it. What the keys are for, with examples, is in\n[the language](language.md). **Bold** keys must be there.\n")
	for _, s := range Shapes() {
		keys(&b, s)
	}
	b.WriteString("\n## Not built yet\n\nThe language has these constructs; this version refuses them at their place as `CFG-NOT-BUILT`.\n\n| construct | meanwhile |\n| --- | --- |\n")
	for _, c := range NotBuilt() {
		fmt.Fprintf(&b, "| %s | %s |\n", c.Name, c.Hint)
	}
	golden(t, "../../docs/language-keys.md", b.String())
}

func keys(b *strings.Builder, s Shape) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| key | takes | meaning |\n| --- | --- | --- |\n", s.Name, s.Doc)
	for _, k := range s.Keys {
		name := "`" + k.Name + "`"
		if k.Required {
			name = "**" + name + "**"
		}
		takes := k.Type.String()
		if k.Of != "" {
			takes += " ([" + k.Of + "](#" + strings.ReplaceAll(k.Of, " ", "-") + "))"
		}
		if len(k.Values) > 0 {
			takes += ": `" + strings.Join(k.Values, "` `") + "`"
		}
		doc := k.Doc
		if k.NotBuilt != "" {
			doc += " (not built yet)"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, takes, doc)
	}
	if s.Open {
		b.WriteString("| any other | value | names given by the author |\n")
	}
}

// docs/language.md names every kind of file and every shape's page.
func TestLanguagePage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		if !strings.Contains(string(data), "`"+kind+"`") {
			t.Errorf("docs/language.md does not tell of %s", kind)
		}
	}
}

// The YAML blocks of docs/language.md that name their file are one package,
// which loads.
func TestLanguagePageLoads(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"schemas/extension.json":     {Data: []byte(`{"type": "object", "additionalProperties": false, "properties": {}}`)},
		"tables/endpoints.csv":       {Data: []byte("service,url\nsend,https://zz.example/send\nask,https://zz.example/ask/\nstatus,https://zz.example/status\n")},
		"tables/rejections.csv":      {Data: []byte("code,class,status,hint\n300,verdict,rejected,change the lines\n")},
		"tables/codes.csv":           {Data: []byte("code\n100\n300\n")},
		"tests/documents/plain.json": {Data: []byte("{}")},
	}
	parts := fstest.MapFS{"tables/kinds.csv": {Data: []byte("code,word\na,alpha\n")}}
	for _, block := range strings.Split(string(data), "```yaml\n# ")[1:] {
		name, text, _ := strings.Cut(block, "\n")
		text, _, _ = strings.Cut(text, "```")
		if name, of := strings.CutPrefix(name, "zz/parts/"); of {
			parts[name] = &fstest.MapFile{Data: []byte(text)}
			continue
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if len(files) < 15 {
		t.Fatalf("only %d files", len(files))
	}
	if b, problems := LoadAll(files, loadtest.Registry(), shelf{"zz/parts": parts}); b == nil || len(problems) > 0 || len(parts) != 4 {
		t.Error(show(problems))
	}
}
