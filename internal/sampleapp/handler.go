package sampleapp

import (
	"encoding/json"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Answer is what "/" answers, as JSON.
type Answer struct {
	App      string `json:"app"`
	Version  string `json:"version"`
	Hostname string `json:"hostname"`
	Colour   string `json:"colour"`
	Message  string `json:"message"`
}

func (s *server) handler() http.Handler {
	registry := prometheus.NewRegistry()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.answer)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	return s.closeWhileDraining(measure(registry, s.cfg.Version, mux))
}

func (s *server) answer(w http.ResponseWriter, _ *http.Request) {
	if s.fails() {
		writeText(w, http.StatusInternalServerError, "failed on purpose\n")
		return
	}
	body, err := json.Marshal(Answer{
		App: s.cfg.Name, Version: s.cfg.Version, Hostname: s.cfg.Hostname, Colour: s.cfg.Colour, Message: s.cfg.Message,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n')) // a client that went away is no fault of ours
}

// fails says, of each request, whether it is one of those that fail on purpose:
// exactly the rate's share, evenly spread.
func (s *server) fails() bool {
	rate := uint64(s.cfg.FaultRate) //nolint:gosec // 0 to 100
	n := s.asked.Add(1)
	return n*rate/100 > (n-1)*rate/100
}

func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.isDraining() {
		writeText(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	writeText(w, http.StatusOK, "ok\n")
}

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

// closeWhileDraining asks each client to close its connection after the answer.
// Without it the last step of the stop would cut idle connections, and a request
// that is on its way over one of them would be lost.
func (s *server) closeWhileDraining(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isDraining() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// measure counts and times every request by code and method.
func measure(registry prometheus.Registerer, version string, next http.Handler) http.Handler {
	labels := []string{"code", "method"}
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "http_requests_total", Help: "Requests answered, by status code and method.",
	}, labels)
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Seconds from a request's headers to the end of its answer.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
	}, labels)
	inFlight := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "http_requests_in_flight", Help: "Requests under way.",
	})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sampleapp_build_info", Help: "Always 1; the labels say what was built.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	registry.MustRegister(requests, duration, inFlight, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.InstrumentHandlerInFlight(inFlight,
		promhttp.InstrumentHandlerDuration(duration,
			promhttp.InstrumentHandlerCounter(requests, next)))
}
