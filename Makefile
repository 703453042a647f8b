# Everything a person does with this repository. `make help` lists the targets.
GO        ?= go
PKGS      ?= ./...
FUZZTIME  ?= 20s
BENCHTIME ?= 1s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build demo test race lint fuzz bench conform generate coverage verify check

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | expand -t 12

build: ## static binary in ./bin
	$(GO) build -trimpath -o bin/fiscus ./cmd/fiscus

demo: build ## the main job on the simulated authorities, no services needed
	./bin/fiscus demo

test: ## unit tests, scripts, package tests, shuffled
	$(GO) test -shuffle=on $(PKGS)

race: ## the same under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -shuffle=on $(PKGS)

lint: ## gofmt, vet, staticcheck, package lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet $(PKGS)
	$(GO) run $(STATICCHECK) $(PKGS)
	@set -e; for p in packages/*/*/package.yaml; do [ -e "$$p" ] || continue; $(GO) run ./cmd/fiscus package lint $$(dirname $$p); done

fuzz: ## every fuzz target for FUZZTIME each
	@set -e; for p in $$($(GO) list $(PKGS)); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	  echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$p; done; done

bench: ## the table of goals beside the peers that are installed
	$(GO) run ./internal/figures -benchtime $(BENCHTIME)

conform: ## conformance tables: passed / skipped / failed per standard
	FISCUS_CONFORM=1 $(GO) test -count=1 -v -run 'Conformance' $(PKGS) | grep -E '^(---|ok|FAIL|panic)|passed' | grep -v 'no tests to run' ; exit $${PIPESTATUS[0]}
conform: SHELL := /bin/bash

generate: ## reference pages, editor schemas, rule list, golden files
	$(GO) test ./actions ./cmd/fiscus ./configpkg/lint ./configpkg/load ./configpkg/schema ./schemas -skip 'Killed|Stopped' -update

coverage: build ## what the tests of the shipped packages reach and notice, into docs/package-coverage.md (takes minutes)
	FISCUS_ARTIFACTS=$${FISCUS_ARTIFACTS:-../shared/artifacts} ./bin/fiscus package test $(patsubst %/package.yaml,%,$(wildcard packages/*/*/package.yaml)) \
	  --coverage --mutate --mutants 600 --table docs/package-coverage.md >/dev/null

verify: generate ## generate, then fail if the tree changed
	git diff --exit-code

check: lint test verify ## run before pushing
