/** Telemetry in files, as JSON lines or protobuf. */
@NullMarked
package dev.tethys.pipeline.destination.file;

import org.jspecify.annotations.NullMarked;
