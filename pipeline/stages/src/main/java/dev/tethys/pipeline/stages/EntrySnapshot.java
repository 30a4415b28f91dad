package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import java.util.SortedMap;

/**
 * State of an entry between two stages.
 *
 * @param timestamp nanoseconds since 1970
 * @param extracted the extracted values as text
 */
public record EntrySnapshot(
    Labels labels,
    Labels metadata,
    long timestamp,
    String line,
    SortedMap<String, String> extracted) {}
