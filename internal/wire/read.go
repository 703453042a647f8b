package wire

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

const (
	maxHead  = 256 << 10 // bytes of status line and header
	maxInfos = 8         // interim answers (1xx)
)

var (
	errLarge = errors.New("larger than allowed")
	errHTTP  = errors.New("not an HTTP answer")
)

// read reads one answer. Interim answers are skipped.
func (c *Client) read(conn *conn, req *request) (*Response, *Failure) {
	in := bufio.NewReader(conn)
	for range maxInfos {
		head, err := readHead(in)
		if err != nil {
			return nil, readFailure(err, len(head) > 0)
		}
		if interim(head) {
			continue
		}
		r, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(head), in)), &http.Request{Method: req.method})
		if err != nil {
			return nil, failure(CodeUnreadable, RuleAnswer, err, "what came back is not an HTTP answer")
		}
		body, err := c.body(r)
		if err != nil {
			return nil, readFailure(err, true)
		}
		return &Response{Status: r.StatusCode, Header: fields(head), Body: body}, nil
	}
	return nil, failure(CodeUnreadable, RuleAnswer, nil, "too many interim answers")
}

// readHead reads up to and including the empty line, as received.
func readHead(in *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := in.ReadSlice('\n')
		head = append(head, line...)
		if len(head) > maxHead {
			return head, errLarge
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return head, err
		}
		if len(head) == len(line) && !bytes.HasPrefix(line, []byte("HTTP/")) {
			return head, errHTTP
		}
		if t := bytes.TrimRight(line, "\r\n"); len(t) == 0 && bytes.HasSuffix(head, line) && endsHead(head) {
			return head, nil
		}
	}
}

// interim reports whether the head is that of a 1xx answer, which has no body.
// 101 cannot come: nothing asks for it.
func interim(head []byte) bool {
	_, status, _ := bytes.Cut(head, []byte(" "))
	return len(status) > 3 && status[0] == '1' && (status[3] == ' ' || status[3] == '\r')
}

func endsHead(head []byte) bool {
	return bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n"))
}

// fields lists the header in the order received; folded lines are joined.
func fields(head []byte) [][2]string {
	var out [][2]string
	lines := strings.Split(string(head), "\n")
	for _, line := range lines[1:] {
		line = strings.TrimRight(line, "\r")
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(out) > 0 {
			out[len(out)-1][1] += " " + strings.Trim(line, " \t")
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			out = append(out, [2]string{name, strings.Trim(value, " \t")})
		}
	}
	return out
}

func (c *Client) body(r *http.Response) ([]byte, error) {
	defer r.Body.Close()
	raw, err := bounded(r.Body, c.maxAnswer())
	if err != nil || len(raw) == 0 {
		return raw, err
	}
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, errHTTP
		}
		plain, err := bounded(z, c.maxAnswer())
		if err != nil && !errors.Is(err, errLarge) {
			err = errHTTP
		}
		return plain, err
	}
	return nil, errHTTP // no coding was offered, so none may be used
}

func bounded(in io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errLarge
	}
	return b, err
}

func readFailure(err error, begun bool) *Failure {
	switch {
	case errors.Is(err, errLarge):
		return failure(CodeUnreadable, RuleAnswer, err, "the answer is larger than allowed")
	case errors.Is(err, errHTTP):
		return failure(CodeUnreadable, RuleAnswer, err, "what came back is not an HTTP answer")
	case begun:
		f := failure(CodeBroken, RuleBroken, err, "the connection ended within the answer")
		f.begun = true
		return f
	}
	return failure(CodeBroken, RuleBroken, err, "the connection ended without an answer")
}

// refusals are the alerts by which a server of TLS 1.3 ends the handshake
// because of the client's certificate. They reach us after our request may
// have left, but such a server has not taken in a byte of it: application data
// is not accepted before the handshake is complete. Once a byte of an answer
// was read they prove nothing.
// Source: RFC 8446, clauses 2, 4.4 and 6.2.
var refusals = []string{"tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate", "tls: expired certificate",
	"tls: unknown certificate", "tls: unknown certificate authority", "tls: access denied", "tls: certificate required"}

// classify settles the code of a failure while reading.
func classify(ctx context.Context, conn *conn, f *Failure) *Failure {
	var op *net.OpError
	if conn.modern && !f.begun && errors.As(f.Err, &op) && op.Op == "remote error" && slices.Contains(refusals, op.Err.Error()) {
		return failure(CodeConnect, RuleTLS, f.Err, "the server refused the client certificate: %v", op.Err)
	}
	if f.Code == CodeBroken {
		return ioFailure(ctx, f.Err, f.Reason)
	}
	return f
}

// ioFailure tells a time-out from a broken connection.
func ioFailure(ctx context.Context, err error, reason string) *Failure {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return failure(CodeBroken, RuleBroken, ctx.Err(), "the call was canceled: %s", reason)
	case isTimeout(err) || ctx.Err() != nil:
		return failure(CodeTimeout, RuleTimeout, err, "no answer in time")
	}
	return failure(CodeBroken, RuleBroken, err, "%s", reason)
}
