package dev.tethys.query.logql;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Query result. */
public sealed interface LogqlValue {
  /** Scalar, vector or matrix of a metric query, with times in milliseconds. */
  record Metric(Value value) implements LogqlValue {}

  /** Entries of a log query, in the order of its direction. */
  record Entries(List<LogEntry> entries) implements LogqlValue {
    /**
     * Entries by stream, streams in the order of their labels.
     *
     * @param categorized whether only labels of the stream tell streams apart; otherwise all labels
     *     do
     */
    public List<LogStream> streams(boolean categorized) {
      Map<Labels, List<LogEntry>> by = new LinkedHashMap<>();
      for (LogEntry e : entries) {
        by.computeIfAbsent(categorized ? e.stream() : e.allLabels(), l -> new ArrayList<>()).add(e);
      }
      List<LogStream> out = new ArrayList<>(by.size());
      by.forEach((l, list) -> out.add(new LogStream(l, list)));
      out.sort((a, b) -> a.labels().compareTo(b.labels()));
      return out;
    }
  }

  /** Entries with common labels. */
  record LogStream(Labels labels, List<LogEntry> entries) {}
}
