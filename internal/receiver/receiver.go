// Package receiver tells a cluster that something has changed: it calls a
// Receiver of Flux' notification-controller (type generic-hmac), so that the
// cluster looks now instead of at its next interval.
package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// timeout bounds a call: the cluster looks by itself soon.
const timeout = 15 * time.Second

// Check says what is wrong with a Receiver's address.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || !strings.HasPrefix(u.Path, "/hook/") {
		return errors.New("want https://<host>/hook/…, a host that leads to the cluster's webhook-receiver and the Receiver's status.webhookPath")
	}
	return nil
}

// Notify calls the Receiver at an address with its token. A nil client is the
// default one, which knows the proxy of the environment.
func Notify(ctx context.Context, client *http.Client, address string, token redact.Secret) error {
	if client == nil {
		client = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	const body = "{}" // a Receiver reads nothing of it but its signature
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(token.Reveal()))
	mac.Write([]byte(body))
	req.Header.Set("Content-Type", "application/json")
	// https://fluxcd.io/flux/components/notification/receivers/#generic-hmac
	req.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("calling the Receiver: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return fmt.Errorf("the Receiver answers %s: %s", resp.Status, strings.TrimSpace(string(answer)))
	}
	return nil
}
