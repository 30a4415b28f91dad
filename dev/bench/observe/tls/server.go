// HTTPS server: server PORT KEY CERTIFICATE; HTTP/1 and HTTP/2.
package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
	panic(http.ListenAndServeTLS("127.0.0.1:"+os.Args[1], os.Args[3], os.Args[2], nil))
}
