package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fiscus-project/fiscus/engine"
)

func digest64(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

type wordInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"kept in the log of the submission, with who said it"`
	}
}

func (s *Server) intervening() {
	resume := op(http.MethodPost, "/v1/submissions/{id}/resume", "resume", "Let a parked or failed run go on; nothing that may be with the authority is sent again", Intervene)
	huma.Register(s.api, resume, func(ctx context.Context, in *wordInput) (*rowOutput, error) {
		return s.word(ctx, in, (*engine.Engine).Resume)
	})
	cancel := op(http.MethodPost, "/v1/submissions/{id}/cancel", "cancel", "End a run of which nothing is or may be with the authority", Intervene)
	huma.Register(s.api, cancel, func(ctx context.Context, in *wordInput) (*rowOutput, error) {
		return s.word(ctx, in, (*engine.Engine).Cancel)
	})
}

func (s *Server) word(ctx context.Context, in *wordInput, do func(e *engine.Engine, ctx context.Context, id, who, reason string) error) (*rowOutput, error) {
	c := from(ctx)
	if err := do(c.site.Engine, ctx, in.ID, c.Name, in.Body.Reason); err != nil {
		return nil, faultOf(err)
	}
	sub, err := c.site.Log.Submission(ctx, in.ID)
	if err != nil {
		return nil, faultOf(err)
	}
	if !sub.Run.Ended() && c.site.Wake != nil {
		c.site.Wake(sub.ID)
	}
	return &rowOutput{rowOf(sub)}, nil
}

type judgeInput struct {
	Entity      string `query:"entity" required:"true"`
	Environment string `query:"environment" default:"test" enum:"test,production"`
	RawBody     []byte `contentType:"application/json"`
}

func (s *Server) judging() {
	for _, o := range []struct {
		operation huma.Operation
		run       func(context.Context, *engine.Engine, *engine.Request) (any, error)
	}{
		{op(http.MethodPost, "/v1/dry-run", "dry-run", "What a run would do: nothing leaves, nothing is kept", Judge), func(ctx context.Context, e *engine.Engine, r *engine.Request) (any, error) {
			return e.DryRun(ctx, r, nil, 0)
		}},
		{op(http.MethodPost, "/v1/explain", "explain", "Which flow a document takes, and why not the others", Judge), func(ctx context.Context, e *engine.Engine, r *engine.Request) (any, error) {
			return e.Explain(ctx, r)
		}},
	} {
		o.operation.MaxBodyBytes, o.operation.SkipValidateBody = s.o.MaxDocument, true
		huma.Register(s.api, o.operation, func(ctx context.Context, in *judgeInput) (*rawOutput, error) {
			e := from(ctx).site.Engine
			if e.Catalog().Entity(in.Entity) == nil {
				return nil, fault(http.StatusNotFound, "there is no such legal entity")
			}
			got, err := o.run(ctx, e, &engine.Request{Document: in.RawBody, File: "body", Entity: in.Entity, Environment: engine.Environment(in.Environment)})
			if err != nil {
				return nil, faultOf(err)
			}
			return rawOf(got)
		})
	}
}

// PackageRow is a package in use.
type PackageRow struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

type packagesOutput struct {
	Body struct {
		Packages []PackageRow `json:"packages"`
	}
}

func (s *Server) configured() {
	huma.Register(s.api, op(http.MethodGet, "/v1/packages", "packages", "The packages in use", See), func(ctx context.Context, _ *struct{}) (*packagesOutput, error) {
		out := &packagesOutput{}
		out.Body.Packages = []PackageRow{}
		for _, p := range from(ctx).site.Engine.Catalog().Packages() {
			out.Body.Packages = append(out.Body.Packages, PackageRow{p.ID, p.Version, p.Digest})
		}
		return out, nil
	})
}

type healthOutput struct {
	Body struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}
}

func (s *Server) health() {
	o := op(http.MethodGet, "/health", "health", "Whether the service answers", Public)
	o.Security, o.Errors = []map[string][]string{}, nil
	huma.Register(s.api, o, func(context.Context, *struct{}) (*healthOutput, error) {
		out := &healthOutput{}
		out.Body.Status, out.Body.Version = "ok", s.o.Version
		return out, nil
	})
}
