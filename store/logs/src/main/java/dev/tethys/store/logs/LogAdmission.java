package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogAppendResult.Refusal;
import dev.tethys.model.logs.LogBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Refuses the entries of one batch that exceed a limit. */
final class LogAdmission {
  private final LogLimits limits;
  private final StreamRegistry registry;
  private final LogBatch batch;
  private final List<Refusal> refusals = new ArrayList<>();

  /** Refused rows. */
  final boolean[] refused;

  /** Number of rows that are not refused. */
  int stored;

  /** Stream numbers of the batch's streams, -1 for refused streams. */
  final int[] streams;

  /**
   * @param registry streams of the tenant
   */
  LogAdmission(LogLimits limits, StreamRegistry registry, LogBatch batch) {
    this.limits = limits;
    this.registry = registry;
    this.batch = batch;
    this.refused = new boolean[batch.rows];
    this.streams = new int[batch.streams.size()];
  }

  /** Reason of a refusal. */
  private record Limit(String name, String message) {}

  void check() {
    @Nullable Limit[] ofStreams = new Limit[streams.length];
    for (int i = 0; i < streams.length; i++) {
      Labels labels = batch.streams.get(i);
      int known = registry.find(labels);
      if (known < 0) {
        ofStreams[i] = newStream(labels);
        known = ofStreams[i] == null ? registry.intern(labels) : -1;
      }
      streams[i] = known;
    }
    stored = batch.rows;
    for (int r = 0; r < batch.rows; r++) {
      Limit l = ofStreams[batch.rowStreams[r]];
      if (l == null) {
        l = row(r);
      }
      if (l != null) {
        refuse(r, l);
      }
    }
  }

  private @Nullable Limit newStream(Labels labels) {
    if (labels.isEmpty()) {
      return new Limit("missing_labels", "stream has no labels; at least one is required");
    }
    if (labels.size() > limits.maxLabelNames()) {
      return new Limit(
          "max_label_names_per_series",
          "stream "
              + labels
              + " has "
              + labels.size()
              + " label names; limit "
              + limits.maxLabelNames());
    }
    for (Labels.Label l : labels.toList()) {
      int name = l.name().getBytes(StandardCharsets.UTF_8).length;
      if (name > limits.maxLabelNameLength()) {
        return new Limit(
            "max_label_name_length",
            "label name of "
                + name
                + " bytes; limit "
                + limits.maxLabelNameLength()
                + ": "
                + start(l.name()));
      }
      int value = l.value().getBytes(StandardCharsets.UTF_8).length;
      if (value > limits.maxLabelValueLength()) {
        return new Limit(
            "max_label_value_length",
            "value of label "
                + l.name()
                + " has "
                + value
                + " bytes; limit "
                + limits.maxLabelValueLength()
                + ": "
                + start(l.value()));
      }
    }
    if (registry.size() >= limits.maxStreams()) {
      return new Limit(
          "max_global_streams_per_user",
          "tenant has "
              + registry.size()
              + " streams; limit "
              + limits.maxStreams()
              + "; reduce the number of distinct label values");
    }
    return null;
  }

  private static String start(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "…";
  }

  private @Nullable Limit row(int r) {
    if (batch.bodyLengths[r] > limits.maxLineSize()) {
      return new Limit(
          "max_line_size",
          "line of " + batch.bodyLengths[r] + " bytes; limit " + limits.maxLineSize());
    }
    int from = batch.pairStarts[r];
    int to = batch.pairStarts[r + 1];
    if (from == to) {
      return null;
    }
    if (to - from > limits.maxMetadataEntries()) {
      return new Limit(
          "max_structured_metadata_entries_count",
          "entry has "
              + (to - from)
              + " pairs of structured metadata; limit "
              + limits.maxMetadataEntries());
    }
    long size = 0;
    for (int p = from; p < to; p++) {
      size += batch.valueLengths[p] + (long) batch.names.get(batch.pairNames[p]).length();
    }
    if (size > limits.maxMetadataSize()) {
      return new Limit(
          "max_structured_metadata_size",
          "entry has " + size + " bytes of structured metadata; limit " + limits.maxMetadataSize());
    }
    return null;
  }

  private void refuse(int r, Limit limit) {
    refused[r] = true;
    stored--;
    int stream = batch.rowStreams[r];
    for (int i = refusals.size() - 1; i >= 0; i--) {
      Refusal known = refusals.get(i);
      if (known.stream() == stream && known.limit().equals(limit.name)) {
        refusals.set(
            i,
            new Refusal(
                stream, known.firstRow(), known.entries() + 1, known.limit(), known.message()));
        return;
      }
    }
    refusals.add(new Refusal(stream, r, 1, limit.name, limit.message));
  }

  LogAppendResult result() {
    return new LogAppendResult(stored, List.copyOf(refusals), refused);
  }

  /** Adds the accepted rows to a head. */
  @SuppressWarnings("ReferenceEquality")
  void apply(LogHead head) {
    if (head.streams() != registry) {
      for (int i = 0; i < streams.length; i++) {
        streams[i] = streams[i] < 0 ? -1 : head.streams().intern(batch.streams.get(i));
      }
    }
    int[] names = new int[batch.names.size()];
    for (int i = 0; i < names.length; i++) {
      names[i] = head.name(Objects.requireNonNull(batch.names.get(i)));
    }
    for (int r = 0; r < batch.rows; r++) {
      if (refused[r]) {
        continue;
      }
      head.add(
          batch.times[r],
          streams[batch.rowStreams[r]],
          batch.bytes,
          batch.bodyStarts[r],
          batch.bodyLengths[r]);
      for (int p = batch.pairStarts[r]; p < batch.pairStarts[r + 1]; p++) {
        head.metadata(
            names[batch.pairNames[p]], batch.bytes, batch.valueStarts[p], batch.valueLengths[p]);
      }
    }
  }
}
