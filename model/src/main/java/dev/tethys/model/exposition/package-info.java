/** Metric families as an exporter exposes them, and the registry of Tethys's own metrics. */
@NullMarked
package dev.tethys.model.exposition;

import org.jspecify.annotations.NullMarked;
