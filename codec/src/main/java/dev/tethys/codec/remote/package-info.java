/**
 * The Prometheus remote protocols: write 1.0 and 2.0, read with samples and with streamed chunks.
 * Message and field numbers: prometheus/prompb and io/prometheus/write/v2.
 */
@NullMarked
package dev.tethys.codec.remote;

import org.jspecify.annotations.NullMarked;
