/**
 * OTLP metrics, protobuf and JSON, translated to series as Prometheus translates them. Message and
 * field numbers: opentelemetry-proto 1.x, metrics/v1.
 */
@NullMarked
package dev.tethys.codec.otlp;

import org.jspecify.annotations.NullMarked;
