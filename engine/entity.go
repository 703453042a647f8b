package engine

import (
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Environment is "test" or "production"; what is bound to one is never mixed
// with the other.
type Environment string

// The environments.
const (
	Test       Environment = "test"
	Production Environment = "production"
)

// Entity is a legal entity with its parameters, as its file says.
type Entity struct {
	ID         string
	Fields     map[string]any                             // everything but parameters, as formulas see it: country, region, zone, name, taxId, ...
	Parameters map[string]map[string]Expr                 // by package id and name
	In         map[Environment]map[string]map[string]Expr // the same for one environment only
	Tables     map[string]map[string][]Row                // by package id and table: rows it replaces
	Positions  map[string]diag.Pos                        // by "package/parameter", in In with "environment:" before it
	Texts      map[string]map[string]Words                // by package id and code or rule
	File       string
	Pos        diag.Pos
}

// Deployment says what is in force for whom.
type Deployment struct {
	Name        string
	Environment Environment
	Use         []Use
	Pos         diag.Pos
}

// Use deploys one package version for entities from a date on.
type Use struct {
	Package  string // id
	Version  string // empty: the one given
	Entities []string
	From     civil.Date // zero: always
	Release  Calendar   // of the release in the environment of the deployment
	Pos      diag.Pos
}
