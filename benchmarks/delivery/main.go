// The same feed from Go's net/http: headers set, bytes written from memory,
// If-None-Match compared. Run with GOMAXPROCS=1 for one core.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

type document struct {
	Target  string      `json:"target"`
	Etag    string      `json:"etag"`
	Headers [][2]string `json:"headers"`
	Body    []byte      `json:"body"`
}

func ofBody(name string) bool {
	switch name {
	case "content-type", "content-encoding", "link", "cache-tag":
		return true
	}
	return false
}

func has(tags, tag string) bool {
	for _, one := range strings.Split(tags, ",") {
		if strings.TrimSpace(one) == tag {
			return true
		}
	}
	return false
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var served document
	if err := json.Unmarshal(data, &served); err != nil {
		log.Fatal(err)
	}
	length := strconv.Itoa(len(served.Body))
	http.HandleFunc(served.Target, func(w http.ResponseWriter, r *http.Request) {
		same := has(r.Header.Get("If-None-Match"), served.Etag)
		header := w.Header()
		for _, one := range served.Headers {
			if !same || !ofBody(one[0]) {
				header.Set(one[0], one[1])
			}
		}
		if same {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Length", length) // else it would be sent in chunks
		w.Write(served.Body)
	})
	log.Fatal(http.ListenAndServe(os.Args[2], nil))
}
