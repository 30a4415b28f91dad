package dev.tethys.pipeline.stages;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Log entry passing through the stages, with the values extracted from it. */
final class StageEntry {
  final LogEntry entry;
  final Extracted extracted;

  StageEntry(LogEntry entry, List<Labels.Label> decodedLabels) {
    this.entry = entry;
    this.extracted = new Extracted(decodedLabels);
  }

  StageEntry(LogEntry entry, Extracted extracted) {
    this.entry = entry;
    this.extracted = extracted;
  }

  Labels labels() {
    return entry.labels();
  }

  String line() {
    return entry.line();
  }

  EntrySnapshot snapshot() {
    SortedMap<String, String> texts = new TreeMap<>();
    extracted.toMap().forEach((k, v) -> texts.put(k, String.valueOf(Extracted.text(v))));
    return new EntrySnapshot(
        entry.labels(), entry.metadata(), entry.timestamp(), entry.line(), texts);
  }
}
