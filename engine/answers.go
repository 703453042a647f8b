package engine

import (
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Answers says what the codes of an authority mean.
type Answers struct {
	Name    string
	File    string
	Pos     diag.Pos
	Inputs  []Input
	Let     []Let
	Code    *formula.Program // absent value: the transport code is looked up
	Text    *formula.Program
	Part    *formula.Program // bytes as received
	Fields  []Let
	Pause   Expr // duration
	Members *Members

	Codes   map[string][]*Answer // alternatives in order; "HTTP-429", "CONNECT" and "FAULT" too
	Table   map[string]*Answer   // rows of the table file; Codes win
	Ranges  []AnswerRange
	Default *Answer             // nil: the code of the transport decides
	List    map[string]diag.Pos // all codes the authority documents; nil without a list
}

// Members says what each member of a batch got.
type Members struct {
	Each   *formula.Program
	Key    *formula.Program // sees member
	Code   *formula.Program
	Text   *formula.Program
	Part   *formula.Program
	Fields []Let
}

// Answer is the meaning of one code.
type Answer struct {
	If     *formula.Program // nil: always
	Class  Class
	Status DocStatus // empty: unchanged
	Wait   Expr      // duration
	Raise  string
	Field  string // business field the authority complains of
	Hint   Text
	Pos    diag.Pos
}

// AnswerRange gives numeric codes From to To a meaning, never a status.
type AnswerRange struct {
	From, To int
	Answer   *Answer
}

// RuleSet is a list of checks on the business document.
type RuleSet struct {
	Name   string
	File   string
	Inputs []Input
	Let    []Let
	Checks []Check
}

// Check is one rule in the sender's words.
type Check struct {
	ID     string
	Each   *formula.Program // nil: once
	Item   string           // loop names of Each
	Index  string
	Let    []Let
	When   *formula.Program // nil: always
	Assert *formula.Program
	Fatal  bool
	Field  string // business field, as a path; empty: from Assert
	Source string
	Says   Text
	Hint   Text
	Pos    diag.Pos
}
