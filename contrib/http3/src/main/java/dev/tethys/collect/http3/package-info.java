/**
 * HTTP/3 for probes, over Netty's codec and the QUIC of its native library. A separate module
 * because of that library; only the HTTP clients of {@code web} call it.
 */
@NullMarked
package dev.tethys.collect.http3;

import org.jspecify.annotations.NullMarked;
