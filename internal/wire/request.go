package wire

import (
	"bytes"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// taken are the header fields that belong to the transport.
var taken = []string{"Host", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Expect", "Upgrade", "TE", "Trailer"}

// request writes the call the way it will stand on the wire.
// Source: RFC 9112, clauses 3 and 6; RFC 9110, clause 5.
func (c *Client) request(call *Call) (*request, *Failure) {
	u, fail := parseURL(call.URL)
	if fail != nil {
		return nil, fail
	}
	if !isToken(call.Method) {
		return nil, invalid("method %q is malformed", call.Method)
	}
	r := &request{method: call.Method, scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if r.port == "" {
		r.port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	body, secret := join(call.Body)
	r.secret = secret
	var b bytes.Buffer
	b.Grow(len(body) + 1024)
	b.WriteString(call.Method + " " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\n")
	agent, fail := r.header(&b, call.Header)
	if fail != nil {
		return nil, fail
	}
	if !agent {
		b.WriteString("User-Agent: " + orDefault(c.UserAgent, "fiscus") + "\r\n")
	}
	if len(body) > 0 || call.Method != "GET" && call.Method != "HEAD" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("Connection: close\r\n\r\n")
	b.Write(body)
	r.bytes = b.Bytes()
	return r, nil
}

func (r *request) header(b *bytes.Buffer, fields []Field) (agent bool, fail *Failure) {
	for _, f := range fields {
		value, secret := join(f.Value)
		r.secret = r.secret || secret
		if !isToken(f.Name) {
			return false, invalid("header name %q is malformed", f.Name)
		}
		for _, name := range taken {
			if equalFold(f.Name, name) {
				return false, invalid("header %s is set by the transport", name)
			}
		}
		if bytes.ContainsAny(value, "\r\n\x00") {
			return false, invalid("value of header %s holds a line break", f.Name)
		}
		agent = agent || equalFold(f.Name, "User-Agent")
		b.WriteString(f.Name + ": ")
		b.Write(bytes.Trim(value, " \t"))
		b.WriteString("\r\n")
	}
	return agent, nil
}

func parseURL(text string) (*url.URL, *Failure) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, invalid("URL is malformed")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, invalid("URL scheme %q is neither https nor http", u.Scheme)
	case u.User != nil:
		return nil, invalid("URL holds a user name; use the auth parameter")
	case u.Hostname() == "" || strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, invalid("URL has no host name in ASCII")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return nil, invalid("URL has port %s", p)
		}
	}
	return u, nil
}

func (r *request) address() string { return net.JoinHostPort(r.host, r.port) }

func invalid(format string, args ...any) *Failure {
	return failure(CodeConnect, RuleRequest, nil, format, args...)
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
