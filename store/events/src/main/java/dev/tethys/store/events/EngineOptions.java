package dev.tethys.store.events;

import dev.tethys.model.UnixNanos;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Settings of an {@link EventEngine}.
 *
 * @param headBytes memory of rows that are not in parts; when a head of this size waits for its
 *     flush, another may grow to the same size
 * @param headAge age after which rows are written to parts even if the head is small
 * @param appendWait maximum time an append waits for memory before it fails
 * @param reserveBytes free disk space below which appends are rejected
 * @param walSegmentBytes write-ahead log segment size
 * @param smallPartBytes parts whose rows have fewer bytes are merged
 * @param retention rows to keep
 * @param clock Unix time in nanoseconds
 * @param background false if the caller runs maintenance, as tests do
 */
public record EngineOptions(
    long headBytes,
    Duration headAge,
    Duration appendWait,
    long reserveBytes,
    long walSegmentBytes,
    long smallPartBytes,
    RetentionLimits retention,
    LongSupplier clock,
    boolean background) {
  /** Defaults. */
  public static EngineOptions defaults() {
    return new EngineOptions(
        48L << 20,
        Duration.ofHours(1),
        Duration.ofSeconds(10),
        256L << 20,
        64L << 20,
        48L << 20,
        RetentionLimits.NONE,
        UnixNanos::now,
        true);
  }

  public EngineOptions withHeadBytes(long bytes) {
    return new EngineOptions(
        bytes,
        headAge,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        clock,
        background);
  }

  public EngineOptions withHeadAge(Duration age) {
    return new EngineOptions(
        headBytes,
        age,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        clock,
        background);
  }

  public EngineOptions withAppendWait(Duration wait) {
    return new EngineOptions(
        headBytes,
        headAge,
        wait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        clock,
        background);
  }

  public EngineOptions withReserveBytes(long bytes) {
    return new EngineOptions(
        headBytes,
        headAge,
        appendWait,
        bytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        clock,
        background);
  }

  public EngineOptions withSmallPartBytes(long bytes) {
    return new EngineOptions(
        headBytes,
        headAge,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        bytes,
        retention,
        clock,
        background);
  }

  public EngineOptions withRetention(RetentionLimits limits) {
    return new EngineOptions(
        headBytes,
        headAge,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        limits,
        clock,
        background);
  }

  public EngineOptions withClock(LongSupplier nanos) {
    return new EngineOptions(
        headBytes,
        headAge,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        nanos,
        background);
  }

  public EngineOptions withBackground(boolean runs) {
    return new EngineOptions(
        headBytes,
        headAge,
        appendWait,
        reserveBytes,
        walSegmentBytes,
        smallPartBytes,
        retention,
        clock,
        runs);
  }
}
