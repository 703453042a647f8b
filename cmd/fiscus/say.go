package main

import (
	"errors"
	"fmt"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// say prints one thing: v in the JSON formats, else the text.
func (a *app) say(v any, format string, args ...any) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		return a.json(v)
	}
	_, err = fmt.Fprintf(a.stdout, format, args...)
	return err
}

// asProblem returns err as a problem; another error becomes one of rule
// RUN-INTERNAL.
func asProblem(err error) diag.Problem {
	var p diag.Problem
	if errors.As(err, &p) {
		return p
	}
	return diag.Problem{Rule: "RUN-INTERNAL", Message: err.Error(), Err: err}
}
