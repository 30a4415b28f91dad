/**
 * Servers that receive entries over HTTP, as Promtail's {@code loki_push_api}, {@code heroku_drain}
 * and {@code gcplog}; also the pull client of Google's Pub/Sub.
 */
@NullMarked
package dev.tethys.collect.logs.push;

import org.jspecify.annotations.NullMarked;
