// Command web is the pod of the sandbox's own tests: it answers over HTTP, or
// with "pause" only waits to be ended.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "pause":
			stop := make(chan os.Signal, 1)
			signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
			<-stop
			return
		case "lookup":
			fmt.Println(net.LookupHost(os.Args[2]))
			return
		case "get":
			answer, err := http.Get(os.Args[2])
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(answer.Status)
			return
		}
	}
	fmt.Println("serving")
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello from a real pod") })
	fmt.Println(http.ListenAndServe(":8080", nil))
}
