/**
 * Connections to database servers: bounded in time and bytes, plain, TLS or through a Unix socket.
 */
@NullMarked
package dev.tethys.collect.database.wire;

import org.jspecify.annotations.NullMarked;
