/** Splunk's HTTP Event Collector as a destination of metrics and logs. */
@NullMarked
package dev.tethys.pipeline.exporter.splunk;

import org.jspecify.annotations.NullMarked;
