/** q IPC, the protocol of kdb+: values, messages, their compression and the handshake. */
@NullMarked
package dev.tethys.codec.kdb;

import org.jspecify.annotations.NullMarked;
