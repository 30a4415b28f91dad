/**
 * Servers to which entries are pushed over HTTP, as Promtail's {@code loki_push_api}, {@code
 * heroku_drain} and {@code gcplog}; and what Google's Pub/Sub, whose pushes are among them, is
 * asked for instead.
 */
@NullMarked
package dev.tethys.collect.logs.push;

import org.jspecify.annotations.NullMarked;
