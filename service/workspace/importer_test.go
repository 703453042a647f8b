package workspace_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/service/workspace"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// The newest version in the range is taken, from the data folder before what
// is shipped; the package that imports runs with it and names it.
func TestImporter(t *testing.T) {
	t.Parallel()
	data := fstest.MapFS{
		"packages/zz/parts@1.2.0/package.yaml": file("package: zz/parts\nversion: 1.2.0\nlibrary: true\n"),
		"packages/zz/parts@1.9/package.yaml":   file("package: zz/parts\nversion: \"1.9\"\nlibrary: true\n"),
		"packages/zz/parts@2.0.0/package.yaml": file("package: zz/parts\nversion: 2.0.0\nlibrary: true\n"),
		"packages/zz/parts/package.yaml":       file("package: zz/parts\nversion: 1.3.0\nlibrary: true\n"),
		"packages/zz/notes/package.yaml":       file("package: zz/notes\nversion: 1.0.0\ndocuments: [invoice/1]\nimports: {parts: zz/parts@>=1 <2}\n"),
		"packages/zz/lost/package.yaml":        file("package: zz/lost\nversion: 1.0.0\nimports: {parts: zz/parts@>=3}\n"),
		"entities/shop.yaml":                   file("entity: shop\ncountry: ZZ\nname: Shop\n"),
		"deployments/test.yaml":                file("deployment: test\nenvironment: test\nuse:\n  - {package: zz/notes, entities: [shop]}\n"),
	}
	shipped := fstest.MapFS{"zz/parts/package.yaml": file("package: zz/parts\nversion: 1.20.0\nlibrary: true\n")}
	w, err := workspace.Open(workspace.Options{Data: data, Shipped: shipped, Registry: actions.Registry()})
	if err != nil {
		t.Fatal(err)
	}
	p := w.Bundle("zz/notes", "").Package
	if len(p.Imports) != 1 || p.Imports[0].Version != "1.20.0" {
		t.Fatalf("%+v", p.Imports)
	}

	lost := workspace.Options{Data: data, Packages: []workspace.Given{{Place: "lost", Files: mustSub(t, data, "packages/zz/lost")}}, Try: true, Entity: "shop", Registry: actions.Registry()}
	if _, err := workspace.Open(lost); err == nil || !strings.Contains(err.Error(), "lost/package.yaml:3:18") || !strings.Contains(err.Error(), "there is version 1.2.0, 1.9, 2.0.0, 1.3.0") {
		t.Errorf("%v", err)
	}

	changed := errors.New("the files are not those of the release")
	_, err = workspace.Importer{Data: data, Verify: func(fs.FS, string) (*life.Record, error) { return nil, changed }}.Import("zz/parts", ">=1")
	if !errors.Is(err, changed) {
		t.Errorf("a package that is not as released is imported: %v", err)
	}
}

func mustSub(t *testing.T, files fs.FS, dir string) fs.FS {
	t.Helper()
	out, err := fs.Sub(files, dir)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
