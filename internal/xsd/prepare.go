package xsd

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// maxEntities bounds what the entities of a schema may expand to, in bytes.
const maxEntities = 1 << 20

var entityDecl = regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][\w.-]*)\s+("[^"]*"|'[^']*')\s*>`)

// Prepare takes the document type declaration out of a schema and expands the
// entities it declares, so that a parser which accepts no DTD can read it. Line
// numbers stay. Official schemas are data that somebody chose to import, not
// documents from outside; nothing external is read all the same, and an entity
// whose text holds "&", "<" or "%" is refused.
func Prepare(src []byte) ([]byte, error) {
	start := bytes.Index(src, []byte("<!DOCTYPE"))
	if start < 0 || bytes.Contains(src[:start], []byte("<!--")) && !outsideComments(src[:start]) {
		return src, nil
	}
	end := doctypeEnd(src, start)
	if end < 0 {
		return nil, fmt.Errorf("document type declaration is not closed")
	}
	entities := map[string]string{}
	for _, m := range entityDecl.FindAllSubmatch(src[start:end], -1) {
		text := string(m[2][1 : len(m[2])-1])
		if strings.ContainsAny(text, "&<%") {
			return nil, fmt.Errorf("entity %q is not plain text", m[1])
		}
		entities[string(m[1])] = text
	}
	out := append([]byte{}, src[:start]...)
	out = append(out, bytes.Repeat([]byte("\n"), bytes.Count(src[start:end], []byte("\n")))...)
	return expand(out, src[end:], entities)
}

// outsideComments reports whether the end of head lies outside a comment.
func outsideComments(head []byte) bool {
	return bytes.LastIndex(head, []byte("-->")) > bytes.LastIndex(head, []byte("<!--"))
}

// doctypeEnd returns the offset behind the declaration that begins at start, -1 if it is not closed.
func doctypeEnd(src []byte, start int) int {
	inside := false
	for i := start; i < len(src); i++ {
		switch b := src[i]; {
		case b == '"' || b == '\'':
			n := bytes.IndexByte(src[i+1:], b)
			if n < 0 {
				return -1
			}
			i += n + 1
		case inside && bytes.HasPrefix(src[i:], []byte("<!--")):
			n := bytes.Index(src[i:], []byte("-->"))
			if n < 0 {
				return -1
			}
			i += n + 2
		case b == '[':
			inside = true
		case b == ']':
			inside = false
		case b == '>' && !inside:
			return i + 1
		}
	}
	return -1
}

func expand(out, src []byte, entities map[string]string) ([]byte, error) {
	grown := 0
	for {
		i := bytes.IndexByte(src, '&')
		if i < 0 {
			return append(out, src...), nil
		}
		out, src = append(out, src[:i]...), src[i:]
		n := bytes.IndexByte(src[:min(len(src), 64)], ';')
		text, ok := "", false
		if n > 0 {
			text, ok = entities[string(src[1:n])]
		}
		if !ok {
			out, src = append(out, '&'), src[1:]
			continue
		}
		if grown += len(text); grown > maxEntities {
			return nil, fmt.Errorf("entities expand to more than %d bytes", maxEntities)
		}
		out, src = append(out, text...), src[n+1:]
	}
}
