package life

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// Names inside an archive.
const (
	archivedRecord    = "release.yaml"
	archivedSignature = "release.yaml.minisig"
	archivedLog       = "release.log"
	archivedFiles     = "package"
)

// Archive writes a release as a ZIP file without compression and times: the
// same bytes for the same release, whoever makes it and when.
func Archive(w io.Writer, x *Release) error {
	z := zip.NewWriter(w)
	err := errors.Join(put(z, archivedRecord, x.Record.Text()), put(z, archivedSignature, x.Signature))
	if err == nil && x.Log != nil {
		err = put(z, archivedLog, x.Log)
	}
	if err == nil {
		err = putFiles(z, archivedFiles+"/", x.Files)
	}
	return errors.Join(err, z.Close())
}

// ArchiveFiles writes the files of a package alone, as Archive does.
func ArchiveFiles(w io.Writer, files fs.FS) error {
	z := zip.NewWriter(w)
	return errors.Join(putFiles(z, "", files), z.Close())
}

func put(z *zip.Writer, name string, data []byte) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = f.Write(data)
	}
	return err
}

func putFiles(z *zip.Writer, prefix string, files fs.FS) error {
	names, err := load.Files(files)
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err == nil {
			err = put(z, prefix+name, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Unpack reads an archive that one of the keys has signed.
func Unpack(data []byte, keys []minisign.PublicKey) (*Release, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, malformed("it can't be read")
	}
	text, err1 := fs.ReadFile(z, archivedRecord)
	signature, err2 := fs.ReadFile(z, archivedSignature)
	log, _, err3 := fileBeside(z, archivedLog)
	files, err4 := fs.Sub(z, archivedFiles)
	if errors.Join(err1, err2, err3, err4) != nil {
		return nil, malformed("it has no release record")
	}
	x, err := Carried("archive", text, signature, log, files, keys)
	var p diag.Problem
	var l diag.List
	if err != nil && !errors.As(err, &p) && !errors.As(err, &l) { // of the archive, not of what it holds
		return nil, malformed("a file in it was changed")
	}
	if err != nil {
		return nil, err
	}
	var again bytes.Buffer
	if err := Archive(&again, x); err != nil {
		return nil, malformed("it can't be read")
	}
	if !bytes.Equal(again.Bytes(), data) {
		return nil, malformed("it holds something that is not of the release")
	}
	return x, nil
}

// Carried judges a release that came from elsewhere: its signature by one of
// the keys, its log, and that the files are those of the record. A draft is
// not carried.
func Carried(place string, text, signature, log []byte, files fs.FS, keys []minisign.PublicKey) (*Release, error) {
	x, err := judge(place, text, signature, log, keys)
	if err != nil {
		return nil, err
	}
	if x.Record.State == Draft {
		return nil, diag.Problem{Rule: RuleState, Message: "a draft is not archived"}
	}
	x.Files = files
	return x, x.Record.Fits(place, files)
}

func malformed(what string) error {
	return diag.Problem{Rule: RuleArchive, Message: "the archive is not as fiscus package build writes it: " + what, Hint: "get it again from the publisher"}
}
