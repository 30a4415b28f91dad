/** Exporter into the stores of the server that runs the pipeline. */
@NullMarked
package dev.tethys.pipeline.exporter.tethys;

import org.jspecify.annotations.NullMarked;
