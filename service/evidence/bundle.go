package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// Names inside a bundle.
const (
	fileManifest  = "manifest.json"
	fileLink      = "link.json"
	fileSignature = "link.json.minisig"
	fileJournal   = "journal.ndjson"
	folderBlobs   = "blobs/"
	folderResults = "results/"
)

// limits of what is read back
const (
	mostEntries = 100_000
	mostBytes   = 1 << 30
)

// Write puts a sealed submission into w as a ZIP archive: manifest, link, the
// signature of k over the link (k may be nil), journal, all bytes by their
// digest, and results once more under their own names. The same submission
// gives the same bytes.
func Write(ctx context.Context, log engine.Log, id string, k *minisign.Key, w io.Writer) (*Link, error) {
	data, err := log.Get(ctx, bucketOf, id)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return nil, problem(RuleUnsealed, "submission %s has not ended, or was never sealed", id)
	}
	var l Link
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, problem(RuleFormat, "link of %s: %v", id, err)
	}
	b := &writer{zip: zip.NewWriter(w), ctx: ctx, log: log}
	if err := b.bundle(&l, k); err != nil {
		return nil, err
	}
	return &l, b.zip.Close()
}

type writer struct {
	ctx context.Context
	log engine.Log
	zip *zip.Writer
}

func (b *writer) bundle(l *Link, k *minisign.Key) error {
	text, err := b.log.Blob(b.ctx, l.Manifest)
	if err != nil {
		return problem(RuleMissing, "manifest of %s: %v", l.Submission, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return problem(RuleFormat, "manifest of %s: %v", l.Submission, err)
	}
	link, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	journal, _, err := journalOf(b.ctx, b.log, l.Submission)
	if err != nil {
		return err
	}
	if digest(journal) != m.Journal {
		return problem(RuleChanged, "the journal of %s is not the one that was sealed", l.Submission)
	}
	link = append(link, '\n')
	err = errors.Join(b.put(fileManifest, text), b.put(fileLink, link))
	if k != nil {
		err = errors.Join(err, b.put(fileSignature, k.Sign(link, comment(l))))
	}
	return errors.Join(err, b.put(fileJournal, journal), b.blobs(&m))
}

func (b *writer) blobs(m *Manifest) error {
	for _, sum := range m.digests() {
		data, err := b.blob(sum)
		if err != nil {
			return err
		}
		if err := b.put(folderBlobs+sum, data); err != nil {
			return err
		}
	}
	for _, r := range m.Results {
		data, err := b.blob(r.SHA256)
		if err != nil {
			return err
		}
		if err := b.put(resultName(r), data); err != nil {
			return err
		}
	}
	return nil
}

func (b *writer) blob(sum string) ([]byte, error) {
	data, err := b.log.Blob(b.ctx, sum)
	if err != nil {
		return nil, problem(RuleMissing, "bytes %s: %v", sum, err)
	}
	if digest(data) != sum {
		return nil, problem(RuleChanged, "the log holds other bytes than %s", sum)
	}
	return data, nil
}

func (b *writer) put(name string, data []byte) error {
	w, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// WriteChain writes the whole chain of a legal entity, one link a line: beside
// bundles it proves that none of them is missing.
func WriteChain(ctx context.Context, log engine.Log, env engine.Environment, entity string, w io.Writer) error {
	links, err := Chain(ctx, log, env, entity)
	if err != nil {
		return err
	}
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	for i := range links {
		if err := to.Encode(&links[i]); err != nil {
			return err
		}
	}
	return nil
}

// ReadChain reads what WriteChain wrote, from the first link on, and judges
// that each link holds on to the one before.
func ReadChain(r io.Reader) ([]Link, error) {
	d := json.NewDecoder(io.LimitReader(r, mostBytes))
	d.DisallowUnknownFields()
	var out []Link
	var errs []error
	for {
		var l Link
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, problem(RuleFormat, "link %d of the chain: %v", len(out)+1, err)
		}
		var before *Link
		if len(out) > 0 {
			before = &out[len(out)-1]
		}
		errs = append(errs, l.follows(before))
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, problem(RuleFormat, "the file holds no chain")
	}
	return out, errors.Join(errs...)
}

// resultName is where a result stands once more for people: its step's name
// keeps two results of one file name apart.
func resultName(r Result) string { return folderResults + r.Name + "/" + path.Base("/"+r.File) }

func comment(l *Link) string {
	return fmt.Sprintf("evidence of submission %s, link %d of %s, sealed %s", l.Submission, l.Number, l.Entity, l.At.Format(time.RFC3339Nano))
}

// Bundle is a bundle that was read, all of it judged but its signature's key.
type Bundle struct {
	Manifest  Manifest
	Link      Link
	Signature []byte // nil: none
	link      []byte
	files     map[string][]byte
}

// Read reads a bundle and judges it: every byte is what the manifest says, the
// manifest is what the link says, nothing is missing and nothing is beside.
// All problems are told.
func Read(r io.ReaderAt, size int64) (*Bundle, error) {
	files, err := unpack(r, size)
	if err != nil {
		return nil, err
	}
	b := &Bundle{files: files, link: files[fileLink], Signature: files[fileSignature]}
	if err := errors.Join(decode(files, fileManifest, &b.Manifest), decode(files, fileLink, &b.Link)); err != nil {
		return nil, err
	}
	return b, b.judge()
}

func (b *Bundle) judge() error {
	m, l := &b.Manifest, &b.Link
	var errs []error
	say := func(rule, format string, args ...any) { errs = append(errs, problem(rule, format, args...)) }
	if m.Format != Format {
		say(RuleFormat, "%q is no form of a bundle that this program reads", m.Format)
	}
	if digest(b.files[fileManifest]) != l.Manifest || l.Hash != l.sum() {
		say(RuleChanged, "the manifest is not the one that was sealed")
	}
	if l.Submission != m.Submission || l.Entity != m.Entity || l.Environment != m.Environment {
		say(RuleChanged, "link and manifest speak of different submissions")
	}
	if digest(b.files[fileJournal]) != m.Journal {
		say(RuleChanged, "the journal is not the one that was sealed")
	}
	wanted := map[string]string{fileManifest: "", fileLink: "", fileSignature: "", fileJournal: ""}
	for _, sum := range m.digests() {
		wanted[folderBlobs+sum] = sum
	}
	for _, r := range m.Results {
		wanted[resultName(r)] = r.SHA256
	}
	for _, name := range sorted(wanted) {
		data, there := b.files[name]
		switch sum := wanted[name]; {
		case !there && name != fileSignature:
			say(RuleMissing, "%s is missing", name)
		case there && sum != "" && digest(data) != sum:
			say(RuleChanged, "%s has other bytes than those that were sealed", name)
		}
	}
	for _, name := range sorted(b.files) {
		if _, ok := wanted[name]; !ok {
			say(RuleExtra, "%s was never sealed", name)
		}
	}
	return errors.Join(errs...)
}

// SignedBy returns the key that signed the bundle if it is one of keys; an
// error if none of them did, or there is no signature.
func (b *Bundle) SignedBy(keys ...minisign.PublicKey) (minisign.PublicKey, error) {
	if b.Signature == nil {
		return minisign.PublicKey{}, problem(RuleMissing, "the bundle has no signature")
	}
	said, key, err := minisign.Verify(b.link, b.Signature, keys...)
	if err == nil && said != comment(&b.Link) {
		err = problem(RuleChanged, "the signature speaks of something else: %s", said)
	}
	return key, err
}

func decode(files map[string][]byte, name string, into any) error {
	data, ok := files[name]
	if !ok {
		return problem(RuleFormat, "%s is missing: the file is no bundle of evidence", name)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return problem(RuleFormat, "%s: %v", name, err)
	}
	return nil
}

// unpack reads the files of an archive, bounded. Bytes that belong to no file
// are refused too: the archive must be the one that Write makes of its files.
func unpack(r io.ReaderAt, size int64) (map[string][]byte, error) {
	z, err := zip.NewReader(r, size)
	if err != nil || len(z.File) > mostEntries {
		return nil, problem(RuleFormat, "the file is no bundle of evidence: %v", err)
	}
	files := map[string][]byte{}
	left := int64(mostBytes)
	var again bytes.Buffer
	w := &writer{zip: zip.NewWriter(&again)}
	for _, f := range z.File {
		data, err := read(f, left)
		if err != nil {
			return nil, problem(RuleChanged, "%s: %v", strings.ToValidUTF8(f.Name, "?"), err)
		}
		if _, twice := files[f.Name]; twice {
			return nil, problem(RuleExtra, "%s stands twice", f.Name)
		}
		left -= int64(len(data))
		files[f.Name] = data
		if err := w.put(f.Name, data); err != nil {
			return nil, problem(RuleFormat, "%s: %v", f.Name, err)
		}
	}
	if err := w.zip.Close(); err != nil {
		return nil, err
	}
	whole := make([]byte, size)
	if _, err := r.ReadAt(whole, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(whole, again.Bytes()) {
		return nil, problem(RuleChanged, "the archive holds bytes that belong to none of its files, or was packed by another program")
	}
	return files, nil
}

func read(f *zip.File, most int64) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		err = errors.New("too large")
	}
	return data, err
}
