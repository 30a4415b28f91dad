package dev.tethys.model.guard;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.LogText;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Rate-limited log for lines that a peer can cause: one line per kind and 10 s, with the number of
 * lines suppressed since the last one; values are truncated. Thread-safe.
 *
 * <p>The kind of a line is its template, so templates must be constants.
 */
public final class LimitedLog {
  /** Longest value of a line, in characters. */
  static final int MAX_VALUE = 300;

  private static final long EVERY_NANOS = 10_000_000_000L;

  /** Maximum number of distinct templates; more would mean that templates are not constants. */
  private static final int MAX_KINDS = 256;

  private static final Registry.Counter SUPPRESSED =
      Registry.process()
          .counter(
              "tethys_log_lines_suppressed_total",
              "Log lines left out because of too many of their kind at once.");

  private static final AtomicLong MEMORY_ERRORS = new AtomicLong();

  private static final class Kind {
    final AtomicLong next;
    final LongAdder suppressed = new LongAdder();

    Kind(long next) {
      this.next = new AtomicLong(next);
    }
  }

  private final System.Logger log;
  private final LongSupplier nanos;
  private final Map<String, Kind> kinds = new ConcurrentHashMap<>();

  /** Creates a log that writes to another log. */
  public LimitedLog(System.Logger log) {
    this(log, System::nanoTime);
  }

  /**
   * Variant with a clock.
   *
   * @param nanos a clock in nanoseconds
   */
  public LimitedLog(System.Logger log, LongSupplier nanos) {
    this.log = log;
    this.nanos = nanos;
  }

  /** Counts lines suppressed elsewhere. */
  public static void countSuppressed() {
    SUPPRESSED.inc();
  }

  /** Number of failures of this process caused by exhausted memory. */
  public static long memoryErrors() {
    return MEMORY_ERRORS.get();
  }

  /** A value in the form of a log line. */
  public static String cut(@Nullable Object value) {
    return LogText.cut(String.valueOf(value), MAX_VALUE);
  }

  /**
   * Returns the kind of a line if it would be written now, to avoid building the line otherwise.
   */
  private @Nullable Kind due(Level level, String template) {
    if (!log.isLoggable(level)) {
      return null;
    }
    long now = nanos.getAsLong();
    Kind k = kinds.get(template);
    if (k == null) {
      String key = kinds.size() < MAX_KINDS ? template : "";
      k = kinds.computeIfAbsent(key, _ -> new Kind(now));
    }
    long next = k.next.get();
    if (now - next >= 0 && k.next.compareAndSet(next, now + EVERY_NANOS)) {
      return k;
    }
    k.suppressed.increment();
    SUPPRESSED.inc();
    return null;
  }

  /** Writes a line of the template, in which {@code {0}} is the first value. */
  public void log(Level level, String template, @Nullable Object... values) {
    Kind k = due(level, template);
    if (k == null) {
      return;
    }
    Object[] cut = Arrays.copyOf(values, values.length + 1);
    for (int i = 0; i < values.length; i++) {
      cut[i] = values[i] instanceof Number ? String.valueOf(values[i]) : cut(values[i]);
    }
    long remaining = k.suppressed.sumThenReset();
    cut[values.length] = remaining;
    log.log(
        level, remaining == 0 ? template : template + " suppressed={" + values.length + "}", cut);
  }

  /**
   * Writes a line with a failure and its stack.
   *
   * @param event constant text
   * @param about the object concerned
   */
  public void failure(Level level, String event, @Nullable Object about, Throwable failure) {
    if (failure instanceof OutOfMemoryError) {
      MEMORY_ERRORS.incrementAndGet();
    }
    Kind k = due(level, event);
    if (k == null) {
      return;
    }
    long remaining = k.suppressed.sumThenReset();
    log.log(
        level,
        event + " " + cut(about) + (remaining == 0 ? "" : " suppressed=" + remaining),
        failure);
  }
}
