package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/evidence"
)

type listInput struct {
	Entity      string    `query:"entity"`
	Environment string    `query:"environment" enum:"test,production"`
	Run         []string  `query:"run" doc:"statuses of the run"`
	Document    []string  `query:"document" doc:"statuses of the document"`
	DocumentID  string    `query:"documentId"`
	Since       time.Time `query:"since" doc:"taken at or after"`
	After       string    `query:"after" doc:"id of the last one of the page before"`
	Limit       int       `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type listOutput struct {
	Body struct {
		Submissions []Row  `json:"submissions"`
		Next        string `json:"next,omitempty" doc:"pass as after; absent on the last page"`
	}
}

type idInput struct {
	ID string `path:"id" maxLength:"100"`
}

type rowOutput struct{ Body Row }

// raw is JSON in the shape that the commands of the same name print.
type rawOutput struct{ Body json.RawMessage }

type fileInput struct {
	ID     string `path:"id" maxLength:"100"`
	SHA256 string `path:"sha256" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]+$"`
}

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Digest      string `header:"Repr-Digest"`
	Body        []byte
}

func (s *Server) looking() {
	huma.Register(s.api, op(http.MethodGet, "/v1/submissions", "list", "What was handed over, the oldest first", See), s.list)
	huma.Register(s.api, op(http.MethodGet, "/v1/submissions/{id}", "status", "Where a submission stands", See), s.status)
	huma.Register(s.api, op(http.MethodGet, "/v1/submissions/{id}/log", "log", "Everything known of a submission: steps, calls, results, findings", Read), s.log)
	huma.Register(s.api, op(http.MethodGet, "/v1/submissions/{id}/files/{sha256}", "file", "A document, result, request or answer of a submission", Read), s.file)
	huma.Register(s.api, op(http.MethodGet, "/v1/submissions/{id}/evidence", "evidence", "The sealed bundle of a submission that has ended", Read), s.evidence)
}

func (s *Server) list(ctx context.Context, in *listInput) (*listOutput, error) {
	q := engine.Query{Entity: in.Entity, Environment: engine.Environment(in.Environment), DocumentID: in.DocumentID, Since: in.Since, After: in.After, Limit: in.Limit + 1}
	for _, r := range in.Run {
		q.Run = append(q.Run, engine.RunStatus(r))
	}
	for _, d := range in.Document {
		q.Status = append(q.Status, engine.DocStatus(d))
	}
	found, err := from(ctx).site.Log.Find(ctx, q)
	if err != nil {
		return nil, faultOf(err)
	}
	out := &listOutput{}
	out.Body.Submissions = []Row{}
	for i, f := range found {
		if i == in.Limit {
			out.Body.Next = found[i-1].ID
			break
		}
		out.Body.Submissions = append(out.Body.Submissions, rowOf(f))
	}
	return out, nil
}

func (s *Server) status(ctx context.Context, in *idInput) (*rowOutput, error) {
	sub, err := from(ctx).site.Log.Submission(ctx, in.ID)
	if err != nil {
		return nil, faultOf(err)
	}
	return &rowOutput{rowOf(sub)}, nil
}

func (s *Server) log(ctx context.Context, in *idInput) (*rawOutput, error) {
	r, err := from(ctx).site.Engine.Report(ctx, in.ID)
	if err != nil {
		return nil, faultOf(err)
	}
	return rawOf(r)
}

func rawOf(v any) (*rawOutput, error) {
	data, err := json.Marshal(v)
	return &rawOutput{data}, faultOf(err)
}

// file returns bytes that belong to the submission: those of no other one can
// be had by guessing digests.
func (s *Server) file(ctx context.Context, in *fileInput) (*fileOutput, error) {
	log := from(ctx).site.Log
	sub, err := log.Submission(ctx, in.ID)
	if err != nil {
		return nil, faultOf(err)
	}
	name, media, ok, err := belongs(ctx, log, sub, in.SHA256)
	if err != nil {
		return nil, faultOf(err)
	}
	if !ok {
		return nil, fault(http.StatusNotFound, "the submission has no such file")
	}
	data, err := log.Blob(ctx, in.SHA256)
	if err != nil {
		return nil, faultOf(err)
	}
	return attachment(name, media, data), nil
}

func belongs(ctx context.Context, log engine.Log, sub *engine.Submission, sum string) (name, media string, ok bool, err error) {
	if sub.Document == sum {
		return "document.json", "application/json", true, nil
	}
	kept, err := log.Kept(ctx, sub.ID)
	if err != nil {
		return "", "", false, err
	}
	for _, k := range kept {
		if k.SHA256 == sum {
			return k.File, k.MediaType, true, nil
		}
	}
	entries, err := log.Journal(ctx, sub.ID)
	if err != nil {
		return "", "", false, err
	}
	for _, e := range entries {
		for _, b := range e.Blobs {
			if b == sum {
				return sum[:16], "application/octet-stream", true, nil
			}
		}
	}
	return "", "", false, nil
}

var plainName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func attachment(name, media string, data []byte) *fileOutput {
	if media == "" {
		media = "application/octet-stream"
	}
	return &fileOutput{ContentType: media, Body: data, Digest: "sha-256=:" + digest64(data) + ":",
		Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": plainName.ReplaceAllString(name, "_")})}
}

func (s *Server) evidence(ctx context.Context, in *idInput) (*fileOutput, error) {
	site := from(ctx).site
	l, err := evidence.Seal(ctx, site.Log, in.ID, s.o.Version, s.o.Now())
	if err != nil {
		return nil, faultOf(err)
	}
	if l == nil {
		return nil, fault(http.StatusConflict, "the run has not ended: what is known of it can still change")
	}
	var out bytes.Buffer
	if _, err := evidence.Write(ctx, site.Log, in.ID, nil, &out); err != nil {
		return nil, faultOf(err)
	}
	return attachment(fmt.Sprintf("%s.evidence.zip", in.ID), "application/zip", out.Bytes()), nil
}
