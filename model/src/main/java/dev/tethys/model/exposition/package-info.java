/**
 * Metric families as an exporter shows them, and the registry in which Tethys counts its own
 * doings.
 */
@NullMarked
package dev.tethys.model.exposition;

import org.jspecify.annotations.NullMarked;
