/** The graph itself: made of a configuration, started, watched, changed while it runs, stopped. */
@NullMarked
package dev.tethys.pipeline.graph;

import org.jspecify.annotations.NullMarked;
