package life

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// Move is one line of a log: who moved what to which state, when and why.
type Move struct {
	Number int       `json:"n"` // from 1
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	What   string    `json:"what"`             // package@version
	Digest string    `json:"digest,omitempty"` // of its files
	From   string    `json:"from,omitempty"`   // state before; empty: none
	To     string    `json:"to"`
	Where  string    `json:"where,omitempty"` // environment and legal entity of a deployment
	Reason string    `json:"reason,omitempty"`
	Before string    `json:"before,omitempty"` // digest of the log up to here
	Signer string    `json:"-"`                // name of the key that signed the line
}

// Append returns the log with one more line, numbered, chained to what stands
// before it and signed. The log that is given must be sound: see ReadLog.
func Append(log []byte, m Move, k *minisign.Key) ([]byte, error) {
	m.Number, m.Before, m.At = bytes.Count(log, []byte{'\n'})+1, "", m.At.UTC().Truncate(time.Second)
	if len(log) > 0 {
		m.Before = logDigest(log)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	signature := base64.StdEncoding.EncodeToString(k.Sign(text, logComment))
	return fmt.Appendf(bytes.Clone(log), "%s %s\n", text, signature), nil
}

const logComment = "log"

func logDigest(log []byte) string {
	sum := sha256.Sum256(log)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ReadLog reads a log and judges it: every line is signed by one of the keys
// and names the digest of all lines before it.
func ReadLog(file string, log []byte, keys []minisign.PublicKey) ([]Move, error) {
	var out []Move
	wrong := func(format string, args ...any) error {
		return diag.Problemf(diag.Pos{File: file, Line: len(out) + 1, Column: 1}, RuleLog, format, args...).
			WithHint("a log only grows; take it from where it was kept whole")
	}
	for at := 0; at < len(log); {
		end := bytes.IndexByte(log[at:], '\n')
		if end < 0 {
			return nil, wrong("the last line is not whole")
		}
		line := log[at : at+end]
		cut := max(0, bytes.LastIndexByte(line, ' ')) // the signature is the last word
		text, signed := line[:cut], line[min(cut+1, len(line)):]
		signature, err := base64.StdEncoding.Strict().DecodeString(string(signed))
		if err != nil {
			return nil, wrong("the line is not signed")
		}
		comment, key, err := minisign.Verify(text, signature, keys...)
		if err != nil {
			return nil, named(file, err)
		}
		var m Move
		if err := json.Unmarshal(text, &m); err != nil || comment != logComment {
			return nil, wrong("the line is no move")
		}
		before := ""
		if at > 0 {
			before = logDigest(log[:at])
		}
		if m.Number != len(out)+1 || m.Before != before {
			return nil, wrong("the line does not follow those before it")
		}
		m.Signer = key.Name()
		out = append(out, m)
		at += end + 1
	}
	return out, nil
}

// Logged appends how a release came from the state before to its own, and
// makes the record name the log.
func (r *Record) Logged(log []byte, before State, m Move, k *minisign.Key) ([]byte, error) {
	m.What, m.Digest, m.From, m.To = r.Package+"@"+r.Version, r.Digest, string(before), string(r.State)
	log, err := Append(log, m, k)
	if err == nil {
		r.Log = logDigest(log)
	}
	return log, err
}

// logged reports whether a log is the one the record names.
func (r *Record) logged(file string, log []byte, keys []minisign.PublicKey) error {
	wrong := func(what string) error {
		return diag.Problemf(diag.Pos{File: file}, RuleLog, "%s", what).WithHint("record, signature and log go together: get them again from the publisher")
	}
	switch {
	case r.Log == "" && log == nil:
		return nil
	case r.Log == "":
		return wrong("there is a log that the release record does not name")
	case log == nil:
		return wrong("the log that the release record names is not there")
	case logDigest(log) != r.Log:
		return wrong("the log is not the one that the release record names")
	}
	moves, err := ReadLog(file, log, keys)
	if err != nil {
		return err
	}
	if last := moves[len(moves)-1]; last.To != string(r.State) || last.What != r.Package+"@"+r.Version {
		return wrong("the log ends with " + strings.TrimSpace(last.What+" "+last.To) + ", the record says " + string(r.State))
	}
	return nil
}
