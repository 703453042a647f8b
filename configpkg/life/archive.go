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
	archivedFiles     = "package"
)

// Archive writes a package with its record and signature as a ZIP file without
// compression and times: the same bytes for the same package, whoever makes it
// and when.
func Archive(w io.Writer, files fs.FS, r *Record, signature []byte) error {
	names, err := load.Files(files)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	put := func(name string, data []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	if err := errors.Join(put(archivedRecord, r.Text()), put(archivedSignature, signature)); err != nil {
		return err
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err == nil {
			err = put(archivedFiles+"/"+name, data)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// Unpack reads an archive that one of the keys has signed.
func Unpack(data []byte, keys []minisign.PublicKey) (r *Record, signature []byte, files fs.FS, err error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, nil, malformed("it can't be read")
	}
	text, err1 := fs.ReadFile(z, archivedRecord)
	signature, err2 := fs.ReadFile(z, archivedSignature)
	files, err3 := fs.Sub(z, archivedFiles)
	if errors.Join(err1, err2, err3) != nil {
		return nil, nil, nil, malformed("it has no release record")
	}
	if r, err = judge("archive", text, signature, false, keys); err != nil {
		return nil, nil, nil, err
	}
	if r.State == Draft {
		return nil, nil, nil, diag.Problem{Rule: RuleState, Message: "a draft is not archived"}
	}
	if err := r.Fits("archive", files); err != nil {
		return nil, nil, nil, err
	}
	var again bytes.Buffer
	if err := Archive(&again, files, r, signature); err != nil {
		return nil, nil, nil, malformed("it can't be read")
	}
	if !bytes.Equal(again.Bytes(), data) {
		return nil, nil, nil, malformed("it holds something that is not of the release")
	}
	return r, signature, files, nil
}

func malformed(what string) error {
	return diag.Problem{Rule: RuleArchive, Message: "the archive is not as fiscus package build writes it: " + what, Hint: "get it again from the publisher"}
}
