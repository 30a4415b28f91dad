/** Metrics of a pipeline on a page that Prometheus scrapes. */
@NullMarked
package dev.tethys.pipeline.receiver.exposed;

import org.jspecify.annotations.NullMarked;
