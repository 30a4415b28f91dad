/** Comparing, calculating, indexing and writing out values; the fields of telemetry. */
@NullMarked
package dev.tethys.pipeline.ottl.internal;

import org.jspecify.annotations.NullMarked;
