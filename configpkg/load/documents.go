package load

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/schemas"
)

// words returns the values document.type has in a business document.
func (l *loader) words(id string) []string {
	data, err := schemas.Document(id)
	if err != nil {
		return nil
	}
	var s struct {
		Properties struct {
			Type struct {
				Enum []string `json:"enum"`
			} `json:"type"`
		} `json:"properties"`
	}
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	return s.Properties.Type.Enum
}

// alias reports whether a name is that of something imported: alias:name.
func alias(name string) bool {
	a, rest, ok := strings.Cut(name, ":")
	return ok && identifier.MatchString(a) && rest != "" && !strings.HasPrefix(rest, "//")
}

// folderOf returns the first folder of a path; "" for a file at the top.
func folderOf(file string) string {
	dir, _, ok := strings.Cut(path.Clean(file), "/")
	if !ok {
		return ""
	}
	return dir
}
