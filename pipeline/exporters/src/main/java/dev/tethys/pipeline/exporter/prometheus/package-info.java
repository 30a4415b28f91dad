/** The Collector's {@code prometheus} exporter: metrics of a pipeline on a page for scraping. */
@NullMarked
package dev.tethys.pipeline.exporter.prometheus;

import org.jspecify.annotations.NullMarked;
