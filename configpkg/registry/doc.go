// Package registry carries released packages to and from registries of OCI
// artifacts, and folders that are laid out as such (OCI image layout). Both are
// one thing here: a Repository for each package.
//
// Begin with Push, Pull and Versions.
//
// It promises: the manifest of a package depends on its files, id and version
// alone, so that equal files have equal digests everywhere; a version that is
// taken is not replaced; what comes in is judged by digest, release record and
// signature of a trusted key before Pull returns it.
//
// Source: OCI Image Format Specification 1.1, manifest and image layout; OCI
// Distribution Specification 1.1, referrers.
package registry

import (
	"context"

	"oras.land/oras-go/v2"
)

// The rule ids of this room.
const (
	RuleMissing = "CFG-REGISTRY-MISSING" // a registry has no such package, version or release
	RuleTaken   = "CFG-REGISTRY-TAKEN"   // a version is in the registry already, with other files
	RuleContent = "CFG-REGISTRY-CONTENT" // what a registry holds is not a package as this program pushes it
	RuleFailed  = "NET-REGISTRY"         // a registry can't be reached, or refuses
)

// Types of what is pushed.
const (
	TypePackage   = "application/vnd.fiscus.package.v1"
	TypeRelease   = "application/vnd.fiscus.release.v1"
	typeFiles     = "application/vnd.fiscus.package.files.v1+zip"
	typeRecord    = "application/vnd.fiscus.release.record.v1+yaml"
	typeSignature = "application/vnd.fiscus.release.signature.v1+minisign"
	typeLog       = "application/vnd.fiscus.release.log.v1"
)

// created is the time in every manifest: it must not depend on when it is made.
const created = "1970-01-01T00:00:00Z"

// maxBlob bounds what is fetched, in bytes.
const maxBlob = 64 << 20

// Repository holds the versions of one package, each under its tag.
type Repository interface {
	oras.GraphTarget
	// Tags calls f with the tags, in pages.
	Tags(ctx context.Context, last string, f func(tags []string) error) error
}

// Reference names a package in a registry.
type Reference struct {
	ID      string
	Version string // empty: the newest
	Digest  string // sha256:... of the manifest, or h1:... of the files; empty: not pinned
}
