// Package loadtest has what tests need that load packages without the actions:
// a registry of specs shaped like those of the catalogue, and a made-up package
// with one thing changed.
package loadtest

import (
	"context"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// Registry returns specs shaped like those of the catalogue, which do nothing.
func Registry() *engine.Registry {
	var r engine.Registry
	in := engine.Port{Name: "in", Type: formula.Tree, Required: true}
	out := engine.Port{Name: "out", Type: formula.Tree}
	value := func(name string) engine.Param { return engine.Param{Name: name} }
	must := func(p engine.Param) engine.Param { p.Required = true; return p }
	certificate := engine.Param{Name: "certificate", Type: formula.Certificate, Required: true}
	body := engine.Param{Name: "body", Kind: engine.BodyParam}
	for _, s := range []engine.Spec{
		{Name: "transform.write", Out: []engine.Port{out}, Params: []engine.Param{{Name: "mapping", Kind: engine.MappingParam, Required: true},
			{Name: "part", Type: formula.String}, {Name: "input", Type: formula.MapOf(nil, true)}}},
		{Name: "xml.sign", In: []engine.Port{in}, Out: []engine.Port{out, {Name: "digest", Type: formula.String}},
			Params: []engine.Param{{Name: "element", Type: formula.String}, {Name: "id", Type: formula.String}, certificate, must(value("profile"))}},
		{Name: "xml.validate", In: []engine.Port{in}, Params: []engine.Param{{Name: "schema", Kind: engine.SchemaParam, Required: true}}},
		{Name: "xml.verify", In: []engine.Port{in}, Params: []engine.Param{value("trust"), value("element")}},
		{Name: "xml.rules", In: []engine.Port{in}, Params: []engine.Param{must(value("rules")), {Name: "report", Values: []string{"only", "all"}}}},
		{Name: "xml.put", In: []engine.Port{in}, Out: []engine.Port{out}, Params: []engine.Param{{Name: "at", Type: formula.String, Required: true}, value("value"), value("content")}},
		{Name: "rules.check", Params: []engine.Param{{Name: "rules", Kind: engine.RulesParam, Required: true}, {Name: "input", Type: formula.MapOf(nil, true)}}},
		{Name: "assert", Params: []engine.Param{{Name: "that", Kind: engine.FormulaParam, Required: true}, {Name: "says", Type: formula.Text}}},
		{Name: "transform.read", In: []engine.Port{in}, Out: []engine.Port{{Name: "out"}, {Name: "json", Type: formula.Bytes}}, Params: []engine.Param{{Name: "reading", Kind: engine.ReadingParam, Required: true}}},
		{Name: "text.seal", In: []engine.Port{{Name: "in", Type: formula.Bytes, Required: true}}, Out: []engine.Port{{Name: "out", Type: formula.Bytes}, {Name: "value", Type: formula.String}, {Name: "standIn", Type: formula.Boolean}},
			Params: []engine.Param{certificate, value("method"), value("form"), {Name: "prehashed", Type: formula.Boolean}}},
		{Name: "cms.sign", In: []engine.Port{in}, Out: []engine.Port{{Name: "out", Type: formula.Bytes}}, Params: []engine.Param{certificate, value("profile")}},
		{Name: "bytes.encrypt", In: []engine.Port{{Name: "in", Type: formula.Bytes, Required: true}}, Out: []engine.Port{{Name: "out", Type: formula.Bytes}},
			Params: []engine.Param{must(value("method")), value("key"), value("iv"), value("certificate")}},
		{Name: "hash", In: []engine.Port{in}, Out: []engine.Port{{Name: "out", Type: formula.Bytes}}, Params: []engine.Param{value("remove"), value("c14n"), value("digest")}},
		{Name: "csr.create", Out: []engine.Port{{Name: "out", Type: formula.Bytes}}, Params: []engine.Param{value("key"), value("subject"), value("extensions"), value("names")}},
	} {
		s.Effect, s.Run = engine.Pure, func(context.Context, *engine.Step) (engine.Outputs, error) { return nil, nil }
		r.Register(&s)
	}
	for _, s := range []engine.Spec{
		{Name: "number.next", Out: []engine.Port{{Name: "out", Type: formula.Integer}}, Params: []engine.Param{{Name: "counter", Kind: engine.StateParam, Required: true}, value("for")}},
		{Name: "time.now", Out: []engine.Port{{Name: "out", Type: formula.Instant}}},
		{Name: "value.random", Out: []engine.Port{{Name: "out"}}, Params: []engine.Param{{Name: "digits", Type: formula.Integer}, {Name: "bytes", Type: formula.Integer},
			value("for"), {Name: "not", Type: formula.ListOf(formula.String)}, {Name: "secret", Type: formula.Boolean}}},
		{Name: "document.status", Params: []engine.Param{{Name: "of", Values: []string{"original"}}, {Name: "to", Required: true, Values: statuses()}}},
		{Name: "answer.read", In: []engine.Port{in}, Out: []engine.Port{{Name: "out", Type: formula.Bytes}}},
		{Name: "store.put", In: []engine.Port{in}, Params: []engine.Param{value("name"), value("file"), value("type")}},
		{Name: "key.create", Out: []engine.Port{{Name: "out"}}, Params: []engine.Param{value("curve"), value("name")}},
		{Name: "entity.set", Params: []engine.Param{value("signing"), value("apiSecret")}},
	} {
		s.Effect, s.Record = engine.Records, func(context.Context, *engine.Step, engine.Tx) (engine.Outputs, error) { return nil, nil }
		r.Register(&s)
	}
	for _, s := range []engine.Spec{
		{Name: "soap.call", Effect: engine.Sends, Params: []engine.Param{{Name: "url", Type: formula.String, Required: true}, {Name: "soapAction", Type: formula.String}, body,
			{Name: "version", Type: formula.String, Values: []string{"1.1", "1.2"}}, value("tls"), value("headers"), value("auth"), {Name: "attachments", Values: []string{"mtom"}}}},
		{Name: "http.call", Effect: engine.Sends, Params: []engine.Param{{Name: "url", Type: formula.String, Required: true}, body, value("tls"), value("headers"), value("auth"),
			{Name: "method", Type: formula.String, Values: []string{"GET", "POST", "PUT"}}}},
		{Name: "notify.webhook", Effect: engine.Sends, Params: []engine.Param{value("event"), value("json")}},
		{Name: "dns.lookup", Effect: engine.Reads, Out: []engine.Port{{Name: "records", Type: formula.ListOf(formula.Any)}},
			Params: []engine.Param{must(value("type")), must(value("name")), value("service")}},
	} {
		s.Prepare = func(context.Context, *engine.Step) (*engine.Call, error) { return nil, nil }
		s.Read = func(*engine.Step, *engine.Response) (engine.Reading, error) { return engine.Reading{}, nil }
		r.Register(&s)
	}
	return &r
}

func statuses() (all []string) {
	for _, s := range engine.DocStatuses {
		all = append(all, string(s))
	}
	return all
}
