package wire

import (
	"context"
	"net/url"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// OAuth declares the action "oauth.token".
func OAuth() *engine.Spec {
	params := slices.DeleteFunc(common(), func(p engine.Param) bool { return p.Name == "body" || p.Name == "auth" })
	return &engine.Spec{
		Name:    "oauth.token",
		Since:   "0.1",
		Summary: "Ask an authorization server for an access token. Fit for the flow that makes a held object: the token is then shared, sealed and renewed.",
		Source:  "RFC 6749, clauses 2.3.1, 4.3, 4.4 and 6; RFC 7521, clause 4; RFC 8707",
		Effect:  engine.Reads,
		Params: append(params,
			engine.Param{Name: "grant", Type: formula.String, Default: "client_credentials", Values: []string{"client_credentials", "password", "refresh_token", "assertion"}, Doc: "What the token is asked for with."},
			engine.Param{Name: "client", Type: formula.String, Doc: "Client id."},
			engine.Param{Name: "secret", Type: formula.Any, Doc: "Client secret, by reference."},
			engine.Param{Name: "authenticate", Type: formula.String, Default: "basic", Values: []string{"basic", "body"}, Doc: "Where id and secret of the client go: the Authorization header, or the body."},
			engine.Param{Name: "scope", Type: formula.String, Doc: "Scopes, parted by blanks."},
			engine.Param{Name: "resource", Type: formula.String, Doc: "The service the token is for."},
			engine.Param{Name: "user", Type: formula.Any, Doc: "Of grant password."},
			engine.Param{Name: "password", Type: formula.Any, Doc: "Of grant password, by reference."},
			engine.Param{Name: "token", Type: formula.Any, Doc: "Of grant refresh_token: the earlier token."},
			engine.Param{Name: "assertion", Type: formula.Any, Doc: "Of grant assertion: the signed statement."},
			engine.Param{Name: "type", Type: formula.String, Default: "urn:ietf:params:oauth:grant-type:jwt-bearer", Doc: "Of grant assertion: what kind of statement it is."},
			engine.Param{Name: "more", Type: formula.MapOf(nil, true), Doc: "Further fields that a server wants, by name."},
		),
		Out: []engine.Port{{Name: "out", Type: formula.Any, Doc: "The answer as a tree: access_token, token_type, expires_in, or error and error_description."}},
		Example: `id: token
action: oauth.token
with: {url: "https://login.example/token", client: fiscus, secret: =param.secret, scope: invoices}
answer: {code: '=at("error") ?? (if has("access_token") {"ok"} else {nil})', codes: {ok: {class: done}, invalid_client: {class: precondition}}}
`,
		Prepare: prepareOAuth,
		Read:    readHTTP,
	}
}

// wanted are the parameters that each grant cannot do without.
var wanted = map[string][]string{
	"client_credentials": {"client", "secret"}, "password": {"user", "password"}, "refresh_token": {"token"}, "assertion": {"assertion"},
}

func prepareOAuth(_ context.Context, s *engine.Step) (*engine.Call, error) {
	grant := s.Text("grant")
	for _, name := range wanted[grant] {
		if s.Value(name) == nil {
			return nil, problem(RuleAuth, "grant %s takes %s", grant, name)
		}
	}
	c, err := newCall(s, "POST")
	if err != nil {
		return nil, err
	}
	fields := tokenFields(s, grant)
	if err := clientAuth(c, s, fields); err != nil {
		return nil, err
	}
	b, err := form(fields)
	if err != nil {
		return nil, err
	}
	setBody(c, b.pieces, b.typ)
	if !hasHeader(c, "Accept") {
		c.Header = append(c.Header, engine.HeaderField{Name: "Accept", Value: text("application/json")})
	}
	return c, nil
}

// tokenFields are the fields of the request by their names on the wire.
func tokenFields(s *engine.Step, grant string) map[string]any {
	fields := map[string]any{"grant_type": grant, "scope": s.Value("scope"), "resource": s.Value("resource")}
	switch grant {
	case "password":
		fields["username"], fields["password"] = s.Value("user"), s.Value("password")
	case "refresh_token":
		fields["refresh_token"] = s.Value("token")
	case "assertion":
		fields["grant_type"], fields["assertion"] = s.Text("type"), s.Value("assertion")
	}
	more, _ := s.Value("more").(map[string]any)
	for name, v := range more {
		if fields[name] == nil {
			fields[name] = v
		}
	}
	return fields
}

// clientAuth says who the client is. In the header, id and secret are escaped
// as in a form before they are joined (RFC 6749, clause 2.3.1).
func clientAuth(c *engine.Call, s *engine.Step, fields map[string]any) error {
	client, secret := s.Value("client"), s.Value("secret")
	switch {
	case client == nil:
		return nil
	case secret == nil || s.Text("authenticate") == "body":
		fields["client_id"], fields["client_secret"] = client, secret
		return nil
	}
	pair := make([]any, 2)
	for i, v := range []any{client, secret} {
		p, err := piece(v)
		if err != nil {
			return problem(RuleAuth, "a %s is no client id or secret", formula.KindOf(v))
		}
		if p, err = altered(p, url.QueryEscape); err != nil {
			return err
		}
		if pair[i] = string(p.Bytes); p.Secret != nil {
			pair[i] = *p.Secret
		}
	}
	return auth(c, map[string]any{"basic": pair})
}
