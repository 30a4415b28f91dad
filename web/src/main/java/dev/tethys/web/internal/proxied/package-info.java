/** Whom a proxy speaks for: the PROXY protocol, before HTTP and before TLS. */
@NullMarked
package dev.tethys.web.internal.proxied;

import org.jspecify.annotations.NullMarked;
