/** Datadog as a destination of metrics and logs. */
@NullMarked
package dev.tethys.pipeline.exporter.datadog;

import org.jspecify.annotations.NullMarked;
