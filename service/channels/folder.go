package channels

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
)

// Folder is a folder of this machine that a channel looks into.
type Folder struct {
	Channel
	Dir string
}

// Poll takes every file that stands in the folder, in the order of names, and
// moves it where the channel says. A file that could not be taken because the
// log failed stays where it is; the error tells of it.
func (f *Folder) Poll(ctx context.Context) ([]engine.Item, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return nil, err
	}
	var out []engine.Item
	var errs []error
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return out, errors.Join(append(errs, err)...)
		}
		if e.IsDir() || !f.wanted(e.Name()) {
			continue
		}
		item, err := f.take(ctx, e.Name())
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name(), err))
			continue
		}
		out = append(out, *item)
	}
	return out, errors.Join(errs...)
}

// wanted reports whether a file is one of the channel's: hidden ones and those
// of another name are left alone.
func (f *Folder) wanted(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	if f.Channel.Channel.Accepts == "" {
		return true
	}
	ok, err := path.Match(f.Channel.Channel.Accepts, name)
	return err == nil && ok
}

func (f *Folder) take(ctx context.Context, name string) (*engine.Item, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	item, err := f.Engine.Take(ctx, f.Package, f.Channel.Channel, f.Environment, engine.Incoming{Name: name, Bytes: data})
	if err != nil {
		return nil, err
	}
	to := f.Channel.Channel.Done
	if item.Status == engine.ItemParked {
		to = f.Channel.Channel.Parked
	}
	return item, f.move(name, to)
}

// read returns the bytes of a file, of one that is too large one byte more
// than the channel takes: enough to be parked.
func (f *Folder) read(name string) ([]byte, error) {
	file, err := os.Open(filepath.Join(f.Dir, name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	limit := f.Channel.Channel.Size
	if limit == 0 {
		limit = engine.DefaultItem
	}
	return io.ReadAll(io.LimitReader(file, limit+1))
}

// move puts a file into a folder below that of the channel. A file of the same
// name that is there already keeps its place.
func (f *Folder) move(name, to string) error {
	if to == "" {
		return nil
	}
	dir := filepath.Join(f.Dir, filepath.FromSlash(to))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		target := filepath.Join(dir, name)
		if n > 1 {
			target = filepath.Join(dir, fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, ext), n, ext))
		}
		switch _, err := os.Lstat(target); {
		case errors.Is(err, fs.ErrNotExist):
			return os.Rename(filepath.Join(f.Dir, name), target)
		case err != nil:
			return err
		case n > 10_000:
			return fmt.Errorf("%s holds too many files of the name %s", dir, name)
		}
	}
}
