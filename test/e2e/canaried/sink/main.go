// sink answers each request as GitHub answers an event, and writes it to its
// standard output, a line each, for a test to read.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	server := http.Server{Addr: ":8080", ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(map[string]string{
				"method": r.Method, "path": r.URL.RequestURI(), "authorization": r.Header.Get("Authorization"), "type": r.Header.Get("Content-Type"), "body": string(body),
			})
		}
		if err != nil {
			log.Print(err)
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	log.Fatal(server.ListenAndServe())
}
