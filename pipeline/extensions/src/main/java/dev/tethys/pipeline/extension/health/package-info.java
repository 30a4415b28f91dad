/** Extension {@code health_check}: health of the graph for probes. */
@NullMarked
package dev.tethys.pipeline.extension.health;

import org.jspecify.annotations.NullMarked;
