/** What the processors and connectors of a graph have in common: batches as trees, and accounts. */
@NullMarked
package dev.tethys.pipeline.processor;

import org.jspecify.annotations.NullMarked;
