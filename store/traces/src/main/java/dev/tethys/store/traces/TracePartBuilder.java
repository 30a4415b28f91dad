package dev.tethys.store.traces;

import dev.tethys.model.traces.SpanBatch;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.events.PartSink;
import dev.tethys.store.events.PartWriter;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.traces.block.SpanBlockWriter;
import dev.tethys.store.traces.block.SpanCopier;
import dev.tethys.store.traces.block.SpanFrame;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes spans into parts, one for each day. Rows of a part are sorted by the first start of their
 * trace, by trace and by start, and cut into blocks between traces. Not thread-safe.
 */
final class TracePartBuilder {
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final int MAX_DAYS = 16; // older rows share one part
  private static final int BLOCK_ROWS = 1 << 14;
  private static final int BLOCK_TEXT = 16 << 20;
  private static final int LEVEL = 1;

  /** Memory for the encoding of parts, reused by successive builders. */
  static final class Workspace implements AutoCloseable {
    private final SpanBlockWriter blocks = new SpanBlockWriter(LEVEL);
    private final SpanBatch rows = new SpanBatch();
    private final ByteSink block = new ByteSink(1 << 20);

    /** Frees native memory. */
    @Override
    public void close() {
      blocks.close();
    }
  }

  private static final ByteSink NO_FILTER = new ByteSink(0);

  /** Spans to write. */
  interface Source {
    int spans();

    /** Passes on the trace ids and starts. */
    void keys(SpanFrame.Keys keys);

    /** The spans; called once for each part. */
    SpanBatch decode();
  }

  /** Source of spans that are decoded. */
  record Decoded(SpanBatch batch) implements Source {
    @Override
    public int spans() {
      return batch.spans;
    }

    @Override
    public void keys(SpanFrame.Keys keys) {
      keys.accept(batch.spans, batch.traceHigh, batch.traceLow, batch.start);
    }

    @Override
    public SpanBatch decode() {
      return batch;
    }
  }

  private final List<? extends Source> chunks;
  private final Workspace workspace;
  private final int[] chunkStarts; // number of the first row of each chunk
  private final int rows;
  private final long[] traceHigh;
  private final long[] traceLow;
  private final long[] starts;

  TracePartBuilder(List<? extends Source> chunks, Workspace workspace) {
    this.chunks = chunks;
    this.workspace = workspace;
    chunkStarts = new int[chunks.size() + 1];
    for (int i = 0; i < chunks.size(); i++) {
      chunkStarts[i + 1] = Math.addExact(chunkStarts[i], chunks.get(i).spans());
    }
    rows = chunkStarts[chunks.size()];
    traceHigh = new long[rows];
    traceLow = new long[rows];
    starts = new long[rows];
    for (int c = 0; c < chunks.size(); c++) {
      int[] at = {chunkStarts[c]};
      chunks
          .get(c)
          .keys(
              (n, high, low, start) -> {
                System.arraycopy(high, 0, traceHigh, at[0], n);
                System.arraycopy(low, 0, traceLow, at[0], n);
                System.arraycopy(start, 0, starts, at[0], n);
                at[0] += n;
              });
    }
  }

  private static long day(long time) {
    return Math.floorDiv(time, DAY_NANOS);
  }

  /** Writes all parts. */
  void write(PartSink sink) throws IOException {
    if (rows == 0) {
      return;
    }
    long first = Arrays.stream(starts).min().orElse(0);
    long last = Arrays.stream(starts).max().orElse(0);
    if (day(first) == day(last)) {
      int[] all = new int[rows];
      Arrays.setAll(all, i -> i);
      part(day(first), sorted(all), sink);
      return;
    }
    long[] days = Arrays.stream(starts).map(TracePartBuilder::day).distinct().sorted().toArray();
    if (days.length > MAX_DAYS) {
      days = Arrays.copyOfRange(days, days.length - MAX_DAYS, days.length);
    }
    int[][] byDay = new int[days.length + 1][16];
    int[] counts = new int[byDay.length];
    for (int r = 0; r < rows; r++) {
      int d = Arrays.binarySearch(days, day(starts[r]));
      d = d < 0 ? days.length : d;
      if (counts[d] == byDay[d].length) {
        byDay[d] = Arrays.copyOf(byDay[d], counts[d] * 2);
      }
      byDay[d][counts[d]++] = r;
    }
    for (int d = 0; d < byDay.length; d++) {
      if (counts[d] > 0) {
        int[] of = sorted(Arrays.copyOf(byDay[d], counts[d]));
        part(d < days.length ? days[d] : PartEntry.MIXED, of, sink);
      }
    }
  }

  private int chunk(int row) {
    int c = Arrays.binarySearch(chunkStarts, row);
    if (c < 0) {
      return -c - 2;
    }
    while (chunkStarts[c + 1] == row) {
      c++;
    }
    return c;
  }

  /** Rows by the first start of their trace, by trace, by start, by arrival. */
  private int[] sorted(int[] of) {
    int[] trace = new int[of.length];
    long[] firsts = new long[16];
    TraceNumbers numbers = new TraceNumbers();
    for (int i = 0; i < of.length; i++) {
      int row = of[i];
      int known = numbers.size();
      int t = numbers.number(traceHigh[row], traceLow[row]);
      if (t == firsts.length) {
        firsts = Arrays.copyOf(firsts, t * 2);
      }
      firsts[t] = t == known ? starts[row] : Math.min(firsts[t], starts[row]);
      trace[i] = t;
    }
    int n = numbers.size();
    int[] order = LongOrder.sorted(firsts, n);
    int[] rank = new int[n];
    for (int i = 0; i < n; i++) {
      rank[order[i]] = i;
    }
    int[] next = new int[n + 1];
    for (int t : trace) {
      next[rank[t] + 1]++;
    }
    for (int i = 0; i < n; i++) {
      next[i + 1] += next[i];
    }
    int[] ends = next.clone();
    int[] out = new int[of.length];
    for (int i = 0; i < of.length; i++) {
      out[ends[rank[trace[i]]]++] = of[i];
    }
    for (int i = 0; i < n; i++) {
      LongOrder.sort(out, next[i], ends[i], starts);
    }
    return out;
  }

  private void part(long partition, int[] of, PartSink sink) throws IOException {
    sink.part(partition, w -> new Part(w).write(of));
  }

  /** Builder of one part. */
  private final class Part {
    private final PartWriter to;
    private final SpanBatch groups = new SpanBatch();
    private final SpanCopier.Groups groupIndex = new SpanCopier.Groups(groups);
    private final @Nullable SpanCopier[] copiers = new SpanCopier[chunks.size()];
    private final int[] copierBlocks = new int[chunks.size()];
    private final int[] left = new int[chunks.size()]; // rows of each chunk that are to come
    private final ByteSink filters = new ByteSink(1 << 12);
    private int blocks;

    Part(PartWriter to) {
      this.to = to;
    }

    void write(int[] of) throws IOException {
      SpanBatch block = workspace.rows.clear();
      for (int row : of) {
        left[chunk(row)]++;
      }
      for (int i = 0; i < of.length; ) {
        int end = traceEnd(of, i);
        if (block.spans > 0 && block.spans + (end - i) > BLOCK_ROWS) {
          flush(block);
        }
        for (; i < end; i++) {
          copy(of[i], block);
          if (block.spans == BLOCK_ROWS || block.texts.size() > BLOCK_TEXT) {
            flush(block);
          }
        }
      }
      if (block.spans > 0) {
        flush(block);
      }
      ByteSink out = workspace.block.clear();
      SpanFrame.write(groups, out);
      to.section(TraceSections.GROUPS, out);
      to.section(TraceSections.FILTERS, filters);
    }

    private int traceEnd(int[] of, int from) {
      long high = traceHigh[of[from]];
      long low = traceLow[of[from]];
      int i = from + 1;
      while (i < of.length
          && i - from <= BLOCK_ROWS
          && traceLow[of[i]] == low
          && traceHigh[of[i]] == high) {
        i++;
      }
      return i;
    }

    private void copy(int row, SpanBatch block) {
      int c = chunk(row);
      SpanCopier copier = copiers[c];
      if (copier == null) {
        copier = new SpanCopier(chunks.get(c).decode(), block, groupIndex);
        copiers[c] = copier;
        copierBlocks[c] = blocks;
      } else if (copierBlocks[c] != blocks) {
        copier.retarget(block);
        copierBlocks[c] = blocks;
      }
      copier.copy(row - chunkStarts[c]);
      if (--left[c] == 0) {
        copiers[c] = null; // and its spans with it
      }
    }

    private void flush(SpanBatch block) throws IOException {
      ByteSink out = workspace.block.clear();
      workspace.blocks.write(block, out);
      long first = Long.MAX_VALUE;
      long last = Long.MIN_VALUE;
      int traces = 0;
      for (int r = 0; r < block.spans; r++) {
        first = Math.min(first, block.start[r]);
        last = Math.max(last, block.start[r]);
        traces += isFirst(block, r) ? 1 : 0;
      }
      TraceFilter filter = TraceFilter.of(traces);
      for (int r = 0; r < block.spans; r++) {
        if (isFirst(block, r)) {
          filter.add(block.traceHigh[r], block.traceLow[r]);
        }
      }
      filter.write(filters);
      long bytes = block.texts.size() + block.spans * 100L + block.attributes.size() * 8L;
      to.block(out, NO_FILTER, block.spans, bytes, first, last);
      blocks++;
      block.clear();
    }

    private static boolean isFirst(SpanBatch b, int r) {
      return r == 0 || b.traceLow[r] != b.traceLow[r - 1] || b.traceHigh[r] != b.traceHigh[r - 1];
    }
  }
}
