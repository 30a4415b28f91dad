package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;

/**
 * How an exporter does now.
 *
 * @param error what its destination said last, while it takes nothing; {@code ""} while it does
 * @param errorMillis when that was, Unix milliseconds
 * @param waitsMillis for how long the oldest that it has waits
 */
public record ExporterHealth(
    ComponentId id, Signal signal, String error, long errorMillis, long waitsMillis) {}
