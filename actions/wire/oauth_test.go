package wire

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
)

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	pw := secret(t, "acme/pw", "p:w&ä")
	const url = "https://login.example/token"
	const head = "POST " + url + "\n"
	const tail = "Content-Type: application/x-www-form-urlencoded\nAccept: application/json\n\n"
	for name, test := range map[string]struct {
		values map[string]any
		want   string
	}{
		// The credentials of RFC 6749, clause 2.3.1, hold nothing to escape; ours do.
		"basic": {map[string]any{"client": "s6B hdRkqt3", "secret": pw, "scope": "a b"},
			head + "Authorization: Basic {acme/pw:czZCK2hkUmtxdDM6cCUzQXclMjYlQzMlQTQ=}\n" + tail + "grant_type=client_credentials&scope=a+b"},
		"body": {map[string]any{"client": "me", "secret": pw, "authenticate": "body"},
			head + tail + "client_id=me&client_secret={acme/pw:p%3Aw%26%C3%A4}&grant_type=client_credentials"},
		"password": {map[string]any{"grant": "password", "user": "u", "password": pw},
			head + tail + "grant_type=password&password={acme/pw:p%3Aw%26%C3%A4}&username=u"},
		"public client": {map[string]any{"grant": "password", "client": "me", "user": "u", "password": pw},
			head + tail + "client_id=me&grant_type=password&password={acme/pw:p%3Aw%26%C3%A4}&username=u"},
		"refresh": {map[string]any{"grant": "refresh_token", "token": secret(t, "t", "r")},
			head + tail + "grant_type=refresh_token&refresh_token={t:r}"},
		"assertion": {map[string]any{"grant": "assertion", "assertion": "a.b.c", "resource": "https://x.example"},
			head + tail + "assertion=a.b.c&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&resource=https%3A%2F%2Fx.example"},
		"more": {map[string]any{"client": "me", "secret": pw, "authenticate": "body", "more": map[string]any{"audience": "x", "grant_type": "evil"}, "headers": map[string]any{"Accept": "*/*"}},
			head + "Accept: */*\nContent-Type: application/x-www-form-urlencoded\n\naudience=x&client_id=me&client_secret={acme/pw:p%3Aw%26%C3%A4}&grant_type=client_credentials"},
	} {
		test.values["url"] = url
		c, err := prepare(t, OAuth(), test.values, nil, nil)
		if err != nil || show(c) != test.want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, show(c), test.want)
		}
	}
	for name, values := range map[string]map[string]any{
		"no secret": {"client": "me"}, "no client": {"secret": pw}, "no user": {"grant": "password", "password": pw},
		"no token": {"grant": "refresh_token"}, "no assertion": {"grant": "assertion"}, "odd client": {"client": []any{}, "secret": pw},
	} {
		values["url"] = url
		if _, err := prepare(t, OAuth(), values, nil, nil); rule(err) != RuleAuth || strings.Contains(err.Error(), "p:w") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	got, err := OAuth().Read(nil, &engine.Response{Status: 200, Header: [][2]string{{"Content-Type", "application/json"}}, Body: []byte(`{"access_token": "x", "expires_in": 3600}`)})
	if err != nil || got.Tree == nil {
		t.Fatal(got, err)
	}
	if n, err := got.Tree.Find("access_token"); err != nil || len(n) != 1 || n[0].Text() != "x" {
		t.Error(n, err)
	}
}
