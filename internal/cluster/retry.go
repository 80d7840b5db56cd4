package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// retryPolicy says how long a call is tried again while the server is busy or
// away.
type retryPolicy struct {
	attempts       int
	first, longest time.Duration
	// each bounds one attempt, total all of them.
	each, total time.Duration
}

func defaultRetry() retryPolicy {
	return retryPolicy{attempts: 8, first: 200 * time.Millisecond, longest: 5 * time.Second, each: 15 * time.Second, total: time.Minute}
}

// RetryWithin bounds the pauses between the attempts at a call, 5 seconds by
// default. What a busy server asks for is waited in any case.
func (c *Cluster) RetryWithin(longest time.Duration) {
	c.retry.longest = longest
	c.retry.first = min(c.retry.first, longest)
}

// do calls f until it succeeds, fails for good, or the policy's bounds are
// reached. It waits as long as the server asks, otherwise ever longer, with
// jitter so that many callers do not come back at once.
func (p retryPolicy) do(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.total, fmt.Errorf("no success within %s", p.total))
	defer cancel()
	wait := p.first
	for attempt := 1; ; attempt++ {
		err := p.once(ctx, f)
		if err == nil || ctx.Err() != nil || !temporary(err) {
			return err
		}
		if attempt == p.attempts {
			return fmt.Errorf("giving up after %d attempts: %w", attempt, err)
		}
		pause := wait/2 + rand.N(wait)
		if seconds, ok := apierrors.SuggestsClientDelay(err); ok && seconds > 0 {
			pause = time.Duration(seconds)*time.Second + rand.N(wait)
		}
		wait = min(2*wait, p.longest)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		case <-timer.C:
		}
	}
}

// once is one attempt; one that hangs is cut off.
func (p retryPolicy) once(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.each)
	defer cancel()
	return f(ctx)
}

// temporary reports whether the same call may succeed later. The caller has
// made sure that its own time is not up.
func temporary(err error) bool {
	switch {
	case isNoMatch(err):
		return true
	case apierrors.IsTooManyRequests(err), apierrors.IsServerTimeout(err), apierrors.IsServiceUnavailable(err),
		apierrors.IsInternalError(err), apierrors.IsTimeout(err):
		return true
	case utilnet.IsConnectionReset(err), utilnet.IsConnectionRefused(err), utilnet.IsHTTP2ConnectionLost(err), utilnet.IsProbableEOF(err):
		return true
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Code >= 500
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// WebhookError says that an admission webhook that nobody answers keeps the
// server from taking an object.
type WebhookError struct {
	Webhook string
	Service string
	Cause   error
}

func (e *WebhookError) Error() string {
	at := ""
	if e.Service != "" {
		at = " (service " + e.Service + ")"
	}
	return fmt.Sprintf("admission webhook %s%s does not answer and is set to refuse everything until it does: "+
		"bring its pods up, or delete its webhook configuration if it was left behind: %v", e.Webhook, at, e.Cause)
}

func (e *WebhookError) Unwrap() error { return e.Cause }

// explainWebhook names the webhook when one is what stopped a request.
func explainWebhook(err error) error {
	text := err.Error()
	if !strings.Contains(text, "failed calling webhook") {
		return err
	}
	named := regexp.MustCompile(`failed calling webhook "([^"]+)"`).FindStringSubmatch(text)
	if named == nil {
		return err
	}
	webhook := &WebhookError{Webhook: named[1], Cause: err}
	if service := regexp.MustCompile(`https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc`).FindStringSubmatch(text); service != nil {
		webhook.Service = service[2] + "/" + service[1]
	}
	return webhook
}
