// An HTTPS server of Go's library for a spec: answers everything with an empty array, in the version of
// TLS that is asked for, until its standard input ends.
//
//	tls_server CERTIFICATE KEY tls12|tls13     prints its port
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	version := uint16(tls.VersionTLS12)
	if os.Args[3] == "tls13" {
		version = tls.VersionTLS13
	}
	server := &http.Server{
		TLSConfig: &tls.Config{MinVersion: version, MaxVersion: version},
		Handler: http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
			writer.Header().Set("Content-Type", "application/json")
			io.WriteString(writer, "[]")
		}),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go server.ServeTLS(listener, os.Args[1], os.Args[2])
	io.Copy(io.Discard, os.Stdin)
}
