// Package simulator is an authority as data: what a feature package's
// simulator file says, run in memory on any clock.
//
// Begin with New and Authority.Handle: a request goes in, what the authority
// would do comes out. service/simulate puts it behind real HTTPS; a dry-run
// asks it directly. The model is made by configpkg/load.
package simulator

import (
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Simulator is a loaded simulator file. Its formulas see keep, path, now,
// scenario, member, results, const and the names of let; at, nodes, has,
// source and header with one argument read the request.
type Simulator struct {
	Name      string
	File      string
	Pos       diag.Pos
	ClientTLS bool     // tls: {client: required}
	Keep      []string // names of the maps it remembers
	Scenarios []Scenario
	Routes    []*Route
}

// Scenario is a way the authority behaves, chosen by the request or by name.
type Scenario struct {
	Name string
	When *formula.Program // nil: only by name
	Pos  diag.Pos
}

// Route is an operation of the authority.
type Route struct {
	Name       string
	Method     string // empty: any
	Path       string // "/x/{id}"; empty: any
	SOAPAction string // "*" at the beginning or end stands for anything; empty: any
	Limits     []Limit
	Let        []nodes.Let
	Checks     []Check
	Each       *Each
	Cases      []Case
	Pos        diag.Pos
}

// Limit answers with Reply when more than Count requests come within In.
type Limit struct {
	Count int
	In    time.Duration
	Reply *Reply
}

// Check gives its code to every member (or the request) it does not hold for.
// Exactly one of Schema, Signature, Sealed and That is set.
type Check struct {
	Schema    string           // artifact id; says so and passes when it is not installed
	Signature bool             // the enveloped signature is right
	Sealed    *Sealed          // the seal stands over the text of the document
	That      *formula.Program // must be true
	Of        nodes.Expr       // bytes or a tree inside the request; nil: the payload, or each
	Each      *formula.Program // nodes; nil: the payload
	Code      string
	Text      *formula.Value
	Pos       diag.Pos
}

// Each decides on every document of a request: the first case that holds.
type Each struct {
	In    *formula.Program
	Key   *formula.Program // sees member
	Let   []nodes.Let      // see member and key
	Cases []Case
}

// Case is what happens when When holds.
type Case struct {
	When *formula.Program // nil: always
	Code string
	Text *formula.Value
	Put  []Put

	Lose   bool          // done, but the line breaks before the answer
	Drop   bool          // refuse: connection: read, not done, and the line breaks
	Garble bool          // the answer is cut in the middle
	Delay  time.Duration // before the answer
	Reply  *Reply
	Pos    diag.Pos
}

// Put remembers Value under Key in the map Map, visible after Ready.
type Put struct {
	Map   string
	Key   *formula.Value // nil: the key of the member
	Value nodes.Expr
	Ready time.Duration
	Pos   diag.Pos
}

// Reply is an answer.
type Reply struct {
	Status  int               // zero: 200
	Headers map[string]string // set as they are
	Format  string            // "xml", "soap" (in an envelope), "json", "text"
	Mapping *nodes.Mapping    // of file#part; nil: Data
	Part    string
	Data    nodes.Expr
	Pos     diag.Pos
}
