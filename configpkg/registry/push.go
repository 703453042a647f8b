package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// ParseReference reads xx/name, xx/name@version, and either with @digest.
func ParseReference(text string) (r Reference, err error) {
	parts := strings.Split(text, "@")
	r.ID = parts[0]
	for _, p := range parts[1:] {
		to := &r.Version
		if strings.HasPrefix(p, "sha256:") || strings.HasPrefix(p, "h1:") {
			to = &r.Digest
		}
		if *to != "" || p == "" {
			return r, fmt.Errorf("%q is no reference of a package", text)
		}
		*to = p
	}
	if !life.ValidID(r.ID) || r.Version != "" && !life.ValidVersion(r.Version) {
		return r, fmt.Errorf("%q is no reference of a package", text)
	}
	return r, nil
}

// Push puts a release into the repository of its package and returns the
// digest of the manifest. A version that is there with the same files gets the
// release record besides; with other files it is refused.
func Push(ctx context.Context, to Repository, x *life.Release) (digest string, err error) {
	var files bytes.Buffer
	if err := life.ArchiveFiles(&files, x.Files); err != nil {
		return "", err
	}
	pkg, err := pack(ctx, to, manifest{kind: TypePackage, blobs: []blob{{typeFiles, files.Bytes()}}, notes: map[string]string{
		ocispec.AnnotationTitle: x.Record.Package, ocispec.AnnotationVersion: x.Record.Version, "dev.fiscus.digest": x.Record.Digest}},
		func(d ocispec.Descriptor) error { return free(ctx, to, x.Record, d) })
	if err != nil {
		return "", failed(err)
	}
	blobs := []blob{{typeRecord, x.Record.Text()}, {typeSignature, x.Signature}}
	if x.Log != nil {
		blobs = append(blobs, blob{typeLog, x.Log})
	}
	if _, err := pack(ctx, to, manifest{kind: TypeRelease, subject: &pkg, blobs: blobs, notes: map[string]string{"dev.fiscus.state": string(x.Record.State)}}, nil); err != nil {
		return "", failed(err)
	}
	// The tag comes last: whoever finds it finds all.
	if err := to.Tag(ctx, pkg, x.Record.Version); err != nil {
		return "", failed(err)
	}
	return pkg.Digest.String(), nil
}

// free reports whether a version is not yet there with another manifest.
func free(ctx context.Context, to Repository, r *life.Record, d ocispec.Descriptor) error {
	old, err := to.Resolve(ctx, r.Version)
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return nil
	case err != nil:
		return err
	case old.Digest != d.Digest:
		return diag.Problem{Rule: RuleTaken, Message: fmt.Sprintf("%s@%s is in the registry with other files: %s there, %s here", r.Package, r.Version, old.Digest, d.Digest),
			Hint: "what was published never changes: give the change a version of its own"}
	}
	return nil
}

type blob struct {
	kind string
	data []byte
}

type manifest struct {
	kind    string
	subject *ocispec.Descriptor
	blobs   []blob
	notes   map[string]string
}

// pack pushes blobs and their manifest; before anything is pushed, may is
// asked with the manifest's descriptor.
func pack(ctx context.Context, to Repository, m manifest, may func(ocispec.Descriptor) error) (ocispec.Descriptor, error) {
	m.notes[ocispec.AnnotationCreated] = created
	options := oras.PackManifestOptions{Subject: m.subject, ManifestAnnotations: m.notes}
	for _, b := range m.blobs {
		options.Layers = append(options.Layers, content.NewDescriptorFromBytes(b.kind, b.data))
	}
	if may != nil {
		d, err := oras.PackManifest(ctx, nowhere{}, oras.PackManifestVersion1_1, m.kind, options)
		if err == nil {
			err = may(d)
		}
		if err != nil {
			return d, err
		}
	}
	for i, b := range m.blobs {
		has, err := to.Exists(ctx, options.Layers[i])
		if err == nil && !has {
			err = to.Push(ctx, options.Layers[i], bytes.NewReader(b.data))
		}
		if err != nil && !errors.Is(err, errdef.ErrAlreadyExists) {
			return ocispec.Descriptor{}, err
		}
	}
	d, err := oras.PackManifest(ctx, to, oras.PackManifestVersion1_1, m.kind, options)
	if errors.Is(err, errdef.ErrAlreadyExists) {
		err = nil
	}
	return d, err
}
