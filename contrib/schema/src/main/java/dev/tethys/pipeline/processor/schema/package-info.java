/** The {@code schema} processor: names of telemetry follow one version of a schema. */
@NullMarked
package dev.tethys.pipeline.processor.schema;

import org.jspecify.annotations.NullMarked;
