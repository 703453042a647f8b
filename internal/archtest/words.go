package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// Finding is a place in a Go file.
type Finding struct {
	Line int
	What string
}

var (
	sourceLine = regexp.MustCompile(`^//\s*(Source|See): `)
	wordSplit  = regexp.MustCompile(`[A-Za-z]+(-?[A-Za-z0-9]+)*`)
)

// Countries returns the places in a Go file that name a country, authority,
// national format or code (words, lower case), or have an element name of a
// package (names, exact) as a string. A comment line that begins with
// "Source:" may cite a national document.
func Countries(file string, src []byte, words, names map[string]bool) ([]Finding, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var found []Finding
	report := func(p token.Pos, format string, args ...any) {
		found = append(found, Finding{fset.Position(p).Line, fmt.Sprintf(format, args...)})
	}
	check := func(p token.Pos, text, where string) {
		for _, w := range wordSplit.FindAllString(text, -1) {
			if words[strings.ToLower(w)] {
				report(p, "%s in %s", w, where)
			}
		}
	}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if !sourceLine.MatchString(c.Text) {
				check(c.Pos(), c.Text, "a comment")
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			check(n.Pos(), n.Name, "a name")
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				check(n.Pos(), n.Value, "a string")
				if text := strings.Trim(n.Value, "`\""); names[text] {
					report(n.Pos(), "element name %q", text)
				}
			}
		}
		return true
	})
	return found, nil
}
