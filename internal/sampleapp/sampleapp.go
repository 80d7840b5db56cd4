// Package sampleapp is the application that the demo and the tests deploy. It
// answers who it is over HTTP, tells its health, readiness and metrics, and
// stops without losing a request: it says that it is not ready, goes on serving
// while load balancers take notice, asks clients to close their connections,
// and ends when the last request is answered.
package sampleapp

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Main runs the application until ctx ends and returns the process's exit code:
// 0 stopped, 1 failed, 2 a command line that makes no sense.
func Main(ctx context.Context, args []string, lookup func(string) (string, bool), stderr io.Writer) int {
	cfg, err := parse(args, lookup, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "sampleapp:", err)
		return 2
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil)).With("app", cfg.Name, "version", cfg.Version)
	if err := run(ctx, cfg, log); err != nil {
		log.Error("stopped", "error", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, cfg Config, log *slog.Logger) error {
	var err error
	if cfg.Hostname, err = os.Hostname(); err != nil {
		return fmt.Errorf("reading the host's name: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("opening the port: %w", err)
	}
	return newServer(cfg, log).serve(ctx, listener)
}

// server is the application while it runs.
type server struct {
	cfg Config
	log *slog.Logger
	http.Server
	// draining is closed when the stop began.
	draining chan struct{}
	// asked counts the requests that may fail on purpose.
	asked atomic.Uint64
	// after is time.After; a test decides itself when the delay is over.
	after func(time.Duration) <-chan time.Time
}

func newServer(cfg Config, log *slog.Logger) *server {
	s := &server{cfg: cfg, log: log, draining: make(chan struct{}), after: time.After}
	s.Server = http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return s
}

// serve answers requests until ctx ends, then stops as the package says.
func (s *server) serve(ctx context.Context, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	s.log.Info("serving", "address", listener.Addr().String())
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}

	close(s.draining)
	s.log.Info("not ready, serving on", "delay", s.cfg.DrainDelay.String())
	select {
	case err := <-served:
		return fmt.Errorf("serving while draining: %w", err)
	case <-s.after(s.cfg.DrainDelay):
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopTimeout)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		return fmt.Errorf("waiting for requests under way: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	s.log.Info("stopped")
	return nil
}

func (s *server) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}
