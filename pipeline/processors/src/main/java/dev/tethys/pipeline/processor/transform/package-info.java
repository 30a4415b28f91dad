/** The {@code transform} processor: OTTL statements. */
@NullMarked
package dev.tethys.pipeline.processor.transform;

import org.jspecify.annotations.NullMarked;
