package registry

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// nowhere takes what is pushed and forgets it: packing into it tells digests.
type nowhere struct{}

// Push reads all and keeps nothing.
func (nowhere) Push(_ context.Context, _ ocispec.Descriptor, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// Exists never does.
func (nowhere) Exists(context.Context, ocispec.Descriptor) (bool, error) { return false, nil }

// statusNotFound is what a registry says of a package nobody has pushed.
const statusNotFound = 404

// Versions returns the versions of a package, the newest first.
func Versions(ctx context.Context, from Repository) (out []string, err error) {
	err = from.Tags(ctx, "", func(tags []string) error {
		for _, t := range tags {
			if life.ValidVersion(t) { // other tags may be there: of referrers, of people
				out = append(out, t)
			}
		}
		return nil
	})
	var answer *errcode.ErrorResponse
	none := errors.Is(err, errdef.ErrNotFound) || errors.As(err, &answer) && answer.StatusCode == statusNotFound
	if err != nil && !none {
		return nil, failed(err)
	}
	slices.SortFunc(out, func(a, b string) int { return engine.CompareVersions(b, a) })
	return out, nil
}

// Pull fetches a release and judges it: every byte by its digest, the record
// by a signature of one of the keys, the files by the digest of the record. Of
// several records of one package the one furthest on its way is taken.
func Pull(ctx context.Context, from Repository, ref Reference, keys []minisign.PublicKey) (*life.Release, string, error) {
	pkg, err := find(ctx, from, ref)
	if err != nil {
		return nil, "", err
	}
	m, blobs, err := fetch(ctx, from, pkg, TypePackage)
	if err != nil {
		return nil, "", failed(err)
	}
	z, err := zip.NewReader(bytes.NewReader(blobs[typeFiles]), int64(len(blobs[typeFiles])))
	if err != nil {
		return nil, "", wrong("%s holds no archive of files", ref.ID)
	}
	x, err := release(ctx, from, pkg, ref, z, keys)
	if err != nil {
		return nil, "", err
	}
	r := x.Record
	var again bytes.Buffer
	if err := life.ArchiveFiles(&again, z); err != nil || !bytes.Equal(again.Bytes(), blobs[typeFiles]) {
		return nil, "", wrong("the archive of %s is not as this program writes it", ref.ID)
	}
	switch {
	case r.Package != ref.ID || ref.Version != "" && engine.CompareVersions(r.Version, ref.Version) != 0,
		m.Annotations[ocispec.AnnotationTitle] != r.Package, m.Annotations[ocispec.AnnotationVersion] != r.Version:
		return nil, "", wrong("the registry gives %s@%s for %s", r.Package, r.Version, strings.TrimSuffix(ref.ID+"@"+ref.Version, "@"))
	case strings.HasPrefix(ref.Digest, "h1:") && ref.Digest != r.Digest:
		return nil, "", diag.Problem{Rule: life.RuleDigest, Message: fmt.Sprintf("%s@%s has digest %s, asked for was %s", r.Package, r.Version, r.Digest, ref.Digest)}
	}
	return x, pkg.Digest.String(), nil
}

// find resolves a reference to the manifest of a package.
func find(ctx context.Context, from Repository, ref Reference) (ocispec.Descriptor, error) {
	name := ref.Version
	if name == "" && !strings.HasPrefix(ref.Digest, "sha256:") {
		all, err := Versions(ctx, from)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		if len(all) == 0 {
			return ocispec.Descriptor{}, diag.Problem{Rule: RuleMissing, Message: "the registry has no version of " + ref.ID}
		}
		name = all[0]
	}
	if name == "" {
		name = ref.Digest
	}
	d, err := from.Resolve(ctx, name)
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return d, missing(ctx, from, ref, name)
	case err != nil:
		return d, failed(err)
	case strings.HasPrefix(ref.Digest, "sha256:") && d.Digest.String() != ref.Digest:
		return d, diag.Problem{Rule: life.RuleDigest, Message: fmt.Sprintf("%s@%s has digest %s in the registry, asked for was %s", ref.ID, name, d.Digest, ref.Digest)}
	}
	return d, nil
}

func missing(ctx context.Context, from Repository, ref Reference, name string) error {
	p := diag.Problem{Rule: RuleMissing, Message: fmt.Sprintf("the registry has no %s@%s", ref.ID, name)}
	if all, err := Versions(ctx, from); err == nil && len(all) > 0 {
		p.Hint = "it has " + strings.Join(all, ", ")
	}
	return p
}

// release finds the release record of a package among what refers to it.
func release(ctx context.Context, from Repository, pkg ocispec.Descriptor, ref Reference, files *zip.Reader, keys []minisign.PublicKey) (*life.Release, error) {
	all, err := from.Predecessors(ctx, pkg)
	if err != nil {
		return nil, failed(err)
	}
	var best *life.Release
	var stranger error
	for _, d := range all { // what each is, only its manifest says reliably
		_, blobs, err := fetch(ctx, from, d, TypeRelease)
		if errors.Is(err, errOther) {
			continue
		}
		if err != nil {
			return nil, failed(err)
		}
		x, err := life.Carried(ref.ID, blobs[typeRecord], blobs[typeSignature], blobs[typeLog], files, keys)
		var p diag.Problem
		if errors.As(err, &p) && p.Rule == minisign.RuleKey {
			stranger = err // anybody may attach to a package; who is not trusted is not heard
			continue
		}
		if err != nil {
			return nil, err
		}
		if best == nil || life.Later(x.Record, best.Record) {
			best = x
		}
	}
	switch {
	case best != nil:
		return best, nil
	case stranger != nil:
		return nil, stranger
	}
	return nil, diag.Problem{Rule: RuleMissing, Message: "the registry has no release record of " + ref.ID, Hint: "fiscus package push puts it there with the package"}
}

var errOther = errors.New("a manifest of another kind")

// fetch reads a manifest of a kind and its blobs, each by its digest.
func fetch(ctx context.Context, from Repository, d ocispec.Descriptor, kind string) (m ocispec.Manifest, blobs map[string][]byte, err error) {
	text, err := whole(ctx, from, d)
	if err != nil {
		return m, nil, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, nil, wrong("%s is no manifest", d.Digest)
	}
	if m.ArtifactType != kind {
		if kind == TypeRelease {
			return m, nil, errOther
		}
		return m, nil, wrong("%s is no feature package, but %q", d.Digest, m.ArtifactType)
	}
	blobs = map[string][]byte{}
	for _, l := range m.Layers {
		if _, twice := blobs[l.MediaType]; twice {
			return m, nil, wrong("%s has a part twice", d.Digest)
		}
		if blobs[l.MediaType], err = whole(ctx, from, l); err != nil {
			return m, nil, err
		}
	}
	return m, blobs, nil
}

func whole(ctx context.Context, from Repository, d ocispec.Descriptor) ([]byte, error) {
	if d.Size > maxBlob {
		return nil, wrong("%s has %d bytes, more than a package may have", d.Digest, d.Size)
	}
	return content.FetchAll(ctx, from, d)
}

func wrong(format string, args ...any) error {
	return diag.Problem{Rule: RuleContent, Message: fmt.Sprintf(format, args...), Hint: "get it from the publisher, or another registry"}
}

// failed makes a problem of an error of a registry; problems stay as they are.
func failed(err error) error {
	var p diag.Problem
	var l diag.List
	switch {
	case errors.As(err, &p), errors.As(err, &l):
		return err
	case errors.Is(err, content.ErrMismatchedDigest), errors.Is(err, content.ErrTrailingData), errors.Is(err, content.ErrInvalidDescriptorSize), errors.Is(err, errdef.ErrNotFound):
		return diag.Problem{Rule: RuleContent, Message: "the registry does not hold what its digests say: " + err.Error(), Err: err}
	}
	return diag.Problem{Rule: RuleFailed, Message: "the registry: " + err.Error(), Hint: "is the address right, the registry up, and may this account do it?", Err: err}
}
