package api

import (
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Fault is a problem of RFC 9457 with what is known of it: every finding with
// its place in the document, its rule and what to do.
type Fault struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail,omitempty"`
	Rule   string    `json:"rule,omitempty"`
	Hint   string    `json:"hint,omitempty"`
	Errors []Finding `json:"errors,omitempty"`
}

// Finding is one thing that is wrong.
type Finding struct {
	Message  string `json:"message"`
	Rule     string `json:"rule,omitempty"`
	Severity string `json:"severity,omitempty"`
	Location string `json:"location,omitempty"` // JSON pointer into the body
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// GetStatus returns the HTTP status.
func (f *Fault) GetStatus() int { return f.Status }

// Error returns what is wrong.
func (f *Fault) Error() string { return f.Detail }

// ContentType makes the answer a problem.
func (f *Fault) ContentType(string) string { return "application/problem+json" }

// faultOf turns an error of the engine into an answer. What is nobody's fault
// but the service's says nothing of its inside.
func faultOf(err error) error {
	if err == nil {
		return nil
	}
	var known huma.StatusError
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, engine.ErrNotFound) {
		return fault(http.StatusNotFound, "there is no such thing")
	}
	if errors.Is(err, engine.ErrHeld) {
		return fault(http.StatusConflict, "somebody else is at it: try again in a moment")
	}
	findings := findingsOf(err)
	if len(findings) == 0 {
		return fault(http.StatusInternalServerError, "the service failed; its log says why")
	}
	status := http.StatusUnprocessableEntity
	if findings[0].Rule == ruleTaken {
		status = http.StatusConflict
	}
	f := &Fault{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: findings[0].Message, Rule: findings[0].Rule, Hint: findings[0].Hint, Errors: findings}
	return f
}

// ruleTaken is the rule of the engine for an id that stands for another document.
const ruleTaken = "RUN-ID-TAKEN"

func fault(status int, detail string) *Fault {
	return &Fault{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

func findingsOf(err error) (out []Finding) {
	var list diag.List
	var one diag.Problem
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = diag.List{one}
	}
	for _, p := range list {
		out = append(out, Finding{Message: p.Message, Rule: p.Rule, Severity: string(p.Severity), Location: p.Path, Line: p.Pos.Line, Column: p.Pos.Column, Hint: p.Hint})
	}
	return out
}
