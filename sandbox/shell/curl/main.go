// Command curl takes the place of curl in images that the sandbox builds, whose
// base is empty: curl -sf -o /dev/null URL asks once and fails on an answer of
// 400 and above. It knows nothing else.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

func main() {
	if len(os.Args) != 5 || !slices.Equal(os.Args[1:4], []string{"-sf", "-o", "/dev/null"}) {
		fmt.Fprintln(os.Stderr, "this curl knows only: curl -sf -o /dev/null URL")
		os.Exit(2)
	}
	if err := ask(os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "curl:", err)
		os.Exit(22)
	}
}

func ask(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
