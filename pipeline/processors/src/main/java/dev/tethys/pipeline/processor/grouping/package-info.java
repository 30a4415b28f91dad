/** The {@code groupbyattrs} processor: attributes of items become those of their resource. */
@NullMarked
package dev.tethys.pipeline.processor.grouping;

import org.jspecify.annotations.NullMarked;
