package kops

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// maxObject bounds an object of the loopback store, in bytes.
const maxObject = 16 << 20

// buckets is the part of S3 that kops uses of a state store, over folders:
// <root>/<bucket>/<key>. kops knows its store by an address alone, and names
// that address in what it renders, so there has to be an s3:// that answers.
type buckets struct {
	root   *os.Root
	region string
}

// serveBuckets answers on a loopback port until the context ends, and returns
// the endpoint.
func serveBuckets(ctx context.Context, b buckets) (string, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("opening the loopback state store: %w", err)
	}
	server := &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// ServeHTTP answers one request in the path style, /bucket/key.
func (b buckets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path.Clean(r.URL.Path), "/"), "/")
	query := r.URL.Query()
	switch {
	case bucket == "":
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodGet && query.Has("location"):
		answer(w, location{Region: b.region})
	case key == "" && r.Method == http.MethodGet && query.Has("encryption"):
		// The buckets have a key of their own by default, so objects name none.
		answer(w, encryption{Algorithm: "aws:kms"})
	case key == "" && r.Method == http.MethodGet && query.Has("policyStatus"):
		// What is to be read by anybody stands in a bucket whose policy says so;
		// objects get no access list, which Block Public Access would refuse.
		answer(w, policyStatus{Public: true})
	case key == "" && r.Method == http.MethodGet:
		b.list(w, bucket, query.Get("prefix"), query.Get("delimiter"))
	case key != "" && r.Method == http.MethodGet:
		b.get(w, path.Join(bucket, key))
	case key != "" && r.Method == http.MethodPut:
		b.put(w, r.Body, path.Join(bucket, key))
	case key != "" && r.Method == http.MethodDelete:
		_ = b.root.Remove(path.Join(bucket, key))
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
}

func (b buckets) get(w http.ResponseWriter, name string) {
	data, err := b.root.ReadFile(name)
	if err != nil {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) //nolint:gosec // what kops itself wrote there
}

func (b buckets) put(w http.ResponseWriter, body io.Reader, name string) {
	data, err := io.ReadAll(io.LimitReader(body, maxObject))
	if err == nil {
		err = b.root.MkdirAll(path.Dir(name), 0o700)
	}
	if err == nil {
		err = b.root.WriteFile(name, data, 0o600)
	}
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError")
	}
}

func (b buckets) list(w http.ResponseWriter, bucket, prefix, delimiter string) {
	result := listing{Name: bucket, Prefix: prefix}
	err := fs.WalkDir(b.root.FS(), bucket, func(name string, d fs.DirEntry, err error) error {
		key := strings.TrimPrefix(name, bucket+"/")
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() || !strings.HasPrefix(key, prefix):
			return nil
		case delimiter != "" && strings.Contains(strings.TrimPrefix(key, prefix), delimiter):
			return nil
		}
		result.Contents = append(result.Contents, object{Key: key})
		return nil
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	slices.SortFunc(result.Contents, func(x, y object) int { return strings.Compare(x.Key, y.Key) })
	answer(w, result)
}

// The answers, as the S3 API writes them.
type (
	location struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		Region  string   `xml:",chardata"`
	}
	encryption struct {
		XMLName   xml.Name `xml:"ServerSideEncryptionConfiguration"`
		Algorithm string   `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	}
	policyStatus struct {
		XMLName xml.Name `xml:"PolicyStatus"`
		Public  bool     `xml:"IsPublic"`
	}
	listing struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Name     string
		Prefix   string
		Contents []object
	}
	object struct {
		Key string
	}
	fault struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}
)

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(fault{Code: code})
}
