package main

import (
	"encoding/xml"
	"os"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/cover"
)

// writeJUnit writes the results of package tests in the form that build servers
// read: a suite a package, a case a test.
func writeJUnit(file string, reports []*cover.Report) error {
	var all junitSuites
	for _, r := range reports {
		s := junitSuite{Name: r.Package, Tests: len(r.Tests), Failures: r.Failed}
		for _, t := range r.Tests {
			s.Cases = append(s.Cases, junitOf(r, t))
		}
		all.Suites = append(all.Suites, s)
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append([]byte(xml.Header), append(data, '\n')...), 0o644)
}

func junitOf(r *cover.Report, t cover.Result) junitCase {
	c := junitCase{Name: t.Name, Class: r.Package, File: t.File, Line: t.Pos.Line}
	if !t.Passed {
		var b strings.Builder
		writeProblems(&b, t.Problems)
		c.Failure = &junitText{Message: t.Problems[0].Message, Text: b.String()}
	}
	return c
}
