package artifacts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// ImportFrom imports a folder, a ZIP file or a ZIP file at an https address.
// It is the only place that fetches, and only because the user named the address.
func (s *Store) ImportFrom(ctx context.Context, from string, like Manifest, progress Progress) ([]*Manifest, error) {
	if u, err := url.Parse(from); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		data, err := download(ctx, u)
		if err != nil {
			return nil, diag.Problemf(diag.Pos{File: from}, RuleImport, "%v", err)
		}
		if like.Source == "" {
			like.Source = from
		}
		return s.ImportZip(data, like, progress)
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, diag.Problemf(diag.Pos{File: from}, RuleImport, "%v", err)
	}
	if info.IsDir() {
		return s.Import(os.DirFS(from), like, progress)
	}
	if info.Size() > maxFile {
		return nil, diag.Problemf(diag.Pos{File: from}, RuleImport, "archive of %d bytes, at most %d are read", info.Size(), maxFile)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return nil, diag.Problemf(diag.Pos{File: from}, RuleImport, "%v", err)
	}
	return s.ImportZip(data, like, progress)
}

func download(ctx context.Context, u *url.URL) ([]byte, error) {
	if host := u.Hostname(); u.Scheme != "https" && host != "127.0.0.1" && host != "::1" && host != "localhost" {
		return nil, fmt.Errorf("only https addresses are fetched")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return data, err
}
