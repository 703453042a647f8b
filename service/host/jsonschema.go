package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
)

// RuleJSONSchema is the rule of what a JSON Schema finds.
const RuleJSONSchema = "FMT-JSON-SCHEMA" // a JSON document does not fit its official schema

// RuleJSON says that a document is no JSON.
const RuleJSON = "FMT-JSON" // a document that is to be judged by a JSON Schema is no JSON

// jsonValidator judges by an official JSON Schema.
type jsonValidator struct{ schema *jsonschema.Schema }

// jsonSchema compiles the official schema of an artifact. Other schemas it
// refers to are looked for in the same bundle: by a path, or by an address
// that begins like the schema's own identifier.
func jsonSchema(lib profile.Library, x *engine.Artifact, data []byte) (*jsonValidator, error) {
	var head struct {
		ID string `json:"$id"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, diag.Problemf(diag.Pos{File: x.Bundle + "/" + x.Entry}, RuleJSON, "official file %q is no JSON: %v", x.ID, err)
	}
	address := head.ID
	if address == "" {
		address = "bundle:///" + x.Entry
	}
	l := &schemaLoader{lib: lib, bundle: x.Bundle, base: base(address, x.Entry)}
	c := jsonschema.NewCompiler()
	c.LoadURL = l.load
	if err := c.AddResource(address, bytes.NewReader(data)); err != nil {
		return nil, err
	}
	s, err := c.Compile(address)
	if l.absent != "" {
		return nil, missing(x, fmt.Sprintf("%q", l.absent))
	}
	if err != nil {
		return nil, diag.Problemf(diag.Pos{File: x.Bundle + "/" + x.Entry}, RuleJSONSchema, "official file %q cannot be used: %v", x.ID, err)
	}
	return &jsonValidator{s}, nil
}

// base is the part of an address that stands for the bundle's folder: that of
// an entry a/b.json called https://x/a/b is https://x/.
func base(address, entry string) string {
	for _, name := range []string{entry, strings.TrimSuffix(entry, path.Ext(entry))} {
		if b, ok := strings.CutSuffix(address, name); ok {
			return b
		}
	}
	return address[:strings.LastIndexByte(address, '/')+1]
}

type schemaLoader struct {
	lib    profile.Library
	bundle string
	base   string
	absent string // the first file that is not installed
}

func (l *schemaLoader) load(address string) (io.ReadCloser, error) {
	name, ok := strings.CutPrefix(address, l.base)
	if ok && !strings.Contains(name, "..") {
		for _, file := range []string{name, name + ".json"} {
			file = l.bundle + "/" + file
			if !l.lib.Has(file) {
				continue
			}
			data, err := l.lib.Read(file)
			return io.NopCloser(bytes.NewReader(data)), err
		}
	}
	if l.absent == "" {
		l.absent = address
	}
	return nil, fmt.Errorf("%s is not in the bundle", address)
}

// Validate returns what does not fit, each with its JSON Pointer.
func (v *jsonValidator) Validate(_ context.Context, data []byte) ([]engine.Finding, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc any
	err := d.Decode(&doc)
	if err == nil && d.More() {
		err = errors.New("something stands behind the value")
	}
	if err != nil {
		return []engine.Finding{{Rule: RuleJSON, Message: "the document is no JSON: " + err.Error()}}, nil
	}
	var found *jsonschema.ValidationError
	if err := v.schema.Validate(doc); err != nil && !errors.As(err, &found) {
		return nil, err
	}
	var list []engine.Finding
	leaves(found, &list)
	slices.SortStableFunc(list, func(a, b engine.Finding) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(list, func(a, b engine.Finding) bool { return a.Path == b.Path && a.Message == b.Message }), nil
}

// leaves lists the causes that have no cause of their own.
func leaves(e *jsonschema.ValidationError, list *[]engine.Finding) {
	if e == nil {
		return
	}
	if len(e.Causes) == 0 {
		*list = append(*list, engine.Finding{Rule: RuleJSONSchema, Path: e.InstanceLocation, Message: e.Message, Ref: e.KeywordLocation})
		return
	}
	for _, c := range e.Causes {
		leaves(c, list)
	}
}
