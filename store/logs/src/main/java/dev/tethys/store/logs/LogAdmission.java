package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogAppendResult.Refusal;
import dev.tethys.model.logs.LogBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rejects the entries of one batch that exceed a limit. Reasons and messages are those of Loki's
 * validation, so that existing clients and alerts keep working.
 */
final class LogAdmission {
  /** Refusals with a message; those of more streams are counted only. */
  private static final int MAX_MESSAGES = 100;

  /** Longest part of a stream's labels in a message. */
  private static final int MAX_SHOWN = 1000;

  private final LogLimits limits;
  private final StreamRegistry registry;
  private final LogBatch batch;
  private final String tenant;
  private final long now;
  private final List<Refusal> refusals = new ArrayList<>();
  private final Map<Key, Integer> indexes = new HashMap<>(); // of refusals
  private int[] rowRefusals = {};

  /** Refused rows. */
  final boolean[] refused;

  /** Number of rows that are not rejected. */
  int stored;

  /** Stream numbers of the batch's streams, -1 for rejected streams. */
  final int[] streams;

  /**
   * @param registry streams of the tenant
   * @param now Unix nanoseconds
   */
  LogAdmission(LogLimits limits, StreamRegistry registry, LogBatch batch, String tenant, long now) {
    this.limits = limits;
    this.registry = registry;
    this.batch = batch;
    this.tenant = tenant;
    this.now = now;
    this.refused = new boolean[batch.rows];
    this.streams = new int[batch.streams.size()];
  }

  private record Key(int stream, String reason) {}

  /** Reason for a rejection. */
  private record Limit(String reason, Supplier<String> message) {}

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
      return new Limit(
          "missing_labels", () -> "error at least one label pair is required per stream");
    }
    // The server adds this label itself, so that it does not count.
    int names = labels.size() - (labels.has("service_name") ? 1 : 0);
    if (names > limits.maxLabelNames()) {
      return new Limit(
          "max_label_names_per_series",
          () ->
              "entry for stream '"
                  + shown(labels)
                  + "' has "
                  + names
                  + " label names; limit "
                  + limits.maxLabelNames());
    }
    for (Labels.Label l : labels.toList()) {
      int name = l.name().getBytes(StandardCharsets.UTF_8).length;
      if (name > limits.maxLabelNameLength()) {
        return new Limit(
            "label_name_too_long",
            () ->
                "stream '"
                    + shown(labels)
                    + "' has label name too long: '"
                    + start(l.name(), 100)
                    + "' of "
                    + name
                    + " bytes; limit "
                    + limits.maxLabelNameLength());
      }
      int value = l.value().getBytes(StandardCharsets.UTF_8).length;
      if (value > limits.maxLabelValueLength()) {
        return new Limit(
            "label_value_too_long",
            () ->
                "stream '"
                    + shown(labels)
                    + "' has label value too long: '"
                    + start(l.value(), 100)
                    + "' of "
                    + value
                    + " bytes; limit "
                    + limits.maxLabelValueLength());
      }
    }
    if (registry.size() >= limits.maxStreams()) {
      return new Limit(
          "stream_limit",
          () ->
              "maximum active stream limit exceeded when trying to create stream "
                  + shown(labels)
                  + ", reduce the number of active streams (reduce labels or reduce label values),"
                  + " or raise max_global_streams_per_user, user: '"
                  + tenant
                  + "', limit: "
                  + limits.maxStreams());
    }
    return null;
  }

  private static String shown(Labels labels) {
    return start(labels.toString(), MAX_SHOWN);
  }

  private static String start(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max;
    return text.substring(0, end) + "…";
  }

  private String streamOf(int row) {
    return shown(batch.streams.get(batch.rowStreams[row]));
  }

  private @Nullable Limit row(int r) {
    long time = batch.times[r];
    if (limits.maxAgeNanos() > 0 && time < now - limits.maxAgeNanos()) {
      return new Limit(
          "greater_than_max_sample_age",
          () ->
              "entry for stream '"
                  + streamOf(r)
                  + "' has timestamp too old: "
                  + UnixNanos.instant(time)
                  + ", oldest acceptable timestamp is: "
                  + UnixNanos.instant(now - limits.maxAgeNanos()));
    }
    if (limits.maxFutureNanos() > 0 && time > now + limits.maxFutureNanos()) {
      return new Limit(
          "too_far_in_future",
          () ->
              "entry for stream '"
                  + streamOf(r)
                  + "' has timestamp too new: "
                  + UnixNanos.instant(time));
    }
    if (batch.bodyLengths[r] > limits.maxLineSize()) {
      return new Limit(
          "line_too_long",
          () ->
              "max entry size '"
                  + limits.maxLineSize()
                  + "' bytes exceeded for stream '"
                  + streamOf(r)
                  + "' while adding an entry with length '"
                  + batch.bodyLengths[r]
                  + "' bytes");
    }
    int from = batch.pairStarts[r];
    int to = batch.pairStarts[r + 1];
    if (from == to) {
      return null;
    }
    if (to - from > limits.maxMetadataEntries()) {
      return new Limit(
          "structured_metadata_too_many",
          () ->
              "stream '"
                  + streamOf(r)
                  + "' has too many structured metadata labels: '"
                  + (to - from)
                  + "', limit: '"
                  + limits.maxMetadataEntries()
                  + "'. Please see `limits_config.max_structured_metadata_entries_count`");
    }
    long size = metadataSize(from, to);
    if (size > limits.maxMetadataSize()) {
      return new Limit(
          "structured_metadata_too_large",
          () ->
              "stream '"
                  + streamOf(r)
                  + "' has structured metadata too large: '"
                  + size
                  + "' bytes, limit: '"
                  + limits.maxMetadataSize()
                  + "' bytes. Please see `limits_config.max_structured_metadata_size`");
    }
    return null;
  }

  private long metadataSize(int from, int to) {
    long size = 0;
    for (int p = from; p < to; p++) {
      size += batch.valueLengths[p] + (long) batch.names.get(batch.pairNames[p]).length();
    }
    return size;
  }

  private void refuse(int r, Limit limit) {
    refused[r] = true;
    stored--;
    int stream = batch.rowStreams[r];
    if (refusals.isEmpty()) {
      rowRefusals = new int[batch.rows];
      Arrays.fill(rowRefusals, -1);
    }
    Integer index = indexes.putIfAbsent(new Key(stream, limit.reason), refusals.size());
    rowRefusals[r] = index == null ? refusals.size() : index;
    if (index == null) {
      String message = refusals.size() < MAX_MESSAGES ? limit.message.get() : limit.reason;
      refusals.add(new Refusal(stream, r, 1, limit.reason, message));
    } else {
      Refusal known = refusals.get(index);
      refusals.set(
          index,
          new Refusal(
              stream, known.firstRow(), known.entries() + 1, known.limit(), known.message()));
    }
  }

  LogAppendResult result() {
    return refusals.isEmpty()
        ? LogAppendResult.stored(stored)
        : new LogAppendResult(stored, List.copyOf(refusals), rowRefusals);
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
