/**
 * TLS with a pre-shared key, by Bouncy Castle. No module depends on this one: {@link
 * dev.tethys.web.client.PskTls} loads it when a configuration needs it and its jars are present.
 */
@NullMarked
package dev.tethys.web.psk;

import org.jspecify.annotations.NullMarked;
