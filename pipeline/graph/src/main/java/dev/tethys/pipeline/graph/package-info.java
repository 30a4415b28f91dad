/** Graph of components: built from a configuration, started, reloaded while it runs, stopped. */
@NullMarked
package dev.tethys.pipeline.graph;

import org.jspecify.annotations.NullMarked;
