/** PROXY protocol: the client's address, sent before HTTP and before TLS. */
@NullMarked
package dev.tethys.web.internal.proxied;

import org.jspecify.annotations.NullMarked;
