package sampleapp

import (
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"time"
)

// buildVersion is set by the linker: -X …/internal/sampleapp.buildVersion=1.2.3.
var buildVersion string //nolint:gochecknoglobals // the linker can set nothing else

// buildFaultRate is FAULT_RATE where the environment has none: a bad version, to
// rehearse a rollback.
var buildFaultRate = "0" //nolint:gochecknoglobals // as above

// Config is what the application is told.
type Config struct {
	// Listen is the TCP address to serve on.
	Listen string
	// Name, Version, Hostname, Colour and Message are what "/" answers.
	Name, Version, Hostname, Colour, Message string
	// DrainDelay is how long a stopping server goes on serving after it said
	// that it is not ready, so that load balancers stop choosing it first.
	DrainDelay time.Duration
	// StopTimeout bounds the wait for requests under way after that.
	StopTimeout time.Duration
	// FaultRate is how many of a hundred requests for "/" fail on purpose.
	FaultRate int
}

// parse reads the configuration from flags; a flag's default is the variable
// of the environment that its help names. The hostname is not part of it.
func parse(args []string, lookup func(string) (string, bool), stderr io.Writer) (Config, error) {
	env := func(name, fallback string) string {
		if v, ok := lookup(name); ok {
			return v
		}
		return fallback
	}
	drain, err := time.ParseDuration(env("DRAIN_DELAY", "5s"))
	if err != nil {
		return Config{}, fmt.Errorf("reading DRAIN_DELAY: %w", err)
	}
	faults, err := strconv.Atoi(env("FAULT_RATE", buildFaultRate))
	if err != nil {
		return Config{}, fmt.Errorf("reading FAULT_RATE: %w", err)
	}
	c := Config{Version: version()}
	f := flag.NewFlagSet("sampleapp", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&c.Listen, "listen", env("LISTEN", ":8080"), "address to serve on (LISTEN)")
	f.StringVar(&c.Name, "name", env("APP_NAME", "sampleapp"), "name to answer with (APP_NAME)")
	f.StringVar(&c.Colour, "colour", env("COLOUR", "blue"), "colour to answer with (COLOUR)")
	f.StringVar(&c.Message, "message", env("MESSAGE", "Git runs this cluster"), "message to answer with (MESSAGE)")
	f.DurationVar(&c.DrainDelay, "drain-delay", drain, "how long to serve on after the stop began (DRAIN_DELAY)")
	f.DurationVar(&c.StopTimeout, "stop-timeout", 15*time.Second, "how long to wait for requests under way after that")
	f.IntVar(&c.FaultRate, "fault-rate", faults, "how many of a hundred requests fail with 500, to rehearse a rollback (FAULT_RATE)")
	if err := f.Parse(args); err != nil {
		return Config{}, err
	}
	if f.NArg() > 0 {
		return Config{}, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if c.DrainDelay < 0 || c.StopTimeout <= 0 {
		return Config{}, fmt.Errorf("--drain-delay %s, --stop-timeout %s: want no negative delay and a timeout above zero", c.DrainDelay, c.StopTimeout)
	}
	if c.FaultRate < 0 || c.FaultRate > 100 {
		return Config{}, fmt.Errorf("--fault-rate %d: want 0 to 100", c.FaultRate)
	}
	return c, nil
}

func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
