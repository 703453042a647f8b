package main

import (
	"io/fs"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/profiles"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/schematron/layer"
	"github.com/fiscus-project/fiscus/packages"
	"github.com/fiscus-project/fiscus/service/host"
)

// makers lists the kinds of layers beside XML Schema.
func (a *app) makers() map[string]profile.Maker {
	texts := layer.Texts{Language: a.language()}
	if words, err := fs.Sub(packages.Files(), "words"); err == nil {
		texts.Files = words
	}
	return map[string]profile.Maker{"schematron": layer.Maker(texts)}
}

// judge returns the engine that judges documents by the shipped profiles and the
// installed official files.
func (a *app) judge(artifactsFlag, day string) (*profile.Engine, error) {
	e, _, err := a.official(artifactsFlag, day)
	return e, err
}

func (a *app) official(artifactsFlag, day string) (*profile.Engine, *artifacts.Library, error) {
	data, probs := profiles.Read(packages.Files(), "profiles")
	if probs.Grave() {
		return nil, nil, exit(exitInternal, probs)
	}
	store, err := a.openArtifacts(artifactsFlag)
	if err != nil {
		return nil, nil, err
	}
	lib, err := store.Library(artifacts.Choice{Day: day})
	if err != nil {
		return nil, nil, exit(exitEnvironment, err)
	}
	o := profile.Options{Profiles: data.Profiles, Rulesets: data.Rulesets, Library: lib, Makers: a.makers(), Now: time.Now}
	if c := a.compiledCache(); c != nil {
		o.Cache = c
	}
	e, probs := profile.New(o)
	if probs.Grave() {
		return nil, nil, exit(exitInternal, probs)
	}
	return e, lib, nil
}

// artifactStore finds the official files that packages name. Why they cannot be
// read is said when one is asked for.
func (a *app) artifactStore() engine.ArtifactStore {
	e, lib, err := a.official("", "")
	if err != nil {
		return unreadable{err}
	}
	return &host.Artifacts{Library: lib, Judge: e}
}

// unreadable is an artifact store that cannot be opened.
type unreadable struct{ err error }

func (u unreadable) Validator(*engine.Artifact) (engine.Validator, error) { return nil, u.err }
