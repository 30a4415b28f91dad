package dev.tethys.pipeline.exporter.loki;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.logs.LogEntry;
import org.jspecify.annotations.Nullable;

/** The streams of entries: for each label set its text and its tenant. Not thread-safe. */
public final class EntryStreams {
  /** Maximum number of label sets cached with their strings. */
  static final int SLOTS = 4096;

  /**
   * Cached data of a label set.
   *
   * @param tenant "" for none
   * @param text label set in text form, without the tenant's label
   */
  public record Stream(Labels labels, String tenant, String text) {}

  private final Labels external;
  private final String tenant;
  private final @Nullable Stream[] streams = new Stream[SLOTS];

  /**
   * Creates the streams of a destination.
   *
   * @param external labels added to streams without them
   * @param tenant default tenant
   */
  public EntryStreams(Labels external, String tenant) {
    this.external = external;
    this.tenant = tenant;
  }

  /** Returns the stream of entries with these labels. */
  public Stream of(Labels labels) {
    int slot = (int) labels.hash64() & SLOTS - 1;
    Stream s = streams[slot];
    if (s != null && s.labels.equals(labels)) {
      return s;
    }
    LabelsBuilder all = new LabelsBuilder(external).addAll(labels);
    String own = all.get(LogEntry.TENANT_LABEL);
    Labels shown = all.remove(LogEntry.TENANT_LABEL).build();
    s = new Stream(labels, own.isEmpty() ? tenant : own, shown.toString());
    streams[slot] = s;
    return s;
  }
}
