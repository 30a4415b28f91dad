package dev.tethys.store.logs;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.logs.LogSegment.PatternConsumer;
import dev.tethys.model.logs.LogSegment.PatternKeyConsumer;
import dev.tethys.model.logs.LogSegment.PatternKeys;
import dev.tethys.store.logs.block.LogBlock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Row counts of a block by template, stream and time bucket. Templates, streams and times are read,
 * no bodies unless a condition needs them.
 */
final class BlockPatterns {
  private final BlockScan scan;
  private final LogBlock block;
  private final int[] selected; // by stream of the block
  private final boolean cutsTimes;
  private long step;

  BlockPatterns(BlockScan scan) {
    this.scan = scan;
    this.block = scan.block();
    selected = scan.segment().selected();
    cutsTimes = !scan.segment().isWhole();
  }

  /**
   * Counts rows by pattern, stream and bucket.
   *
   * @param keys patterns that are counted, null for all
   * @param bucketStep nanoseconds of a bucket
   */
  void run(@Nullable PatternKeys keys, long bucketStep, PatternConsumer counts) {
    step = bucketStep;
    if (scan.isUnfiltered()) {
      runStreams(keys, counts);
      return;
    }
    int[] rows = new int[scan.maxRows()];
    int[] streams = block.streamIndexes();
    long[] times = block.times();
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

  /** Counts all rows of the selected streams and times, without reading others. */
  private void runStreams(@Nullable PatternKeys keys, PatternConsumer counts) {
    for (int s = 0; s < selected.length; s++) {
      if (selected[s] < 0) {
        continue;
      }
      int[] rows = block.rowsOf(s);
      LogBlock.StreamRuns runs = block.runsOf(s);
      int[] templates = runs.templates();
      int[] starts = runs.starts();
      int[] some = new int[templates.length];
      int n = templates.length;
      if (keys == null) {
        Arrays.setAll(some, k -> k);
      } else {
        long[] of = new long[n];
        block.patternKeys(templates, of);
        n = keys.select(of, n, selected[s], some);
      }
      for (int i = 0; i < n; i++) {
        int k = some[i];
        Cancellation.check();
        count(templates[k], selected[s], rows, starts[k], starts[k + 1], counts);
      }
    }
  }

  /** Counts rows by key and stream, where {@link BlockScan#isUnfiltered()}. */
  void countKeys(PatternKeyConsumer counts) {
    for (int s = 0; s < selected.length; s++) {
      if (selected[s] < 0) {
        continue;
      }
      Cancellation.check();
      int[] rows = cutsTimes ? block.rowsOf(s) : new int[0];
      LogBlock.StreamRuns runs = block.runsOf(s);
      int[] starts = runs.starts();
      long[] keys = new long[runs.templates().length];
      int[] ofKeys = new int[keys.length];
      block.patternKeys(runs.templates(), keys);
      for (int k = 0; k < keys.length; k++) {
        ofKeys[k] = cutsTimes ? rowsIn(rows, starts[k], starts[k + 1]) : starts[k + 1] - starts[k];
      }
      counts.accept(keys, ofKeys, keys.length, selected[s]);
    }
  }

  /** Returns the number of rows in the time range. */
  private int rowsIn(int[] rows, int from, int end) {
    long[] times = block.times();
    long first = scan.segment().from();
    long last = scan.segment().to() - 1;
    int n = 0;
    for (int i = from; i < end; i++) {
      long time = times[rows[i]];
      n += time >= first && time <= last ? 1 : 0;
    }
    return n;
  }

  /** Counts rows of a template and stream, which are ordered by time. */
  private void count(
      int template, int stream, int[] rows, int from, int end, PatternConsumer counts) {
    long[] times = block.times();
    long first = scan.segment().from();
    long last = scan.segment().to() - 1;
    long begin = 0;
    int n = 0;
    for (int i = from; i < end; i++) {
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
  }

  private boolean isIn(long bucket, long time) {
    long since = time - bucket;
    return since >= 0 && since < step;
  }

  private long bucket(long time) {
    return Math.floorDiv(time, step) * step;
  }
}
