package engine

import "errors"

// faultTx remembers that the log itself failed, which an action that records
// can't tell from a failure of its own.
type faultTx struct {
	LogTx
	fault error
}

func (t *faultTx) note(err error) error {
	if err != nil && t.fault == nil && !errors.Is(err, ErrExists) && !errors.Is(err, ErrNotFound) {
		t.fault = err
	}
	return err
}

// Append is LogTx.Append.
func (t *faultTx) Append(id string, e Entry) error { return t.note(t.LogTx.Append(id, e)) }

// Keep is LogTx.Keep.
func (t *faultTx) Keep(id string, k Kept) error { return t.note(t.LogTx.Keep(id, k)) }

// Blob is LogTx.Blob.
func (t *faultTx) Blob(data []byte) (string, error) {
	name, err := t.LogTx.Blob(data)
	return name, t.note(err)
}

// Submission is LogTx.Submission.
func (t *faultTx) Submission(id string) (*Submission, error) {
	s, err := t.LogTx.Submission(id)
	return s, t.note(err)
}

// Update is LogTx.Update.
func (t *faultTx) Update(s *Submission) error { return t.note(t.LogTx.Update(s)) }

// Get is LogTx.Get.
func (t *faultTx) Get(bucket, key string) ([]byte, error) {
	v, err := t.LogTx.Get(bucket, key)
	return v, t.note(err)
}

// Set is LogTx.Set.
func (t *faultTx) Set(bucket, key string, value []byte) error {
	return t.note(t.LogTx.Set(bucket, key, value))
}

// Pairs is LogTx.Pairs.
func (t *faultTx) Pairs(bucket, prefix string) ([]Pair, error) {
	list, err := t.LogTx.Pairs(bucket, prefix)
	return list, t.note(err)
}
