/** OTTL: the language in which people say which telemetry to change, and how. */
@NullMarked
package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.NullMarked;
