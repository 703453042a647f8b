package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// conclude works out what the flow publishes and keeps.
func (r *run) conclude(f *frame, o *Outcome) error {
	if f.failed {
		return nil
	}
	if err := r.publish(f, &o.Findings); err != nil {
		return err
	}
	for i := range f.flow.Results {
		if err := r.keep(f, &f.flow.Results[i]); err != nil {
			o.Findings = append(o.Findings, problems(err, "RUN-RESULT")...)
		}
	}
	return nil
}

// publish publishes the fields whose values are there, also of a run that
// waits: what comes in about the document finds it by them.
func (r *run) publish(f *frame, findings *diag.List) error {
	fields := map[string]any{}
	for _, l := range f.flow.Fields {
		v, err := l.Value.Eval(f.scope)
		if err != nil {
			if findings != nil {
				*findings = append(*findings, problems(err, "RUN-FIELD")...)
			}
			continue
		}
		if v != nil {
			fields[l.Name] = v
		}
	}
	r.report.fields = fields
	data, err := EncodeValue(fields)
	if err != nil {
		return err
	}
	earlier := r.pending.row
	r.pending.row = func(s *Submission) {
		if earlier != nil {
			earlier(s)
		}
		s.Fields = data
	}
	r.pending.more = append(r.pending.more, func(tx LogTx) error { return r.indexFields(tx, fields) })
	return nil
}

// indexFields writes down by which published fields channels find the document.
func (r *run) indexFields(tx LogTx, fields map[string]any) error {
	for name, v := range fields {
		if !r.pkg.findable(name) {
			continue
		}
		text, err := formula.FormatText(v)
		if err != nil {
			continue
		}
		if err := tx.Set(BucketField, fieldKey(r.sub.Environment, r.pkg.Family(), name, text), []byte(r.sub.ID)); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps a result; one whose source is absent vanishes.
func (r *run) keep(f *frame, res *Result) error {
	v, err := res.From.Eval(f.scope)
	if err != nil || v == nil {
		return err
	}
	list, many := v.([]any)
	if !many {
		return r.keepOne(f.scope, res, res.Name, v)
	}
	for i, item := range list {
		s := f.scope.Child()
		s.Set("item", item)
		s.Set("index", number(i))
		if err := r.keepOne(s, res, fmt.Sprintf("%s-%d", res.Name, i+1), item); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) keepOne(s *formula.Scope, res *Result, name string, v any) error {
	data := bytesOf(v)
	if data == nil {
		return diag.Problemf(res.Pos, "RUN-RESULT", "result %q is a %s, not bytes", name, formula.KindOf(v))
	}
	k := Kept{Name: name, SHA256: blobName(data), Size: len(data), Legal: res.Legal, At: r.clock}
	if res.File != nil {
		file, err := res.File.Eval(s)
		if err != nil {
			return err
		}
		k.File, _ = file.(string)
	}
	k.MediaType = mediaType(k.File, data)
	r.report.kept = append(r.report.kept, k)
	r.report.files[k.SHA256] = k
	r.pending.more = append(r.pending.more, func(tx LogTx) error {
		if _, err := tx.Blob(data); err != nil {
			return err
		}
		return tx.Keep(r.sub.ID, k)
	})
	return nil
}

func mediaType(file string, data []byte) string {
	switch strings.ToLower(path.Ext(file)) {
	case ".xml":
		return "application/xml"
	case ".json":
		return "application/json"
	case ".pdf":
		return "application/pdf"
	case ".zip":
		return "application/zip"
	case ".txt":
		return "text/plain"
	}
	if t := mime.TypeByExtension(path.Ext(file)); t != "" {
		return t
	}
	if len(data) > 0 && data[0] == '<' {
		return "application/xml"
	}
	return "application/octet-stream"
}

// finish ends the run.
func (r *run) finish(o Outcome) error {
	to, why := RunCompleted, diag.Problem{}
	if o.Class != Done {
		why = diag.Problem{Rule: reasons[o.Class], Message: strings.TrimSpace(o.Code + " " + o.Text), Hint: PickText(o.Hint, "")}
	}
	if r.top.failed {
		to = RunFailed
		if len(o.Findings) > 0 {
			why.Rule, why.Message, why.Hint = o.Findings[0].Rule, o.Findings[0].Message, o.Findings[0].Hint
		}
	}
	r.pending.more = append(r.pending.more, r.voidNumbers)
	if err := r.runTo(to, why, time.Time{}, ""); err != nil {
		return err
	}
	return r.flush(nil)
}

// voidNumbers records the numbers that were drawn and stand for nothing. One
// that is drawn again under its key is void no more.
func (r *run) voidNumbers(tx LogTx) error {
	row, err := tx.Submission(r.sub.ID)
	if err != nil {
		return err
	}
	switch row.Status {
	case DocNone, DocGenerated, DocSigned, DocRejected:
	default:
		return nil
	}
	drawn, err := tx.Pairs(BucketDrawn, r.sub.ID+"\x1f")
	if err != nil {
		return err
	}
	for _, p := range drawn {
		if err := tx.Set(BucketVoid, strings.TrimPrefix(p.Key, r.sub.ID+"\x1f"), p.Value); err != nil {
			return err
		}
	}
	return nil
}

// messageID is fixed for a step of a submission: the same in every attempt.
func (r *run) messageID(step string) string {
	sum := sha256.Sum256([]byte(r.sub.ID + "\x00" + step))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // RFC 9562, version 8
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// runContext is the name "context".
type runContext struct{ r *run }

// Field returns a part of the context.
func (c runContext) Field(name string) (any, bool, error) {
	s := c.r.sub
	switch name {
	case "environment":
		return string(s.Environment), true, nil
	case "channel":
		return textOrNil(s.Channel), true, nil
	case "runId":
		return s.ID, true, nil
	case "accepted":
		return s.Accepted, true, nil
	case "messageId":
		return c.r.messageID(c.r.step), true, nil
	case "format", "name", "source": // of inbound items
		v, err := c.r.sourceField(name)
		return v, true, err
	}
	return nil, false, nil
}

// sourceField returns a part of the item the submission was made of.
func (r *run) sourceField(name string) (any, error) {
	in, err := r.arrived()
	if in == nil || err != nil {
		return nil, err
	}
	format := reading.Sniff(in.Bytes)
	switch name {
	case "name":
		return in.Name, nil
	case "format":
		return string(format), nil
	}
	if format == reading.XML || format == reading.JSON {
		return formula.ParseTree(in.Bytes, string(format))
	}
	return in.Bytes, nil
}

func (r *run) keys() KeyStore {
	if r.e.hands.Keys != nil {
		return boundKeys(r.e.hands.Keys, r.sub.Environment)
	}
	return noKeys{}
}

func (r *run) artifacts() ArtifactStore {
	if r.e.hands.Artifacts != nil {
		return r.e.hands.Artifacts
	}
	return noArtifacts{}
}

// withReferences returns the document with the fields that name other
// documents replaced by what is known of those.
func (r *run) withReferences(d *document.Document) map[string]any {
	m := d.Value
	for _, ref := range d.References {
		m = replaced(m, ref.Path, &documentView{r: r, id: ref.ID}).(map[string]any)
	}
	return m
}

// replaced copies the way to a place and puts v there.
func replaced(in any, way []string, v any) any {
	if len(way) == 0 {
		return v
	}
	switch x := in.(type) {
	case map[string]any:
		c := make(map[string]any, len(x))
		for k, m := range x {
			c[k] = m
		}
		c[way[0]] = replaced(x[way[0]], way[1:], v)
		return c
	case []any:
		c := append([]any(nil), x...)
		var i int
		if _, err := fmt.Sscan(way[0], &i); err == nil && i >= 0 && i < len(c) {
			c[i] = replaced(c[i], way[1:], v)
		}
		return c
	}
	return in
}

// documentView is another document as formulas see it: status, fields,
// results, document. What is seen of it is journalled.
type documentView struct {
	r    *run
	id   string
	seen map[string]any
}

// Field returns what is known of the document.
func (v *documentView) Field(name string) (any, bool, error) {
	if name == "id" {
		return v.id, true, nil
	}
	if v.seen == nil {
		x, err := v.r.observe("$document/"+v.id, func() (any, error) { return v.r.look(v.id) })
		if err != nil {
			return nil, true, err
		}
		v.seen, _ = x.(map[string]any)
		if v.seen == nil {
			v.seen = map[string]any{}
		}
	}
	switch name {
	case "status", "fields", "document", "flow", "submission":
		return v.seen[name], true, nil
	case "results":
		return &resultView{v.r, v.seen}, true, nil
	}
	return nil, false, nil
}

// look reads what is known of another document.
func (r *run) look(id string) (any, error) {
	s, err := FindDocument(r.ctx, r.e.hands.Log, id, r.sub.Entity, r.sub.Environment)
	if err != nil || s == nil {
		return map[string]any{}, err
	}
	m := map[string]any{"submission": s.ID, "status": string(s.Status), "flow": s.Flow}
	if m["fields"], err = DecodeValue(s.Fields); err != nil {
		return nil, err
	}
	if m["document"], err = r.e.documentOf(r.ctx, s); err != nil {
		return nil, err
	}
	kept, err := r.e.hands.Log.Kept(r.ctx, s.ID)
	results := map[string]any{}
	for _, k := range kept {
		results[k.Name] = k.SHA256
	}
	m["results"] = results
	return m, err
}

func (e *Engine) documentOf(ctx context.Context, s *Submission) (any, error) {
	data, err := e.hands.Log.Blob(ctx, s.Document)
	if err != nil {
		return nil, err
	}
	d, list := e.reader.Read("document", data, e.schemas)
	if err := list.Err(); err != nil {
		return nil, err
	}
	return d.Value, nil
}

// resultView gives the bytes of another document's results.
type resultView struct {
	r    *run
	seen map[string]any
}

// Field returns the bytes of a result.
func (v *resultView) Field(name string) (any, bool, error) {
	names, _ := v.seen["results"].(map[string]any)
	sum, _ := names[name].(string)
	if sum == "" {
		return nil, true, nil
	}
	data, err := v.r.e.hands.Log.Blob(v.r.ctx, sum)
	return data, true, err
}

// original is the document an event speaks of.
func (r *run) original() (any, error) {
	if r.sub.Original == "" {
		return nil, nil
	}
	return &documentView{r: r, id: r.sub.Original}, nil
}

var errNoKeys = errors.New("there are no keys here")
