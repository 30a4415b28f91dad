package dev.tethys.store.logs;

import dev.tethys.model.logs.LogSegment.PatternConsumer;
import dev.tethys.model.storage.Cancellation;
import dev.tethys.store.logs.block.LogBlock;

/**
 * Counts of the rows of a block by template, stream and bucket of time. Templates, streams and
 * times are read, no bodies unless a condition needs them.
 */
final class BlockPatterns {
  private final BlockScan scan;
  private final LogBlock block;
  private final long step;
  private final PatternConsumer counts;
  private final int[] selected; // by stream of the block
  private final long[] times;
  private final boolean cutsTimes;

  /**
   * @param step nanoseconds of a bucket
   */
  BlockPatterns(BlockScan scan, long step, PatternConsumer counts) {
    this.scan = scan;
    this.block = scan.block();
    this.step = step;
    this.counts = counts;
    selected = scan.segment().selected();
    times = block.times();
    cutsTimes = !scan.segment().isWhole();
  }

  void run() {
    if (scan.isUnfiltered()) {
      runStreams();
      return;
    }
    int[] rows = new int[scan.maxRows()];
    int[] streams = block.streamIndexes();
    int tried = 0;
    for (int t = scan.nextTemplate(0); t < block.templateCount(); t = scan.nextTemplate(t + 1)) {
      if ((++tried & 63) == 0) {
        Cancellation.check();
      }
      int n = scan.select(t, rows);
      for (int i = 0; i < n; ) {
        int from = i;
        int stream = streams[rows[i]];
        long begin = bucket(times[rows[i]]);
        for (i++; i < n && streams[rows[i]] == stream && isIn(begin, times[rows[i]]); i++) {}
        counts.accept(block.pattern(t), selected[stream], begin, i - from);
      }
    }
  }

  /** The same where all rows of the selected streams and times count: no others are read. */
  private void runStreams() {
    int[][] rows = new int[selected.length][];
    int[] streams = new int[selected.length]; // selected ones
    int[] next = new int[selected.length];
    int n = 0;
    for (int s = 0; s < selected.length; s++) {
      if (selected[s] >= 0) {
        rows[n] = block.rowsOf(s);
        streams[n++] = s;
      }
    }
    int t = 0;
    for (int first = first(rows, next, n); first < block.rows(); first = first(rows, next, n)) {
      while (block.firstRow(t + 1) <= first) {
        t++;
      }
      Cancellation.check();
      int end = block.firstRow(t + 1);
      for (int i = 0; i < n; i++) {
        next[i] = count(t, selected[streams[i]], rows[i], next[i], end);
      }
    }
  }

  /** First row that is not counted yet. */
  private int first(int[][] rows, int[] next, int n) {
    int first = block.rows();
    for (int i = 0; i < n; i++) {
      if (next[i] < rows[i].length) {
        first = Math.min(first, rows[i][next[i]]);
      }
    }
    return first;
  }

  /** Counts the rows of a template and stream, which are ordered by time; returns their end. */
  private int count(int template, int stream, int[] rows, int from, int end) {
    long first = scan.segment().from();
    long last = scan.segment().to() - 1;
    long begin = 0;
    int n = 0;
    int i = from;
    for (; i < rows.length && rows[i] < end; i++) {
      long time = times[rows[i]];
      if (cutsTimes && (time < first || time > last)) {
        continue;
      }
      if (n > 0 && !isIn(begin, time)) {
        counts.accept(block.pattern(template), stream, begin, n);
        n = 0;
      }
      if (n++ == 0) {
        begin = bucket(time);
      }
    }
    if (n > 0) {
      counts.accept(block.pattern(template), stream, begin, n);
    }
    return i;
  }

  private boolean isIn(long bucket, long time) {
    long since = time - bucket;
    return since >= 0 && since < step;
  }

  private long bucket(long time) {
    return Math.floorDiv(time, step) * step;
  }
}
