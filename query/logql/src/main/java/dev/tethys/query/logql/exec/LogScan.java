package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.Direction;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Finds the first entries of a log query in one direction. Segments are read by time; once the
 * limit is reached, those that can only hold later entries are left, and rows that cannot be among
 * the first ones are left before they go through the pipeline.
 */
public final class LogScan {
  private final QueryRun run;
  private final LogExpr log;
  private final long from;
  private final long to;
  private final boolean forward;
  private final int limit;
  private final Comparator<LogEntry> order;

  private final PriorityQueue<LogEntry> found; // the last of the first ones is at its head
  private volatile long worst; // time of that, once there are as many as the limit

  /**
   * @param from first time, inclusive
   * @param to last time, exclusive
   * @param limit most entries
   */
  public LogScan(QueryRun run, LogExpr log, long from, long to, Direction direction, int limit) {
    this.run = run;
    this.log = log;
    this.from = from;
    this.to = to;
    this.limit = limit;
    forward = direction == Direction.FORWARD;
    Comparator<LogEntry> byTime = Comparator.comparingLong(LogEntry::time);
    order =
        (forward ? byTime : byTime.reversed())
            .thenComparing(LogEntry::stream)
            .thenComparing((a, b) -> Arrays.compareUnsigned(a.line(), b.line()))
            .thenComparing(LogEntry::metadata);
    found = new PriorityQueue<>(order.reversed());
    worst = forward ? Long.MAX_VALUE : Long.MIN_VALUE;
  }

  /** Entries in the order of the direction. */
  public List<LogEntry> entries() {
    if (limit <= 0 || from >= to) {
      return List.of();
    }
    try (LogSelection selection = run.select(log.matchers(), from, to)) {
      List<LogSegment> segments = new ArrayList<>(selection.segments());
      segments.sort(
          forward
              ? Comparator.comparingLong(LogSegment::firstTime)
              : Comparator.comparingLong(LogSegment::lastTime).reversed());
      List<Labels> streams = selection.streams();
      ScanPlan plan = ScanPlan.of(log, streams);
      Parallel.forEach(
          run,
          segments.size(),
          () -> {
            Worker w = new Worker(streams, plan);
            return i -> run.read(segments.get(i), w::scan);
          });
    }
    List<LogEntry> out = new ArrayList<>(found);
    out.sort(order);
    return out;
  }

  private boolean isLate(long time) {
    return forward ? time > worst : time < worst;
  }

  private synchronized void add(LogEntry e) {
    if (found.size() < limit) {
      run.hold(e.bytes());
      found.add(e);
    } else if (order.compare(e, found.element()) < 0) {
      run.hold(e.bytes() - found.remove().bytes());
      found.add(e);
    }
    if (found.size() == limit) {
      worst = found.element().time();
    }
  }

  private final class Worker {
    private final NameTable names = new NameTable();
    private final Row row = new Row(names, run.madeBytes);
    private final LogFilter filter;
    private final LogPipeline pipeline;
    private final RowReader reader;
    private final List<Labels> streams;
    private final boolean plain;

    Worker(List<Labels> streams, ScanPlan plan) {
      this.streams = streams;
      filter = plan.filter();
      pipeline = LogPipeline.compile(plan.stages(), names, UsedLabels.ALL);
      plain = pipeline.isEmpty();
      reader = new RowReader(names, row, streams, UsedLabels.ALL, LogNeeds.ALL);
    }

    void scan(LogSegment segment) {
      if (isLate(forward ? segment.firstTime() : segment.lastTime())) {
        return;
      }
      run.scannedSegments.increment();
      run.scannedRows.add(segment.rows());
      run.scannedBytes.add(segment.bytes());
      segment.scanEnd(
          filter,
          LogNeeds.ALL,
          forward,
          () -> worst,
          batch -> {
            for (int i = 0; i < batch.size(); i++) {
              if (!isLate(batch.time(i))) {
                take(batch, i);
              }
            }
            return true;
          });
    }

    private void take(LogRowBatch batch, int i) {
      reader.read(batch, i);
      if (!pipeline.process(row)) {
        return;
      }
      run.passedRows.increment();
      add(
          new LogEntry(
              row.time,
              Arrays.copyOfRange(row.line, row.lineFrom, row.lineTo),
              plain ? streams.get(batch.stream(i)) : row.labels(Row.STREAM),
              row.labels(Row.METADATA),
              row.labels(Row.PARSED)));
    }
  }
}
