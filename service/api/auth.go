package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Right is what an operation takes.
type Right string

// The rights.
const (
	See       Right = "see"       // rows, status, logs: no content of documents
	Read      Right = "read"      // documents, results, calls, evidence
	Submit    Right = "submit"    // hand documents in
	Intervene Right = "intervene" // resume, cancel
	Judge     Right = "judge"     // dry-run and explain
	Public    Right = "none"      // health
)

// Role is what a principal is to a tenant.
type Role string

// roles are the rights of each role. Admin has all.
var roles = map[Role][]Right{
	"admin":     {See, Read, Submit, Intervene, Judge},
	"operator":  {See, Read, Submit, Intervene, Judge},
	"publisher": {See, Judge},
	"approver":  {See, Judge},
	"auditor":   {See, Read},
	"viewer":    {See},
}

// Roles lists the names of the roles, sorted.
func Roles() []Role {
	var out []Role
	for r := range roles {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// May reports whether a role has a right.
func (r Role) May(right Right) bool { return slices.Contains(roles[r], right) }

// Principal is who a credential stands for.
type Principal struct {
	Tenant string
	Role   Role
	Name   string // of the key, for logs
}

// KeyFinder finds who an API key stands for.
type KeyFinder interface {
	// Principal returns who holds the key at that time; an error if nobody does.
	Principal(ctx context.Context, key string, now time.Time) (Principal, error)
}

// Key is an API key as it is kept: its secret only as a digest. A secret is 32
// bytes at random, so that nothing is gained by guessing against the digest.
type Key struct {
	ID      string    `json:"id"`
	Tenant  string    `json:"tenant"`
	Role    Role      `json:"role"`
	Name    string    `json:"name"`
	SHA256  string    `json:"sha256"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

const keyPrefix = "fsk_"

// NewKey makes a key. The text is shown once and kept nowhere.
func NewKey(tenant string, role Role, name string, now, expires time.Time) (Key, string, error) {
	if len(roles[role]) == 0 {
		return Key{}, "", fmt.Errorf("there is no role %q\n    hint: one of %v", role, Roles())
	}
	b := make([]byte, 38)
	if _, err := rand.Read(b); err != nil {
		return Key{}, "", err
	}
	id, secret := hex.EncodeToString(b[:6]), base64.RawURLEncoding.EncodeToString(b[6:])
	sum := sha256.Sum256([]byte(secret))
	return Key{ID: id, Tenant: tenant, Role: role, Name: name, SHA256: hex.EncodeToString(sum[:]), Created: now.UTC(), Expires: expires.UTC()},
		keyPrefix + id + "_" + secret, nil
}

// Ring is a list of keys, as a file of JSON holds them.
type Ring []Key

// ParseRing reads a list of keys.
func ParseRing(data []byte) (Ring, error) {
	var r Ring
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("list of keys: %w", err)
	}
	return r, nil
}

var errNobody = errors.New("the key is not known, or its time is over")

// Principal finds who a key stands for.
func (r Ring) Principal(_ context.Context, key string, now time.Time) (Principal, error) {
	id, secret, ok := strings.Cut(strings.TrimPrefix(key, keyPrefix), "_")
	sum := sha256.Sum256([]byte(secret))
	text := hex.EncodeToString(sum[:])
	for _, k := range r {
		if k.ID != id {
			continue
		}
		same := subtle.ConstantTimeCompare([]byte(k.SHA256), []byte(text)) == 1
		if ok && same && strings.HasPrefix(key, keyPrefix) && (k.Expires.IsZero() || now.Before(k.Expires)) {
			return Principal{Tenant: k.Tenant, Role: k.Role, Name: k.Name}, nil
		}
	}
	return Principal{}, errNobody
}

// authorize lets a request through to an operation when its key has the right.
// Without a good key the answer is the same for every path that needs one.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	right, _ := ctx.Operation().Extensions[needs].(string)
	if Right(right) == Public {
		next(ctx)
		return
	}
	key, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
	p, err := s.o.Keys.Principal(ctx.Context(), key, s.o.Now())
	site := s.o.Sites[p.Tenant]
	if !ok || err != nil || site == nil {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="fiscus"`)
		_ = huma.WriteErr(s.api, ctx, http.StatusUnauthorized, "a key of this service is wanted: Authorization: Bearer fsk_...")
		return
	}
	if right == "" || !p.Role.May(Right(right)) {
		_ = huma.WriteErr(s.api, ctx, http.StatusForbidden, fmt.Sprintf("the role %s may not do this: it takes the right %q", p.Role, right))
		return
	}
	next(huma.WithValue(ctx, callerKey{}, &caller{p, site}))
}
