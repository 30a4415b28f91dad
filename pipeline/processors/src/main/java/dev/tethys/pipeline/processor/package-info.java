/** Parts shared by processors and connectors: batches as trees, and accounts. */
@NullMarked
package dev.tethys.pipeline.processor;

import org.jspecify.annotations.NullMarked;
