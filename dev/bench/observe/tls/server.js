// HTTPS server: node server.js PORT KEY CERTIFICATE; HTTP/1 and HTTP/2.
const fs = require('fs');
const [port, key, cert] = process.argv.slice(2);
require('http2')
  .createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert), allowHTTP1: true }, (_, answer) => answer.end('ok'))
  .listen(Number(port), '127.0.0.1');
