/** List of built-in components and the sources of a Collector's configuration. */
@NullMarked
package dev.tethys.pipeline.collector;

import org.jspecify.annotations.NullMarked;
