/** OTTL: statements and conditions that edit and select telemetry. */
@NullMarked
package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.NullMarked;
