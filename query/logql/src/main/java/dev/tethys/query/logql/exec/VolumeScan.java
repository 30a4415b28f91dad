package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSegment.StreamTotal;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.exec.LogExplorer.Range;
import dev.tethys.query.logql.exec.LogExplorer.Volume;
import dev.tethys.query.logql.exec.LogExplorer.VolumeRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up the bytes of lines by stream and step, using segment totals where they suffice. */
public final class VolumeScan {
  private final QueryRun run;
  private final Range range;
  private final long step;
  private final int steps;

  /**
   * @param step nanoseconds of a bucket; buckets start with the range
   */
  public VolumeScan(QueryRun run, Range range, long step) {
    this.run = run;
    this.range = range;
    this.step = step;
    steps = (int) Math.max(1, (range.to() - range.from() + step - 1) / step);
  }

  private int bucket(long time) {
    return (int) ((time - range.from()) / step);
  }

  /** Volumes in no order. */
  public List<Volume> volumes(List<Matcher> matchers, VolumeRequest request) {
    try (LogSelection selection = run.select(matchers, range.from(), range.to())) {
      List<Labels> streams = selection.streams();
      List<LogSegment> segments = selection.segments();
      run.hold(8L * steps * streams.size());
      long[][] bytes = new long[streams.size()][steps];
      Parallel.forEach(
          run,
          segments.size(),
          () ->
              i -> {
                LogSegment s = segments.get(i);
                if (!addTotals(s.totals(), bytes)) {
                  run.read(() -> addRows(s, bytes));
                }
              });
      return group(streams, bytes, matchers, request);
    }
  }

  private boolean addTotals(List<StreamTotal> totals, long[][] bytes) {
    if (totals.isEmpty()) {
      return false;
    }
    for (StreamTotal t : totals) {
      if (bucket(t.firstTime()) != bucket(t.lastTime())) {
        return false;
      }
    }
    synchronized (bytes) {
      for (StreamTotal t : totals) {
        bytes[t.stream()][bucket(t.firstTime())] += t.bytes();
      }
    }
    return true;
  }

  private void addRows(LogSegment segment, long[][] bytes) {
    run.scannedSegments.increment();
    run.scannedRows.add(segment.rows());
    segment.scan(
        LogFilter.NONE,
        new LogNeeds(true, false, true, List.of()),
        batch -> {
          synchronized (bytes) {
            for (int i = 0; i < batch.size(); i++) {
              bytes[batch.stream(i)][bucket(batch.time(i))] += batch.bodyLength(i);
            }
          }
          return true;
        });
  }

  private List<Volume> group(
      List<Labels> streams, long[][] bytes, List<Matcher> matchers, VolumeRequest request) {
    List<String> target =
        request.targetLabels().isEmpty() && !request.byLabels()
            ? matchers.stream().map(Matcher::name).distinct().toList()
            : request.targetLabels();
    Map<Labels, long[]> out = new TreeMap<>();
    for (int s = 0; s < streams.size(); s++) {
      Labels l = streams.get(s);
      if (!request.byLabels()) {
        add(out, target.isEmpty() ? l : l.keep(target), bytes[s]);
        continue;
      }
      for (String name : l.toMap().keySet()) {
        if (target.isEmpty() || target.contains(name)) {
          add(out, new LabelsBuilder().show(name, "").build(), bytes[s]);
        }
      }
    }
    List<Volume> volumes = new ArrayList<>();
    out.forEach((l, b) -> volumes.add(new Volume(l, b)));
    return volumes;
  }

  private void add(Map<Labels, long[]> out, Labels l, long[] bytes) {
    long[] sum = out.computeIfAbsent(l, x -> new long[steps]);
    for (int i = 0; i < steps; i++) {
      sum[i] += bytes[i];
    }
  }
}
