// Command sampleapp is the application that the demo and the tests deploy: a
// small HTTP server with health, readiness, metrics and a stop that loses no
// request.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/groundwork-dev/groundwork/internal/sampleapp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if code := sampleapp.Main(ctx, os.Args[1:], os.LookupEnv, os.Stderr); code != 0 {
		stop()
		os.Exit(code) //nolint:gocritic // stop has run
	}
}
