/** Connector {@code spanmetrics}: counts and durations of spans, as metrics. */
@NullMarked
package dev.tethys.pipeline.processor.connector.spanmetrics;

import org.jspecify.annotations.NullMarked;
