/** Archive of telemetry in a folder, which can be replayed. */
@NullMarked
package dev.tethys.pipeline.exporter.archive;

import org.jspecify.annotations.NullMarked;
