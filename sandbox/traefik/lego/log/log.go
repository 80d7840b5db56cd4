// Package log takes the place of the ACME client's own.
package log

import "log/slog"

// SetDefault does nothing: the client never logs.
func SetDefault(*slog.Logger) {}
