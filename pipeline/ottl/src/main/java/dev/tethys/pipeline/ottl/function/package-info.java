/** Editors and converters of OTTL that every component has. */
@NullMarked
package dev.tethys.pipeline.ottl.function;

import org.jspecify.annotations.NullMarked;
