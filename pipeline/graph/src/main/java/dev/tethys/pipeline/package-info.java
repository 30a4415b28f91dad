/**
 * Batches that pass through a graph of receivers, processors and exporters, and the acknowledgement
 * of a batch to its sender.
 */
@NullMarked
package dev.tethys.pipeline;

import org.jspecify.annotations.NullMarked;
