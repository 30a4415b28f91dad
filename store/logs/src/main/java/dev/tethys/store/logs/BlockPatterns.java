package dev.tethys.store.logs;

import dev.tethys.model.logs.LogSegment.PatternConsumer;
import dev.tethys.model.storage.Cancellation;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.logs.block.LogBlock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Counts of the rows of a block by template, stream and bucket of time. Templates, streams and
 * times are read, no bodies unless a condition needs them.
 */
final class BlockPatterns {
  private static final int MAX_COUNTERS = 1 << 16;

  private final BlockScan scan;
  private final LogBlock block;
  private final long step;
  private final PatternConsumer counts;
  private final ByteSink text = new ByteSink(256);
  private String pattern = "";

  /**
   * @param step nanoseconds of a bucket
   */
  BlockPatterns(BlockScan scan, long step, PatternConsumer counts) {
    this.scan = scan;
    this.block = scan.block();
    this.step = step;
    this.counts = counts;
  }

  void run() {
    int[] rows = new int[scan.maxRows()];
    int[] counters = new int[256];
    for (int t = 0; t < block.templateCount(); t++) {
      if ((t & 63) == 0) {
        Cancellation.check();
      }
      int n = scan.select(t, rows);
      if (n == 0) {
        continue;
      }
      pattern = "";
      int streams = block.streams().size();
      // Rows of a template are ordered by time.
      long first = bucket(rows[0]);
      long buckets = (bucket(rows[n - 1]) - first) / step + 1;
      if (buckets <= 0 || buckets > MAX_COUNTERS / streams) {
        one(t, rows, n);
        continue;
      }
      int used = (int) buckets * streams;
      if (counters.length < used) {
        counters = new int[Math.max(used, 2 * counters.length)];
      }
      count(rows, n, first, streams, counters);
      pass(t, first, streams, used, counters);
    }
  }

  private long bucket(int row) {
    return Math.floorDiv(block.times()[row], step) * step;
  }

  private void count(int[] rows, int n, long first, int streams, int[] counters) {
    long[] times = block.times();
    int[] ofRows = block.streamIndexes();
    long begin = first;
    int at = 0;
    for (int i = 0; i < n; i++) {
      int r = rows[i];
      long since = times[r] - begin;
      if (since < 0 || since >= step) {
        long now = bucket(r);
        at += (int) ((now - begin) / step) * streams;
        begin = now;
      }
      counters[at + ofRows[r]]++;
    }
  }

  /** Passes the counters on and clears them. */
  private void pass(int template, long first, int streams, int used, int[] counters) {
    int[] selected = scan.segment().selected();
    for (int s = 0; s < streams; s++) {
      for (int i = s; i < used; i += streams) {
        if (counters[i] > 0) {
          counts.accept(pattern(template), selected[s], first + i / streams * step, counters[i]);
        }
      }
    }
    Arrays.fill(counters, 0, used, 0);
  }

  private void one(int template, int[] rows, int n) {
    int[] selected = scan.segment().selected();
    for (int i = 0; i < n; i++) {
      int stream = selected[block.streamIndexes()[rows[i]]];
      counts.accept(pattern(template), stream, bucket(rows[i]), 1);
    }
  }

  /** Text of a template; one object for all its counts. */
  private String pattern(int template) {
    if (pattern.isEmpty()) {
      block.appendPattern(template, text.clear());
      pattern = new String(text.buf, 0, text.size, StandardCharsets.UTF_8);
    }
    return pattern;
  }
}
