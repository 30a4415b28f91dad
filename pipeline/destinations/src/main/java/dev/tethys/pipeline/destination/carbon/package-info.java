/** Graphite as a destination of metrics: carbon's plaintext and pickle protocols. */
@NullMarked
package dev.tethys.pipeline.destination.carbon;

import org.jspecify.annotations.NullMarked;
