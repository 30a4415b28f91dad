package dev.tethys.model.traces;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Time, root and services of traces by some of their spans. Traces are numbered in order of
 * arrival. Safe for several threads that do not change it.
 */
public final class TraceSummaries {
  /** Columns read by {@link #add(SpanRows)}. */
  public static final SpanNeeds NEEDS =
      new SpanNeeds(
          true,
          true,
          true,
          true,
          List.of(
              SpanField.SERVICE,
              SpanField.intrinsic(SpanField.Scope.NAME),
              SpanField.intrinsic(SpanField.Scope.STATUS)));

  /** Approximate memory per trace in bytes. */
  public static final int BYTES_A_TRACE = 256;

  private static final long STATUS_ERROR = 2;
  private static final int FIRST_SIZE = 16;
  private static final Comparator<@Nullable String> TEXTS =
      Comparator.nullsFirst(Comparator.naturalOrder());

  private int[] slots = new int[2 * FIRST_SIZE]; // number + 1 by hash
  private byte[] tags = new byte[2 * FIRST_SIZE]; // bits of the hash, 0 for a free slot
  private int size;
  private long[] high = new long[FIRST_SIZE];
  private long[] low = new long[FIRST_SIZE];
  private long[] start = new long[FIRST_SIZE];
  private long[] end = new long[FIRST_SIZE];
  private boolean[] hasRoot = new boolean[FIRST_SIZE];
  private long[] rootStart = new long[FIRST_SIZE];
  private long[] rootSpan = new long[FIRST_SIZE];
  private long[] rootDuration = new long[FIRST_SIZE];
  private @Nullable String[] rootName = new String[FIRST_SIZE];
  private @Nullable String[] rootService = new String[FIRST_SIZE];
  private final ServiceCounts services = new ServiceCounts();

  /** Receives the services of a trace. */
  @FunctionalInterface
  public interface ServiceConsumer {
    /**
     * Receives a service, each once.
     *
     * @param name name of the service, empty if spans have none
     * @param spans number of spans
     * @param errors number of spans with the status error
     */
    void accept(String name, int spans, int errors);
  }

  /** Returns the number of traces. */
  public int size() {
    return size;
  }

  /** Adds a trace without spans and returns its number. */
  public int addTrace(long traceHigh, long traceLow) {
    if ((size + 1) * 2 > slots.length) {
      grow();
    }
    int s = slot(traceHigh, traceLow);
    if (slots[s] != 0) {
      return slots[s] - 1;
    }
    if (size == high.length) {
      growTraces();
    }
    slots[s] = size + 1;
    tags[s] = tag(hash(traceHigh, traceLow));
    high[size] = traceHigh;
    low[size] = traceLow;
    start[size] = Long.MAX_VALUE;
    end[size] = Long.MIN_VALUE;
    return size++;
  }

  /** Number of a trace; negative if it does not exist. */
  public int find(long traceHigh, long traceLow) {
    return slots[slot(traceHigh, traceLow)] - 1;
  }

  /** False if no span of the trace was added. */
  public boolean hasSpans(int trace) {
    return services.has(trace);
  }

  /** Start of the first span, Unix nanoseconds. */
  public long start(int trace) {
    return start[trace];
  }

  /** Nanoseconds from the start of the first span to the end of the last. */
  public long duration(int trace) {
    return Math.max(0, end[trace] - start[trace]);
  }

  /** Name of the root, which is the first span without a parent; null if there is none. */
  public @Nullable String rootName(int trace) {
    return rootName[trace];
  }

  /** Service of the root; null if it has none. */
  public @Nullable String rootService(int trace) {
    return rootService[trace];
  }

  /** Passes on the services of a trace. */
  public void services(int trace, ServiceConsumer to) {
    services.forEach(trace, to);
  }

  /** Adds spans, with the columns of {@link #NEEDS}. */
  public void add(SpanRows rows) {
    SpanColumn service = rows.columns[0];
    SpanColumn name = rows.columns[1];
    SpanColumn status = rows.columns[2];
    int[] known = new int[service.strings.length]; // code + 1
    int trace = -1;
    for (int i = 0; i < rows.count; i++) {
      if (trace < 0 || low[trace] != rows.traceLow[i] || high[trace] != rows.traceHigh[i]) {
        trace = addTrace(rows.traceHigh[i], rows.traceLow[i]);
      }
      String own = text(service, i);
      int code = code(service, i, own, known);
      boolean failed = status.types[i] == SpanColumn.INT && status.bits[i] == STATUS_ERROR;
      services.add(trace, code, 1, failed ? 1 : 0);
      long first = rows.start[i];
      long last = first + rows.duration[i];
      times(trace, first, last < first ? Long.MAX_VALUE : last);
      if (rows.parentId[i] == 0) {
        root(trace, first, rows.spanId[i], rows.duration[i], text(name, i), own);
      }
    }
  }

  private int code(SpanColumn service, int row, @Nullable String name, int[] known) {
    if (name == null) {
      return services.code("");
    }
    int of = (int) service.bits[service.offsets == null ? row : service.offsets[row]];
    if (known[of] == 0) {
      known[of] = services.code(name) + 1;
    }
    return known[of] - 1;
  }

  private static @Nullable String text(SpanColumn c, int row) {
    int at = c.offsets == null ? row : c.offsets[row];
    int to = c.offsets == null ? row + 1 : c.offsets[row + 1];
    return at < to && c.types[at] == SpanColumn.STRING ? c.strings[(int) c.bits[at]] : null;
  }

  /** Adds other summaries of the traces present here. */
  public void merge(TraceSummaries other) {
    int[] known = new int[other.services.codes()]; // code + 1
    boolean byOwn = size < other.size;
    for (int i = 0; i < (byOwn ? size : other.size); i++) {
      int own = byOwn ? i : find(other.high[i], other.low[i]);
      int from = byOwn ? other.find(high[i], low[i]) : i;
      if (own >= 0 && from >= 0 && other.hasSpans(from)) {
        merge(own, other, from, known);
      }
    }
  }

  private void merge(int trace, TraceSummaries other, int from, int[] known) {
    times(trace, other.start[from], other.end[from]);
    services.add(trace, other.services, from, known);
    if (other.hasRoot[from]) {
      root(
          trace,
          other.rootStart[from],
          other.rootSpan[from],
          other.rootDuration[from],
          other.rootName[from],
          other.rootService[from]);
    }
  }

  private void times(int trace, long first, long last) {
    start[trace] = Math.min(start[trace], first);
    end[trace] = Math.max(end[trace], last);
  }

  /** Sets a span as root if it is the first root by start, id, duration, then by strings. */
  private void root(
      int trace,
      long first,
      long spanId,
      long duration,
      @Nullable String name,
      @Nullable String service) {
    if (hasRoot[trace]) {
      int c = Long.compare(first, rootStart[trace]);
      c = c != 0 ? c : Long.compareUnsigned(spanId, rootSpan[trace]);
      c = c != 0 ? c : Long.compare(duration, rootDuration[trace]);
      c = c != 0 ? c : TEXTS.compare(name, rootName[trace]);
      c = c != 0 ? c : TEXTS.compare(service, rootService[trace]);
      if (c >= 0) {
        return;
      }
    }
    hasRoot[trace] = true;
    rootStart[trace] = first;
    rootSpan[trace] = spanId;
    rootDuration[trace] = duration;
    rootName[trace] = name;
    rootService[trace] = service;
  }

  private static long hash(long h, long l) {
    // senders choose ids: multiply so that low entropy in some bits does not collide
    long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
    return (x ^ (x >>> 32) ^ l) * 0xD6E8FEB86659FD93L;
  }

  private static byte tag(long hash) {
    return (byte) (hash >>> 56 | 1);
  }

  /**
   * Slot of a trace, or the free slot for it. Ids are read only if the tag is equal: most searches
   * are for absent traces, and end in the small table of tags.
   */
  private int slot(long h, long l) {
    long x = hash(h, l);
    byte tag = tag(x);
    int mask = tags.length - 1;
    int s = (int) (x >>> 33) & mask;
    while (tags[s] != 0 && (tags[s] != tag || high[slots[s] - 1] != h || low[slots[s] - 1] != l)) {
      s = (s + 1) & mask;
    }
    return s;
  }

  private void grow() {
    int room = Math.multiplyExact(slots.length, 2);
    slots = new int[room];
    tags = new byte[room];
    for (int i = 0; i < size; i++) {
      int s = slot(high[i], low[i]);
      slots[s] = i + 1;
      tags[s] = tag(hash(high[i], low[i]));
    }
  }

  private void growTraces() {
    int room = Math.multiplyExact(size, 2);
    high = Arrays.copyOf(high, room);
    low = Arrays.copyOf(low, room);
    start = Arrays.copyOf(start, room);
    end = Arrays.copyOf(end, room);
    hasRoot = Arrays.copyOf(hasRoot, room);
    rootStart = Arrays.copyOf(rootStart, room);
    rootSpan = Arrays.copyOf(rootSpan, room);
    rootDuration = Arrays.copyOf(rootDuration, room);
    rootName = Arrays.copyOf(rootName, room);
    rootService = Arrays.copyOf(rootService, room);
  }
}
