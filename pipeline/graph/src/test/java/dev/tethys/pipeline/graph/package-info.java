/** Tests of the graph. */
@NullMarked
package dev.tethys.pipeline.graph;

import org.jspecify.annotations.NullMarked;
