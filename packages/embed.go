// Package packages embeds the feature packages that ship with Fiscus: data
// only, one folder a package, named by country and purpose.
package packages

import (
	"embed"
	"io/fs"
)

//go:embed */*
var files embed.FS

// Files returns the shipped packages as a tree: "xx/name/package.yaml".
func Files() fs.FS { return files }

// List returns the sorted ids of the shipped packages: "xx/name".
func List() []string {
	found, _ := fs.Glob(files, "*/*/package.yaml")
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f[:len(f)-len("/package.yaml")]
	}
	return ids
}

// Package returns the files of the package id, rooted at its folder.
func Package(id string) (fs.FS, error) {
	if _, err := fs.Stat(files, id+"/package.yaml"); err != nil {
		return nil, err
	}
	return fs.Sub(files, id)
}
