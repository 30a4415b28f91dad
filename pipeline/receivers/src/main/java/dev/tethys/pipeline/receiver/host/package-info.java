/**
 * Metrics of the host that this process runs on: the Collector's {@code host_metrics} with its
 * scrapers, over the readings of the built-in host collector.
 */
@org.jspecify.annotations.NullMarked
package dev.tethys.pipeline.receiver.host;
