/** The editors and converters that every component has. */
@NullMarked
package dev.tethys.pipeline.ottl.function;

import org.jspecify.annotations.NullMarked;
