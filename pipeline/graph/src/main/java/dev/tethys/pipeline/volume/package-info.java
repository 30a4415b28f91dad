/** Volumes by attribute: items and bytes at the entries and edges of a graph, in bounded memory. */
@NullMarked
package dev.tethys.pipeline.volume;

import org.jspecify.annotations.NullMarked;
