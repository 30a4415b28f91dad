/** Receives collectd's metrics: write_http's JSON, and its binary protocol. */
@NullMarked
package dev.tethys.pipeline.receiver.collectd;

import org.jspecify.annotations.NullMarked;
