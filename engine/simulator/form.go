package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/url"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// tree reads the body of a request: XML and JSON as they are, the fields of a
// form as members with the field's name.
func (r Request) tree() formula.Node {
	typ, _ := r.Header("Content-Type")
	media, params, _ := mime.ParseMediaType(typ)
	switch media {
	case "multipart/form-data":
		return fields(parts(r.Body, params["boundary"]))
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return nil
		}
		return fields(form)
	}
	tree, err := formula.ParseTree(r.Body, "")
	if err != nil {
		return nil
	}
	return payload(tree)
}

// parts returns the fields of a form in parts, files among them.
func parts(body []byte, boundary string) map[string][]string {
	form := map[string][]string{}
	if boundary == "" {
		return nil
	}
	for in := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		p, err := in.NextRawPart()
		if err != nil {
			return form
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil
		}
		form[p.FormName()] = append(form[p.FormName()], string(text))
	}
}

// fields is a form as a tree; nil if it has none.
func fields(form map[string][]string) formula.Node {
	members := map[string]any{}
	for name, values := range form {
		if members[name] = values; len(values) == 1 {
			members[name] = values[0]
		}
	}
	data, err := json.Marshal(members)
	if err != nil || len(members) == 0 {
		return nil
	}
	tree, err := formula.ParseTree(data, "json")
	if err != nil {
		return nil
	}
	return tree
}
