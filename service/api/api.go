// Package api is the HTTP interface by which other systems hand over business
// documents and ask what became of them.
//
// Begin with New. The document that describes the interface is made from the
// operations (OpenAPI 3.1, at /openapi.json); faults are problems as RFC 9457
// has them.
//
// It promises: who has no credential learns nothing, not even what exists; a
// credential belongs to one tenant and sees only what is the tenant's; the same
// document handed in many times, at once or after a lost answer, is one
// submission.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/fiscus-project/fiscus/engine"
)

// Site is what one tenant works with: an engine over a log that no other
// tenant has.
type Site struct {
	Engine *engine.Engine
	// Log is that of the engine, with what notes events and seals evidence.
	Log engine.Log
	// Wake tells whoever runs submissions that there is one to go on with.
	Wake func(id string)
	// Artifacts, secrets and clock reach the engine by its hands.
}

// Options say what is served.
type Options struct {
	Version string
	Sites   map[string]*Site // by tenant
	Keys    KeyFinder
	Now     func() time.Time
	// MaxDocument is the size of the largest business document in bytes;
	// default 64 MiB.
	MaxDocument int64
	// Poll is how often a stream of events looks for new ones; default 300 ms.
	Poll time.Duration
}

const defaultMaxDocument = 64 << 20

// Server is the interface as an http.Handler.
type Server struct {
	o    Options
	mux  *http.ServeMux
	api  huma.API
	done chan struct{}
}

// New returns the interface over the sites.
func New(o Options) *Server {
	if o.MaxDocument == 0 {
		o.MaxDocument = defaultMaxDocument
	}
	if o.Poll == 0 {
		o.Poll = 300 * time.Millisecond
	}
	s := &Server{o: o, mux: http.NewServeMux(), done: make(chan struct{})}
	c := huma.DefaultConfig("Fiscus", o.Version)
	c.DocsPath, c.SchemasPath = "", ""
	c.CreateHooks = nil // no link to a schema in answers: their bytes are the record
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer", Description: "An API key of a tenant."}}
	c.Security = []map[string][]string{{"key": {}}}
	s.api = humago.New(s.mux, c)
	s.api.UseMiddleware(s.authorize)
	s.routes()
	return s
}

// Close ends the streams of events, so that a server can stop.
func (s *Server) Close() { close(s.done) }

// OpenAPI returns the description of the interface.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

func (s *Server) routes() {
	s.health()
	s.submitting()
	s.looking()
	s.intervening()
	s.judging()
	s.configured()
	s.listening()
}

// caller is who asks, and what is theirs.
type caller struct {
	Principal
	site *Site
}

type callerKey struct{}

// from returns the caller that the middleware found. Every operation that has
// no credential check in its description is registered without it and must not
// ask.
func from(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// needs says in the description of an operation which right it takes.
const needs = "x-fiscus-right"

// op describes an operation.
func op(method, path, id, summary string, right Right) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Extensions: map[string]any{needs: string(right)},
		Description: "Right: " + string(right) + ".", Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}}
}
