package reading

import (
	"strings"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// First reads data by the first reading that is for it; it returns which one
// that was. Without one the problem is READ-MATCH. Bytes that are of none of
// the formats are READ-SYNTAX.
func First(all []*Reading, file string, data []byte, scope *formula.Scope, input map[string]any, reader *document.Reader) (*Result, *Reading, error) {
	format := Sniff(data)
	sources := map[string]*Source{}
	var broken error
	for _, r := range all {
		if (format == XML || format == JSON) && r.Format != format {
			continue
		}
		key := string(r.Format)
		if r.Format == CSV || r.Format == Fixed {
			key = r.File
		}
		s := sources[key]
		if s == nil {
			var err error
			if s, err = r.Open(file, data); err != nil {
				if broken == nil {
					broken = err
				}
				continue
			}
			sources[key] = s
		}
		ok, err := r.Fits(s, scope)
		if err != nil {
			return nil, r, err
		}
		if ok {
			out, err := r.Read(file, s, scope, input, reader)
			return out, r, err
		}
	}
	if broken != nil && len(sources) == 0 {
		return nil, nil, broken
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name
	}
	return nil, nil, diag.List{{Pos: diag.Pos{File: file}, Rule: RuleMatch, Message: "no reading is for this document; tried: " + strings.Join(names, ", ")}}
}
