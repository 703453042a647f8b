package engine

import (
	"io/fs"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Package is a loaded and compiled feature package. It is read-only and safe
// for concurrent use.
type Package struct {
	ID        string // "xx/name"
	Version   string // compared as numbers
	Digest    string // "h1:..." over sorted (path, sha256) of its files, and over the digests of what it imports
	Title     Text
	Engine    string   // range of engine versions it runs on
	Documents []string // "invoice/1"
	Library   bool     // no flows, only for imports

	Extension     formula.Type // of ext; Any without a schema
	ExtensionJSON []byte       // the structural schema of ext; nil without one
	Date          *formula.Program

	Imports []Import // the packages whose files it uses, in the order they were found

	Parameters []Parameter
	Const      []Let
	State      []State
	Artifacts  []Artifact
	Glossary   map[string]Text

	Flows    []*Flow                     // sorted by name
	Mappings map[string]*nodes.Mapping   // by file path inside the package: "mappings/a.yaml"
	Readings map[string]*reading.Reading // by file path
	Answers  map[string]*Answers         // by file path
	Rules    map[string]*RuleSet         // by file path
	Tables   map[string]*Table           // by name
	Channels []*Channel                  // in order of their files

	Files fs.FS // the package's files, for whoever needs the text
	Base  *Base // of an overlay: the package it changes; nil otherwise
}

// Base names the unmodified package an overlay is made of.
type Base struct {
	Package string `json:"package"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// Family is the id under which everything goes that a package shares with its
// overlays: numbers and other state, parameters of legal entities, rows and
// texts of theirs, the extension of documents. So a legal entity that goes over
// to an overlay counts on where it was.
func (p *Package) Family() string {
	if p.Base != nil {
		return p.Base.Package
	}
	return p.ID
}

// Flow returns the flow of that name, or nil.
func (p *Package) Flow(name string) *Flow {
	for _, f := range p.Flows {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Import is another package that a package uses files of.
type Import struct {
	Alias   string // "ubl"; "ubl:base" for what ubl imports as base
	Package string
	Version string
	Digest  string // of its files
}

// Text is a text for people by language; "" is the language that is not said.
// A text may have holes, filled when it is shown.
type Text map[string]*formula.Value

// Parameter is what a legal entity sets for a package.
type Parameter struct {
	Name     string
	Type     formula.Type
	Required bool
	Default  *formula.Value // nil without one
	Values   []string       // the allowed ones; empty: all
	Open     bool           // other packages may add values
	Doc      Text
	Pos      diag.Pos
}

// Let is a named value, worked out when it is first used.
type Let struct {
	Name  string
	Value Expr
	Pos   diag.Pos
}

// Expr yields a value in a scope: a *formula.Value (literal, formula, text
// with holes, plain structure) or a *nodes.Data (structure of the node
// language).
type Expr interface {
	Eval(*formula.Scope) (any, error)
}

// Input is a declared input of a flow, mapping, fragment, rules or answers file.
type Input = nodes.Input

// Artifact names an official file of a bundle that is never in the package.
type Artifact struct {
	ID     string
	Kind   string   // "xsd", "schematron", "jsonschema", "wsdl", "codelist"
	Bundle string   // "family/release"
	Entry  string   // path inside the bundle
	With   []string // further files of the bundle that are judged by together with it
	SHA256 string   // of the entry, hex; empty: not pinned
	From   string   // first and last document date, as in tables; empty: always
	To     string
	Pos    diag.Pos
}

// State is an object that outlives a submission.
type State struct {
	Name  string
	Kind  string // "counter", "mode", "held", "pace", "cursor"; others are refused while loading
	Per   []*formula.Program
	PerBy []string // the texts of Per, for messages
	Pos   diag.Pos

	From, To *formula.Value // counter: first and last number
	GapFree  bool           // counter: gaps: none

	Values []string              // mode
	Start  string                // mode: the value in the beginning
	Enter  map[string]*ModeEnter // mode: by value
	Leave  *ModeLeave            // mode: the way back to Start
	Warn   *formula.Value        // mode: duration after which a mode other than Start is warned of

	Make, Renew, End string           // held: flows
	Until            *formula.Program // held: instant after which an instance is good no more; sees made
	Uses             int              // held: by how many runs of a flow an instance may be used; zero: any
	Idle             *formula.Value   // held: duration without use after which it is good no more

	Limits []PaceLimit // pace
}

// ModeEnter says when and by whom a mode is entered.
type ModeEnter struct {
	Raised   string // counts the raise of answers
	Count    int
	In       *formula.Value // duration
	Probe    string         // flow of kind probe; done allows the change
	By       []string       // "engine", "operator", "document"
	Required bool           // a reason is required
}

// ModeLeave says how a mode is left by itself.
type ModeLeave struct {
	Every *formula.Value // duration
	Probe string
	By    []string
}

// PaceLimit is how many calls may be made in what time.
type PaceLimit struct {
	Count int
	In    *formula.Value // duration
}
