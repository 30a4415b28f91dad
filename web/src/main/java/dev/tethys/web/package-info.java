/**
 * Parts shared by listeners and clients: HTTP server and client, TLS with reload, authentication,
 * limits, compression. The only module that depends on the engine of HTTP/2.
 */
@NullMarked
package dev.tethys.web;

import org.jspecify.annotations.NullMarked;
