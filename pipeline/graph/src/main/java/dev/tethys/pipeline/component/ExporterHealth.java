package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;

/**
 * Health of an exporter.
 *
 * @param error last error of the remote system while the exporter is failing; {@code ""} otherwise
 * @param errorMillis time of that error in Unix milliseconds
 * @param waitsMillis age of the oldest queued request
 */
public record ExporterHealth(
    ComponentId id, Signal signal, String error, long errorMillis, long waitsMillis) {}
