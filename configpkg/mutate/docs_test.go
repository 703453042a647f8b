package mutate

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the list of operators anew")

// docs/package-tests.md lists the operators as they are.
func TestGeneratedOperators(t *testing.T) {
	const page, mark = "../../docs/package-tests.md", "<!-- operators -->\n"
	var b strings.Builder
	b.WriteString(mark + "| operator | mistake |\n| --- | --- |\n")
	for _, o := range Operators {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, o.Does)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), mark)
	_, after, ends := strings.Cut(rest, "\nNot changed:")
	if !found || !ends {
		t.Fatal("the place of the list is gone")
	}
	want := before + b.String() + "\nNot changed:" + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Error("the list is not that of the operators: make generate")
	}
}
