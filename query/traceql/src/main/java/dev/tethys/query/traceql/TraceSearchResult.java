package dev.tethys.query.traceql;

import java.util.List;

/**
 * Search result.
 *
 * @param traces traces in the order of the search
 * @param statistics work that was done
 * @param warnings damage by which traces may be absent
 */
public record TraceSearchResult(
    List<FoundTrace> traces, TraceStatistics statistics, List<String> warnings) {}
