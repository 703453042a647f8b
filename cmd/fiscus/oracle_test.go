package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// What the demo signed, sent and archived is judged by programs that are not
// ours: xmlsec1 verifies the signature, xmllint the official schema, for
// numeric and alphanumeric tax ids, with the groups of the reform.
func TestArchivedDocumentsByOtherPrograms(t *testing.T) {
	xmlsec, xmllint := sharedtest.Oracle(t, "xmlsec1"), sharedtest.Oracle(t, "xmllint")
	official := sharedtest.Path(t, "artifacts")
	schemas := filepath.Join(official, "nfe", "PL_010e_NT2025.002_v1.01")
	t.Setenv("FISCUS_ARTIFACTS", official)
	t.Setenv("FISCUS_CACHE", t.TempDir())
	dir := filepath.Join(t.TempDir(), "demo")
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--dir", dir}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, out.String(), errs.String())
	}
	archived, err := filepath.Glob(filepath.Join(dir, "results", "*", "*-procNFe.xml"))
	if err != nil || len(archived) < 5 {
		t.Fatalf("%d archived documents, %v", len(archived), err)
	}
	letters, reform := 0, 0
	for _, file := range archived {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		from, to := bytes.Index(data, []byte("<NFe")), bytes.Index(data, []byte("</NFe>"))
		if from < 0 || to < 0 {
			t.Fatalf("%s holds no note", file)
		}
		note := filepath.Join(t.TempDir(), "note.xml")
		if err := os.WriteFile(note, data[from:to+len("</NFe>")], 0o600); err != nil {
			t.Fatal(err)
		}
		letters += bytes.Count(data, []byte("<CNPJ>12ABC34501DE35</CNPJ>"))
		reform += bytes.Count(data, []byte("<IBSCBS>"))
		judge(t, xmlsec, "--verify", "--enabled-key-data", "x509,key-name,rsa", "--insecure", "--id-attr:Id", "infNFe", note)
		judge(t, xmllint, "--noout", "--nonet", "--schema", filepath.Join(schemas, "nfe_v4.00.xsd"), note)
		judge(t, xmllint, "--noout", "--nonet", "--schema", filepath.Join(schemas, "procNFe_v4.00.xsd"), file)
	}
	if letters == 0 || reform == 0 {
		t.Errorf("letters in a tax id: %d, reform groups: %d", letters, reform)
	}
}

func judge(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", filepath.Base(program), err, tail(string(out)))
	}
}
