/**
 * What every listener and client shares: HTTP server and client, TLS with reload, authentication,
 * limits, compression. The only room that sees the engine of HTTP/2.
 */
@NullMarked
package dev.tethys.web;

import org.jspecify.annotations.NullMarked;
