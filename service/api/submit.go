package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/dryrun"
)

// Row is a submission in lists and after it was handed in.
type Row struct {
	ID          string     `json:"id"`
	Entity      string     `json:"entity"`
	Environment string     `json:"environment" enum:"test,production"`
	Package     string     `json:"package"`
	Version     string     `json:"version"`
	Digest      string     `json:"digest"`
	Flow        string     `json:"flow"`
	DocumentID  string     `json:"documentId,omitempty"`
	Original    string     `json:"original,omitempty" doc:"the submission an event speaks of"`
	Accepted    time.Time  `json:"accepted"`
	Changed     time.Time  `json:"changed"`
	Status      Status     `json:"status"`
	Reason      string     `json:"reason,omitempty"`
	Rule        string     `json:"rule,omitempty"`
	Until       *time.Time `json:"until,omitempty" doc:"of a waiting run: when it goes on"`
}

// Status is where run and document stand: a completed run is not an accepted document.
type Status struct {
	Run      string `json:"run"`
	Document string `json:"document"`
}

func rowOf(s *engine.Submission) Row {
	r := Row{ID: s.ID, Entity: s.Entity, Environment: string(s.Environment), Package: s.Package, Version: s.Version, Digest: s.Digest, Flow: s.Flow,
		DocumentID: s.DocumentID, Original: s.Original, Accepted: s.Accepted, Changed: s.Changed, Status: Status{string(s.Run), string(s.Status)}, Reason: s.Reason, Rule: s.Rule}
	if !s.Until.IsZero() {
		r.Until = &s.Until
	}
	return r
}

type submitInput struct {
	Entity      string `query:"entity" required:"true" doc:"legal entity"`
	Environment string `query:"environment" default:"test" enum:"test,production"`
	Key         string `header:"Idempotency-Key" maxLength:"200" doc:"names this hand-over: the same key with another body is refused"`
	RawBody     []byte `contentType:"application/json"`
}

type submitOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Row
}

type linesInput struct {
	Entity      string `query:"entity" required:"true"`
	Environment string `query:"environment" default:"test" enum:"test,production"`
	RawBody     []byte `contentType:"application/x-ndjson"`
}

type linesOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *Server) submitting() {
	one := op(http.MethodPost, "/v1/submissions", "submit", "Hand over a business document", Submit)
	one.MaxBodyBytes, one.Errors = s.o.MaxDocument, append(one.Errors, http.StatusConflict, http.StatusUnprocessableEntity)
	one.DefaultStatus = http.StatusCreated
	one.Description += " 201: taken. 200: it was taken before; the same submission is returned. The document is known by its own id: handing it over again, with whatever key, makes no second one."
	one.SkipValidateBody = true
	huma.Register(s.api, one, s.submit)
	many := op(http.MethodPost, "/v1/submissions/lines", "submit-lines", "Hand over many business documents, one a line", Submit)
	many.MaxBodyBytes, many.SkipValidateBody = s.o.MaxDocument, true
	many.Description += " The answer has one line for each line of the request: {line, status, submission} or {line, status, fault}."
	huma.Register(s.api, many, s.submitLines)
}

func (s *Server) submit(ctx context.Context, in *submitInput) (*submitOutput, error) {
	row, fresh, err := s.take(ctx, from(ctx).site, in.Entity, in.Environment, in.Key, in.RawBody)
	if err != nil {
		return nil, faultOf(err)
	}
	out := &submitOutput{Status: http.StatusOK, Location: "/v1/submissions/" + row.ID, Body: *row}
	if fresh {
		out.Status = http.StatusCreated
	}
	return out, nil
}

// take hands a document to the engine under the id that the document itself
// gives, and wakes whoever runs it.
func (s *Server) take(ctx context.Context, site *Site, entity, environment, key string, body []byte) (*Row, bool, error) {
	r := &engine.Request{Document: body, File: "body", Entity: entity, Environment: engine.Environment(environment), Channel: "api"}
	d, problems := site.Engine.Read(r)
	if err := problems.Err(); err != nil {
		return nil, false, err
	}
	if site.Engine.Catalog().Entity(entity) == nil {
		return nil, false, fault(http.StatusNotFound, fmt.Sprintf("there is no legal entity %q", entity))
	}
	r.Parsed = d
	id, _ := d.Value["id"].(string)
	r.ID = dryrun.SubmissionID(r, d.Schema, id)
	if err := s.remember(ctx, site, r, key); err != nil {
		return nil, false, err
	}
	_, err := site.Log.Submission(ctx, r.ID)
	fresh := err != nil
	sub, err := site.Engine.Submit(ctx, r)
	if err != nil {
		return nil, false, err
	}
	if fresh && site.Wake != nil {
		site.Wake(sub.ID)
	}
	row := rowOf(sub)
	return &row, fresh, nil
}

const bucketKeys = "api.keys"

// remember binds an idempotency key to the document it came with.
func (s *Server) remember(ctx context.Context, site *Site, r *engine.Request, key string) error {
	if key == "" {
		return nil
	}
	sum := sha256.Sum256(append([]byte(r.Entity+"\x00"+string(r.Environment)+"\x00"), r.Document...))
	digest := hex.EncodeToString(sum[:])
	return site.Log.Write(ctx, engine.Lease{}, func(tx engine.LogTx) error {
		was, err := tx.Get(bucketKeys, key)
		switch {
		case err != nil:
			return err
		case was == nil:
			return tx.Set(bucketKeys, key, []byte(digest))
		case string(was) != digest:
			return fault(http.StatusConflict, "this idempotency key came with another document before")
		}
		return nil
	})
}

// answered is what became of one line.
type answered struct {
	Line       int    `json:"line"`
	Status     int    `json:"status"`
	Submission *Row   `json:"submission,omitempty"`
	Fault      *Fault `json:"fault,omitempty"`
}

func (s *Server) submitLines(ctx context.Context, in *linesInput) (*linesOutput, error) {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	n := 0
	for text := range bytes.Lines(in.RawBody) {
		n++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a := answered{Line: n, Status: http.StatusOK}
		row, fresh, err := s.take(ctx, from(ctx).site, in.Entity, in.Environment, "", text)
		switch {
		case err != nil:
			a.Fault, a.Status = asFault(err)
		case fresh:
			a.Status = http.StatusCreated
			fallthrough
		default:
			a.Submission = row
		}
		if err := to.Encode(a); err != nil {
			return nil, err
		}
	}
	return &linesOutput{"application/x-ndjson", out.Bytes()}, nil
}

func asFault(err error) (*Fault, int) {
	f, ok := faultOf(err).(*Fault)
	if !ok {
		f = fault(http.StatusInternalServerError, "the service failed; its log says why")
	}
	return f, f.Status
}
