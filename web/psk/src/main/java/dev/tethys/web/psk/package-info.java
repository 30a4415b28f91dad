/**
 * TLS with a key that both sides know, by Bouncy Castle. Nobody knows this room: {@link
 * dev.tethys.web.client.SharedKeyTls} finds it where its jars are, when a configuration asks for
 * it.
 */
@NullMarked
package dev.tethys.web.psk;

import org.jspecify.annotations.NullMarked;
