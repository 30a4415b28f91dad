/** Comparison, arithmetic, indexing and formatting of OTTL values; fields of telemetry. */
@NullMarked
package dev.tethys.pipeline.ottl.internal;

import org.jspecify.annotations.NullMarked;
