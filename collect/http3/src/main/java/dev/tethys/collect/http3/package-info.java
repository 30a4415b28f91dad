/**
 * HTTP/3 for those who look at servers, over Netty's codec and the QUIC of its native library.
 * Apart because of that library; nobody but the web room's clients calls it.
 */
@NullMarked
package dev.tethys.collect.http3;

import org.jspecify.annotations.NullMarked;
