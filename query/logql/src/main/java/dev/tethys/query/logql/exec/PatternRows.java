package dev.tethys.query.logql.exec;

import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSegment.PatternConsumer;
import dev.tethys.model.logs.LogSelection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a selection that has so few of them that patterns are found in in total. A young or rare
 * stream shares its blocks with others, whose words hide its own.
 */
final class PatternRows {
  /** Number of rows from which patterns of segments are used. */
  static final int MAX_ROWS = 4096;

  private static final int MAX_BYTES = 8 << 20;

  private static final LogNeeds NEEDS = new LogNeeds(true, true, true, List.of());

  private final QueryRun run;
  private final LogFilter filter;
  private final LogBatch rows = new LogBatch();
  private final CopyBuffer body = new CopyBuffer();
  private volatile boolean tooMany;

  private PatternRows(QueryRun run, LogFilter filter) {
    this.run = run;
    this.filter = filter;
  }

  /**
   * Reads the rows that fit a filter, and counts them by pattern.
   *
   * @param step nanoseconds of a bucket
   * @return false, without counts, if there are too many
   */
  static boolean count(
      QueryRun run, LogSelection selection, LogFilter filter, long step, PatternConsumer counts) {
    PatternRows of = new PatternRows(run, filter);
    List<LogSegment> segments = selection.segments();
    if (filter == LogFilter.NONE
        && segments.stream().mapToLong(LogSegment::rows).sum() > MAX_ROWS) {
      return false;
    }
    Parallel.forEach(run, segments.size(), () -> i -> of.read(segments.get(i)));
    String @Nullable [] patterns = of.tooMany ? null : selection.patterns(of.rows);
    if (patterns == null) {
      return false;
    }
    for (int r = 0; r < patterns.length; r++) {
      long bucket = Math.floorDiv(of.rows.times[r], step) * step;
      counts.accept(patterns[r], of.rows.rowStreams[r], bucket, 1);
    }
    return true;
  }

  private void read(LogSegment segment) {
    if (!tooMany) {
      run.read(() -> segment.scan(filter, NEEDS, this::add));
    }
  }

  private synchronized boolean add(LogRowBatch batch) {
    for (int i = 0; i < batch.size() && !tooMany; i++) {
      batch.body(i, body.clear());
      tooMany = rows.rows == MAX_ROWS || (long) rows.size + body.size > MAX_BYTES;
      if (!tooMany) {
        run.hold(2L * body.size);
        rows.add(batch.time(i), batch.stream(i), body.bytes, 0, body.size);
      }
    }
    return !tooMany;
  }
}
