/**
 * Push protocols of the server: Prometheus remote write and remote read, OTLP metrics over HTTP and
 * gRPC. The endpoints depend on a store and a small view of an HTTP exchange, not on the server.
 */
@NullMarked
package dev.tethys.collect.receive;

import org.jspecify.annotations.NullMarked;
