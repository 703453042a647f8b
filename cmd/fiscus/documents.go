package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/dryrun"
)

// maxDocument is the size in bytes of the largest business document.
const maxDocument = 64 << 20

// documentFiles returns the JSON files that args name; a folder stands for
// those in it and below.
func documentFiles(args []string) (files []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, exit(exitNotFound, fmt.Errorf("there is no file or folder %s", arg))
		}
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(name string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(name), ".json") {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, exit(exitEnvironment, err)
		}
		if len(files) == before {
			return nil, exit(exitNotFound, fmt.Errorf("there is no file *.json in %s\n    hint: a business document is a JSON file; docs/document-invoice.md lists its fields", arg))
		}
	}
	return files, nil
}

func readDocument(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, exit(exitNotFound, err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, exit(exitEnvironment, err)
	}
	if len(data) > maxDocument {
		return nil, exit(exitFindings, fmt.Errorf("%s is larger than %d bytes", file, maxDocument))
	}
	return data, nil
}

// submissionID names the submission of a document.
func submissionID(e *engine.Engine, r *engine.Request) string {
	schema, id := "", ""
	if d, problems := e.Read(r); !problems.Grave() {
		schema = d.Schema
		id, _ = d.Value["id"].(string)
	}
	return dryrun.SubmissionID(r, schema, id)
}
