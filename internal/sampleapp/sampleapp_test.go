package sampleapp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// started is a server on a loopback port.
type started struct {
	url, address string
	stop         context.CancelFunc
	drained      chan time.Time // closed by the test to end the drain delay
	done         chan error
}

func start(t *testing.T) *started {
	t.Helper()
	return startFailing(t, 0)
}

// startFailing starts a server that fails some of a hundred requests.
func startFailing(t *testing.T, faults int) *started {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	a := &started{
		address: listener.Addr().String(), url: "http://" + listener.Addr().String(),
		stop: stop, drained: make(chan time.Time), done: make(chan error, 1),
	}
	s := newServer(Config{
		Name: "sampleapp", Version: "1.2.3", Hostname: "pod-a", Colour: "green", Message: "hello",
		DrainDelay: time.Hour, StopTimeout: time.Minute, FaultRate: faults,
	}, slog.New(slog.DiscardHandler))
	s.after = func(time.Duration) <-chan time.Time { return a.drained }
	go func() { a.done <- s.serve(ctx, listener) }()
	return a
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	a := start(t)
	for path, want := range map[string]int{"/": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/none": 404} {
		if got, body := get(t, a.url+path); got != want {
			t.Errorf("GET %s: status %d, want %d: %s", path, got, want, body)
		}
	}
	_, body := get(t, a.url+"/")
	var got Answer
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("reading %q: %v", body, err)
	}
	if want := (Answer{App: "sampleapp", Version: "1.2.3", Hostname: "pod-a", Colour: "green", Message: "hello"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFailsOnPurpose(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{0, 1, 50, 100} {
		a := startFailing(t, rate)
		failed := 0
		for range 100 {
			switch got, body := get(t, a.url+"/"); got {
			case http.StatusOK:
			case http.StatusInternalServerError:
				failed++
			default:
				t.Fatalf("status %d: %s", got, body)
			}
			// The pods of a bad version are healthy: only its users see it.
			if got, _ := get(t, a.url+"/readyz"); got != http.StatusOK {
				t.Fatalf("/readyz: status %d", got)
			}
		}
		if failed != rate {
			t.Errorf("%d of 100 requests failed, want %d", failed, rate)
		}
	}
}

func TestFaultRate(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]int{"": -1, "50": 50, "100": 100, "101": -1, "-1": -1, "x": -1} {
		c, err := parse(nil, func(name string) (string, bool) { return env, name == "FAULT_RATE" }, io.Discard)
		if (err == nil) != (want >= 0) || err == nil && c.FaultRate != want {
			t.Errorf("FAULT_RATE=%q: %d, %v, want %d", env, c.FaultRate, err, want)
		}
	}
	c, err := parse(nil, func(string) (string, bool) { return "", false }, io.Discard)
	if err != nil || c.FaultRate != 0 {
		t.Errorf("without FAULT_RATE: %d, %v, want none", c.FaultRate, err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	a := start(t)
	get(t, a.url+"/")
	get(t, a.url+"/none")
	_, body := get(t, a.url+"/metrics")
	for _, want := range []string{
		`http_requests_total{code="200",method="get"} 1`,
		`http_requests_total{code="404",method="get"} 1`,
		`http_request_duration_seconds_count{code="200",method="get"} 1`,
		`version="1.2.3"} 1`,
		"go_goroutines ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q:\n%s", want, body)
		}
	}
}

// client sends requests over one keep-alive connection, without the silent
// retries of net/http's client, so that a lost request is seen.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReader(conn)}
}

// get asks once; closing says that the server asked to close the connection.
func (c *client) get() (closing bool, err error) {
	if _, err := io.WriteString(c.conn, "GET / HTTP/1.1\r\nHost: app\r\n\r\n"); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return false, err
	}
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %s", resp.Status)
	}
	return resp.Close, nil
}

// TestStopLosesNoRequest stops a server while clients keep requests coming.
// Each client goes on until the server asks it to close, which is when a load
// balancer has long stopped choosing this server.
func TestStopLosesNoRequest(t *testing.T) {
	t.Parallel()
	const clients = 8
	a := start(t)
	var all, warm sync.WaitGroup
	warm.Add(clients)
	for range clients {
		c := dial(t, a.address)
		all.Go(func() {
			closing, err := c.get()
			warm.Done()
			for err == nil && !closing {
				closing, err = c.get()
			}
			if err != nil {
				t.Errorf("a request was lost: %v", err)
			}
		})
	}
	warm.Wait()
	a.stop()
	all.Wait()

	if status, _ := get(t, a.url+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz while draining: status %d, want 503", status)
	}
	if status, _ := get(t, a.url+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz while draining: status %d, want 200", status)
	}
	if status, _ := get(t, a.url+"/"); status != http.StatusOK {
		t.Errorf("a new request while draining: status %d, want 200", status)
	}
	close(a.drained)
	if err := <-a.done; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if conn, err := net.Dial("tcp", a.address); err == nil {
		conn.Close()
		t.Error("the port is still open after the stop")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		env  map[string]string
		want string // part of the error
		read func(Config) bool
	}{
		"defaults":        {read: func(c Config) bool { return c.Listen == ":8080" && c.DrainDelay == 5*time.Second && c.Version != "" }},
		"environment":     {env: map[string]string{"COLOUR": "red", "DRAIN_DELAY": "1s"}, read: func(c Config) bool { return c.Colour == "red" && c.DrainDelay == time.Second }},
		"flag wins":       {args: []string{"--colour", "teal"}, env: map[string]string{"COLOUR": "red"}, read: func(c Config) bool { return c.Colour == "teal" }},
		"bad environment": {env: map[string]string{"DRAIN_DELAY": "soon"}, want: "DRAIN_DELAY"},
		"negative delay":  {args: []string{"--drain-delay=-1s"}, want: "--drain-delay"},
		"argument":        {args: []string{"x"}, want: `unexpected argument "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookup := func(k string) (string, bool) { v, ok := tt.env[k]; return v, ok }
			c, err := parse(tt.args, lookup, io.Discard)
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Fatalf("got error %v, want one with %q", err, tt.want)
			case tt.want == "" && !tt.read(c):
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestMainSaysWhatFailed(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	var stderr strings.Builder
	if code := Main(t.Context(), []string{"--listen", "256.0.0.1:1"}, none, &stderr); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.Contains(stderr.String(), "opening the port") {
		t.Errorf("log lacks the cause: %s", stderr.String())
	}
	if code := Main(t.Context(), []string{"--none"}, none, io.Discard); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
}
