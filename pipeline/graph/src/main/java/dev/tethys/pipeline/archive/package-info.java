/** Archive of OTLP requests in a folder: segments with an index, bounded by size and age. */
@NullMarked
package dev.tethys.pipeline.archive;

import org.jspecify.annotations.NullMarked;
