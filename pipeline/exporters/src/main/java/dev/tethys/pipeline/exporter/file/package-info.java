/** Telemetry in files, as JSON lines or protobuf. */
@NullMarked
package dev.tethys.pipeline.exporter.file;

import org.jspecify.annotations.NullMarked;
