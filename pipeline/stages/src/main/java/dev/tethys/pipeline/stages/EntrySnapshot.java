package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import java.util.SortedMap;

/**
 * An entry between two stages.
 *
 * @param timestamp nanoseconds since 1970
 * @param extracted what stages have extracted, as text
 */
public record EntrySnapshot(
    Labels labels,
    Labels metadata,
    long timestamp,
    String line,
    SortedMap<String, String> extracted) {}
