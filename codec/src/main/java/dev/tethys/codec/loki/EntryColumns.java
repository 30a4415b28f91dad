package dev.tethys.codec.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogEntry;
import java.util.HashMap;
import java.util.Map;

/**
 * Writer of entries of log sources into the columns of a batch, with the service and the level that
 * Loki adds to entries of a push.
 */
public final class EntryColumns {
  private final LogBatch batch;
  private final Map<Labels, Integer> streams = new HashMap<>();

  public EntryColumns(LogBatch batch) {
    this.batch = batch;
  }

  /**
   * Adds an entry.
   *
   * @param time time in Unix nanoseconds
   */
  public void add(LogEntry entry, long time) {
    Labels labels = StreamEnrichment.withService(entry.labels());
    if (labels.has(LogEntry.TENANT_LABEL)) {
      labels = labels.toBuilder().remove(LogEntry.TENANT_LABEL).build();
    }
    int stream = streams.computeIfAbsent(labels, batch::stream);
    entry.text((utf8, from, length) -> batch.add(time, stream, utf8, from, length));
    StreamEnrichment.addLevel(batch, StreamEnrichment.levelOfSeverity(labels));
  }
}
