package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Ask makes a call that only reads: while there is no answer, or the answer is
// 502, 503 or 504, it is made again a few times with growing waits. The caller
// vouches that the call changes nothing at the other end. Gate and NotAfter
// hold for every attempt.
func (c *Client) Ask(ctx context.Context, call *Call) (*Response, *Failure) {
	req, fail := c.request(call)
	if fail != nil {
		return nil, fail
	}
	limit := max(orDefault(c.RetryLimit, 2), 0)
	hand := &attempt{client: c, call: call}
	again := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: hand, CheckRedirect: noRedirect},
		RetryMax:     limit,
		RetryWaitMin: orDefault(c.RetryWait, time.Second),
		RetryWaitMax: 10 * time.Second,
		CheckRetry:   hand.retry,
		Backoff:      retryablehttp.DefaultBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	// The request only steers the loop; what is written comes from the call.
	steer, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, req.scheme+"://"+req.address(), nil)
	if err != nil {
		return nil, invalid("URL is malformed")
	}
	if r, err := again.Do(steer); err == nil {
		_ = r.Body.Close()
	} else if hand.response == nil && hand.fail == nil {
		return nil, failure(CodeConnect, RuleConnect, err, "the call was canceled before it was made")
	}
	return hand.response, hand.fail
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// attempt lets the retry loop drive Send and keeps the last result.
type attempt struct {
	client   *Client
	call     *Call
	response *Response
	fail     *Failure
}

// RoundTrip makes the call once.
func (a *attempt) RoundTrip(r *http.Request) (*http.Response, error) {
	a.response, a.fail = a.client.Send(r.Context(), a.call)
	if a.fail != nil {
		return nil, a.fail
	}
	return &http.Response{StatusCode: a.response.Status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
}

// retry decides whether to go on: not when the caller gave up, nor for faults
// that stay.
func (a *attempt) retry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if a.fail != nil {
		stays := a.fail.Rule == RuleRequest || a.fail.Rule == RuleAddress || a.fail.Rule == RulePlain || a.fail.Rule == RuleStandIn ||
			a.fail.Rule == RuleKey || a.fail.Rule == RuleGate || a.fail.Rule == RuleAnswer || errors.Is(a.fail.Err, context.Canceled)
		return !stays, nil
	}
	if a.response.Get("Retry-After") != "" {
		return false, nil // how long to wait is for the package to say
	}
	switch a.response.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}
