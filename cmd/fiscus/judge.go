package main

import (
	"time"

	"github.com/fiscus-project/fiscus/configpkg/profiles"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/packages"
)

// makers lists the kinds of layers beside XML Schema.
func makers() map[string]profile.Maker {
	return map[string]profile.Maker{}
}

// judge returns the engine that judges documents by the shipped profiles and the
// installed official files.
func (a *app) judge(artifactsFlag, day string) (*profile.Engine, error) {
	data, probs := profiles.Read(packages.Files(), "profiles")
	if probs.Grave() {
		return nil, exit(exitInternal, probs)
	}
	store, err := a.openArtifacts(artifactsFlag)
	if err != nil {
		return nil, err
	}
	lib, err := store.Library(artifacts.Choice{Day: day})
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	o := profile.Options{Profiles: data.Profiles, Rulesets: data.Rulesets, Library: lib, Makers: makers(), Now: time.Now}
	if c := a.compiledCache(); c != nil {
		o.Cache = c
	}
	e, probs := profile.New(o)
	if probs.Grave() {
		return nil, exit(exitInternal, probs)
	}
	return e, nil
}
