package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.LogExplorer.PatternCount;
import dev.tethys.query.logql.LogExplorer.Range;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Merges the patterns of segments: equal texts of one level are one pattern. */
public final class PatternScan {
  /** Bytes that a pattern takes beside its text. */
  private static final long OVERHEAD = 200;

  private final QueryRun run;
  private final Range range;
  private final long step;

  /**
   * @param step nanoseconds of a bucket
   */
  public PatternScan(QueryRun run, Range range, long step) {
    this.run = run;
    this.range = range;
    this.step = step;
  }

  private record Key(String pattern, String level) {}

  /** Patterns in no order. */
  public List<PatternCount> patterns(LogExpr log) {
    Map<Key, TreeMap<Long, Long>> all = new HashMap<>();
    try (LogSelection selection = run.select(log.matchers(), range.from(), range.to())) {
      List<Labels> streams = selection.streams();
      ScanPlan plan = ScanPlan.of(log, streams);
      if (!plan.stages().isEmpty()) {
        throw new LogqlParseException(
            "patterns are found in stored lines; a query for them can have line filters and text"
                + " filters on structured metadata before any other stage, and nothing else");
      }
      String[] levels = streams.stream().map(PatternScan::level).toArray(String[]::new);
      List<LogSegment> segments = selection.segments();
      Parallel.forEach(
          run,
          segments.size(),
          () ->
              i ->
                  run.read(
                      () ->
                          segments
                              .get(i)
                              .patterns(
                                  plan.filter(),
                                  step,
                                  (pattern, stream, bucket, rows) ->
                                      add(all, new Key(pattern, levels[stream]), bucket, rows))));
    }
    List<PatternCount> out = new ArrayList<>(all.size());
    all.forEach((k, counts) -> out.add(new PatternCount(k.pattern, k.level, counts)));
    return out;
  }

  private static String level(Labels l) {
    String detected = l.get("detected_level");
    return detected.isEmpty() ? l.get("level") : detected;
  }

  private void add(Map<Key, TreeMap<Long, Long>> all, Key key, long bucket, long rows) {
    synchronized (all) {
      TreeMap<Long, Long> counts = all.get(key);
      if (counts == null) {
        run.hold(OVERHEAD + 2L * key.pattern.length());
        counts = new TreeMap<>();
        all.put(key, counts);
      }
      int before = counts.size();
      counts.merge(bucket, rows, Long::sum);
      if (counts.size() > before) {
        run.hold(64);
      }
    }
  }
}
