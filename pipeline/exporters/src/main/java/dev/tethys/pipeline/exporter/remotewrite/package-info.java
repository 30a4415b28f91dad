/** Sends metrics by Prometheus's remote write, 1.0 and 2.0. */
@NullMarked
package dev.tethys.pipeline.exporter.remotewrite;

import org.jspecify.annotations.NullMarked;
