/** Sends log entries to Loki: the clients of {@code promtail.yml}, and the exporter of a graph. */
@NullMarked
package dev.tethys.pipeline.exporter.loki;

import org.jspecify.annotations.NullMarked;
