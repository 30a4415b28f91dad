package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceSummaries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Loads spans of traces from segments into a frame, and summaries of traces. */
final class TraceLoader {
  private final TraceqlRun work;
  private final ExecutionColumns slots;
  private final TraceFrame.Core core;
  private final List<SpanSegment> segments;
  private final SpanFilter filter;

  /**
   * @param slots columns, complete
   * @param segments segments that may have spans of the traces
   * @param filter spans of the traces that frames have
   */
  TraceLoader(
      TraceqlRun work,
      ExecutionColumns slots,
      TraceFrame.Core core,
      List<SpanSegment> segments,
      SpanFilter filter) {
    this.work = work;
    this.slots = slots;
    this.core = core;
    this.segments = segments;
    this.filter = filter;
  }

  /** Strings of a frame column. */
  private static final class Dictionary {
    /** Size of an entry without its characters. */
    static final int ENTRY_BYTES = 96;

    final Map<String, Integer> codes = new HashMap<>();
    final List<String> strings = new ArrayList<>();
    private final TraceqlRun work;
    private long bytes;

    Dictionary(TraceqlRun work) {
      this.work = work;
    }

    synchronized int code(String s) {
      Integer c = codes.get(s);
      if (c == null) {
        c = strings.size();
        long more = ENTRY_BYTES + s.length();
        work.reserve(more);
        bytes += more;
        codes.put(s, c);
        strings.add(s);
      }
      return c;
    }

    synchronized long bytes() {
      return bytes;
    }
  }

  /** Rows of one segment. */
  private static final class Part {
    int count;
    int[] traces = {};
    long[] spanIds = {};
    long[] parentIds = {};
    long[] starts = {};
    long[] durations = {};
    final SpanColumn[] columns;
    final int[] values;

    Part(int n) {
      columns = new SpanColumn[n];
      values = new int[n];
      for (int i = 0; i < n; i++) {
        columns[i] = new SpanColumn();
      }
    }
  }

  /** Spans of traces that fit the filter. */
  TraceFrame load(TraceTable.Candidate[] wanted, int from, int to) {
    int n = to - from;
    work.countTraces(n);
    TraceIds ids = new TraceIds();
    IdIndex index = new IdIndex(n);
    for (int i = 0; i < n; i++) {
      ids.add(wanted[from + i].high(), wanted[from + i].low());
      index.put(wanted[from + i].high(), wanted[from + i].low(), i);
    }
    List<SpanSegment> near = near(Arrays.asList(wanted).subList(from, to));
    SpanFilter ofTraces = Pushdown.and(filter, new SpanFilter.OfTraces(ids));
    SpanNeeds needs = new SpanNeeds(true, true, true, true, slots.fields());
    Dictionary[] dictionaries = new Dictionary[slots.fields().size()];
    Arrays.setAll(dictionaries, i -> new Dictionary(work));
    Part[] parts = new Part[near.size()];
    work.forEach(
        near.size(),
        () ->
            s -> {
              Part p = new Part(dictionaries.length);
              int[][] recoded = new int[dictionaries.length][];
              work.scan(
                  near.get(s),
                  ofTraces,
                  needs,
                  rows -> append(p, rows, index, dictionaries, recoded));
              parts[s] = p;
            });
    return assemble(parts, dictionaries, n);
  }

  /** Summaries of traces, by all of their spans. */
  TraceSummaries summaries(List<TraceTable.Candidate> wanted) {
    work.reserve((long) wanted.size() * TraceSummaries.BYTES_A_TRACE);
    TraceIds ids = new TraceIds();
    TraceSummaries out = new TraceSummaries();
    for (TraceTable.Candidate c : wanted) {
      ids.add(c.high(), c.low());
      out.addTrace(c.high(), c.low());
    }
    List<SpanSegment> near = near(wanted);
    TraceSummaries[] parts = new TraceSummaries[near.size()];
    work.forEach(parts.length, () -> s -> parts[s] = work.summaries(near.get(s), ids));
    for (TraceSummaries p : parts) {
      out.merge(p);
    }
    return out;
  }

  /** Releases the memory of summaries that are no longer used. */
  void releaseSummaries(int traces) {
    work.release((long) traces * TraceSummaries.BYTES_A_TRACE);
  }

  /** Segments that may have spans of traces, by the times of their newest spans. */
  private List<SpanSegment> near(List<TraceTable.Candidate> wanted) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (TraceTable.Candidate c : wanted) {
      first = Math.min(first, c.newest());
      last = Math.max(last, c.newest());
    }
    long slack = work.limits().traceNanos();
    long least = Times.minus(first, slack);
    long most = Times.plus(last, slack);
    return segments.stream().filter(s -> s.lastTime() >= least && s.firstTime() <= most).toList();
  }

  private void append(
      Part p, SpanRows rows, IdIndex index, Dictionary[] dictionaries, int[][] recoded) {
    int n = rows.count;
    work.reserve((long) n * (36 + 9L * dictionaries.length));
    int room = p.count + n;
    if (room > p.traces.length) {
      int size = Math.max(room, 2 * p.traces.length);
      p.traces = Arrays.copyOf(p.traces, size);
      p.spanIds = Arrays.copyOf(p.spanIds, size);
      p.parentIds = Arrays.copyOf(p.parentIds, size);
      p.starts = Arrays.copyOf(p.starts, size);
      p.durations = Arrays.copyOf(p.durations, size);
    }
    for (int i = 0; i < n; i++) {
      p.traces[p.count + i] = index.get(rows.traceHigh[i], rows.traceLow[i]);
    }
    System.arraycopy(rows.spanId, 0, p.spanIds, p.count, n);
    System.arraycopy(rows.parentId, 0, p.parentIds, p.count, n);
    System.arraycopy(rows.start, 0, p.starts, p.count, n);
    System.arraycopy(rows.duration, 0, p.durations, p.count, n);
    for (int c = 0; c < dictionaries.length; c++) {
      append(p, c, rows.columns[c], n, dictionaries[c], recoded);
    }
    p.count += n;
  }

  private static void append(
      Part p, int number, SpanColumn from, int rows, Dictionary dictionary, int[][] recoded) {
    SpanColumn to = p.columns[number];
    int before = p.values[number];
    int first = from.offsets == null ? 0 : from.offsets[0];
    int count = from.offsets == null ? rows : from.offsets[rows] - first;
    if (before + count > to.types.length) {
      int size = Math.max(before + count, 2 * to.types.length);
      to.types = Arrays.copyOf(to.types, size);
      to.bits = Arrays.copyOf(to.bits, size);
    }
    if (from.offsets != null || to.offsets != null) {
      offsets(p, to, from, rows, before, first);
    }
    System.arraycopy(from.types, first, to.types, before, count);
    System.arraycopy(from.bits, first, to.bits, before, count);
    int[] codes = recoded[number];
    for (int i = before; i < before + count; i++) {
      if (to.types[i] == SpanColumn.STRING) {
        int code = (int) to.bits[i];
        if (codes == null || code >= codes.length) {
          int known = codes == null ? 0 : codes.length;
          int size = Math.max(code + 1, from.strings.length);
          codes = codes == null ? new int[size] : Arrays.copyOf(codes, size);
          Arrays.fill(codes, known, size, -1);
          recoded[number] = codes;
        }
        if (codes[code] < 0) {
          codes[code] = dictionary.code(from.strings[code]);
        }
        to.bits[i] = codes[code];
      }
    }
    p.values[number] = before + count;
  }

  private static void offsets(
      Part p, SpanColumn to, SpanColumn from, int rows, int before, int first) {
    int[] o = to.offsets;
    if (o == null) {
      o = new int[Math.max(256, p.count + rows + 1)];
      for (int i = 0; i <= p.count; i++) {
        o[i] = i; // one value each until now
      }
    } else if (o.length < p.count + rows + 1) {
      o = Arrays.copyOf(o, Math.max(2 * o.length, p.count + rows + 1));
    }
    for (int i = 0; i <= rows; i++) {
      o[p.count + i] = before + (from.offsets == null ? i : from.offsets[i] - first);
    }
    to.offsets = o;
  }

  private TraceFrame assemble(Part[] parts, Dictionary[] dictionaries, int traces) {
    int total = 0;
    for (Part p : parts) {
      total = Math.addExact(total, p.count);
    }
    work.reserve((long) total * (48 + 9L * dictionaries.length));
    int[] part = new int[total];
    int[] row = new int[total];
    int[] counts = new int[traces + 1];
    for (Part p : parts) {
      for (int i = 0; i < p.count; i++) {
        counts[p.traces[i] + 1]++;
      }
    }
    for (int t = 0; t < traces; t++) {
      counts[t + 1] += counts[t];
    }
    int[] at = counts.clone();
    for (int s = 0; s < parts.length; s++) {
      for (int i = 0; i < parts[s].count; i++) {
        int to = at[parts[s].traces[i]]++;
        part[to] = s;
        row[to] = i;
      }
    }
    TraceFrame f = new TraceFrame(slots, core, traces);
    f.traces = counts;
    f.frame.count = total;
    f.starts = new long[total];
    f.spanIds = new long[total];
    f.parentIds = new long[total];
    f.durations = new long[total];
    fill(f, parts, part, row, 0, total);
    for (int t = 0; t < traces; t++) {
      if (sort(f, counts[t], counts[t + 1], part, row)) {
        fill(f, parts, part, row, counts[t], counts[t + 1]);
      }
    }
    f.frame.columns = new SpanColumn[dictionaries.length];
    for (int c = 0; c < dictionaries.length; c++) {
      f.frame.columns[c] = column(parts, c, part, row, dictionaries[c]);
    }
    f.reserved = (long) total * (48 + 9L * dictionaries.length);
    for (Dictionary d : dictionaries) {
      f.reserved += d.bytes();
    }
    f.fillOfTrace();
    for (Part p : parts) {
      work.release((long) p.count * (36 + 9L * dictionaries.length));
    }
    return f;
  }

  /** Releases the memory of a frame that is no longer used. */
  void release(TraceFrame f) {
    work.release(f.reserved);
  }

  private static void fill(TraceFrame f, Part[] parts, int[] part, int[] row, int from, int to) {
    for (int i = from; i < to; i++) {
      Part p = parts[part[i]];
      f.starts[i] = p.starts[row[i]];
      f.spanIds[i] = p.spanIds[row[i]];
      f.parentIds[i] = p.parentIds[row[i]];
      f.durations[i] = p.durations[row[i]];
    }
  }

  /**
   * Sorts the rows of a trace by start and ids, so that the order of scans shows nowhere; returns
   * false if they were sorted.
   */
  private static boolean sort(TraceFrame f, int from, int to, int[] part, int[] row) {
    boolean sorted = true;
    for (int i = from + 1; i < to && sorted; i++) {
      sorted = compare(f, i - 1, i) <= 0;
    }
    if (sorted) {
      return false;
    }
    Integer[] order = new Integer[to - from];
    Arrays.setAll(order, i -> from + i);
    Arrays.sort(order, (a, b) -> compare(f, a, b));
    int[] p = new int[order.length];
    int[] r = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      p[i] = part[order[i]];
      r[i] = row[order[i]];
    }
    System.arraycopy(p, 0, part, from, p.length);
    System.arraycopy(r, 0, row, from, r.length);
    return true;
  }

  private static int compare(TraceFrame f, int a, int b) {
    int c = Long.compare(f.starts[a], f.starts[b]);
    c = c != 0 ? c : Long.compareUnsigned(f.spanIds[a], f.spanIds[b]);
    c = c != 0 ? c : Long.compareUnsigned(f.parentIds[a], f.parentIds[b]);
    return c != 0 ? c : Long.compare(f.durations[a], f.durations[b]);
  }

  private static SpanColumn column(
      Part[] parts, int number, int[] part, int[] row, Dictionary dictionary) {
    int n = part.length;
    SpanColumn out = new SpanColumn();
    out.strings = dictionary.strings.toArray(new String[0]);
    boolean several = false;
    for (Part p : parts) {
      several |= p.columns[number].offsets != null;
    }
    if (!several) {
      out.types = new byte[n];
      out.bits = new long[n];
      for (int i = 0; i < n; i++) {
        SpanColumn c = parts[part[i]].columns[number];
        out.types[i] = c.types[row[i]];
        out.bits[i] = c.bits[row[i]];
      }
      return out;
    }
    int[] offsets = new int[n + 1];
    for (int i = 0; i < n; i++) {
      SpanColumn c = parts[part[i]].columns[number];
      offsets[i + 1] = offsets[i] + Frame.to(c, row[i]) - Frame.from(c, row[i]);
    }
    out.offsets = offsets;
    out.types = new byte[offsets[n]];
    out.bits = new long[offsets[n]];
    for (int i = 0; i < n; i++) {
      SpanColumn c = parts[part[i]].columns[number];
      int from = Frame.from(c, row[i]);
      System.arraycopy(c.types, from, out.types, offsets[i], offsets[i + 1] - offsets[i]);
      System.arraycopy(c.bits, from, out.bits, offsets[i], offsets[i + 1] - offsets[i]);
    }
    return out;
  }

  /** Index from trace IDs to numbers. */
  private static final class IdIndex {
    private final long[] high;
    private final long[] low;
    private final int[] numbers;

    IdIndex(int n) {
      int slots = Integer.highestOneBit(Math.max(4, n)) * 4;
      high = new long[slots];
      low = new long[slots];
      numbers = new int[slots];
    }

    private int slot(long h, long l) {
      int mask = numbers.length - 1;
      long x = (h ^ Long.rotateLeft(l, 32)) * 0x9E3779B97F4A7C15L;
      int s = (int) ((x ^ (x >>> 32) ^ l) * 0xD6E8FEB86659FD93L >>> 33) & mask;
      while (numbers[s] != 0 && (high[s] != h || low[s] != l)) {
        s = (s + 1) & mask;
      }
      return s;
    }

    void put(long h, long l, int number) {
      int s = slot(h, l);
      high[s] = h;
      low[s] = l;
      numbers[s] = number + 1;
    }

    int get(long h, long l) {
      return numbers[slot(h, l)] - 1;
    }
  }
}
