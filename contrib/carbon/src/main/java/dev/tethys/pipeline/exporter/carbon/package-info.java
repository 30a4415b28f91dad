/** Graphite as a destination of metrics: carbon's plaintext and pickle protocols. */
@NullMarked
package dev.tethys.pipeline.exporter.carbon;

import org.jspecify.annotations.NullMarked;
