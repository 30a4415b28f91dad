/**
 * Push protocols: Prometheus remote write and remote read, OTLP metrics over HTTP and gRPC. The
 * receivers know a store and a small view of an HTTP exchange, not the server.
 */
@NullMarked
package dev.tethys.collect.receive;

import org.jspecify.annotations.NullMarked;
