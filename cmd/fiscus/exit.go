package main

import (
	"errors"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// The exit codes, a contract of the command line.
const (
	exitOK          = 0  // accepted, pending, or nothing to report
	exitFindings    = 1  // findings in a package or document, or no flow
	exitUsage       = 2  // wrong usage
	exitRefused     = 3  // refused by the authority
	exitNotFound    = 4  // what was named does not exist
	exitEnvironment = 5  // secret, address or environment
	exitUndecided   = 6  // undecided or parked
	exitDrift       = 7  // a plan no longer fits
	exitInternal    = 70 // a fault of this program
)

// exitError carries an exit code and, unless quiet, what to say.
type exitError struct {
	code  int
	err   error
	quiet bool // the command has said it already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit returns an error that ends the program with code after saying err.
func exit(code int, err error) error { return &exitError{code: code, err: err} }

// exitQuiet ends the program with code; everything was said. Code 0 is no error.
func exitQuiet(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code, quiet: true}
}

// codeOf returns the exit code for an error of a command.
func codeOf(err error) int {
	var e *exitError
	var p diag.Problem
	var l diag.List
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &l), errors.As(err, &p):
		return exitFindings
	}
	return exitInternal
}
