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
import org.jspecify.annotations.Nullable;

/** Merges the patterns of segments: equal texts of one level are one pattern. */
public final class PatternScan {
  /** Bytes that a pattern takes besides its text. */
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
                      () -> segments.get(i).patterns(plan.filter(), step, new Adder(all, levels))));
    }
    List<PatternCount> out = new ArrayList<>(all.size());
    all.forEach((k, counts) -> out.add(new PatternCount(k.pattern, k.level, counts)));
    return out;
  }

  private static String level(Labels l) {
    String detected = l.get("detected_level");
    return detected.isEmpty() ? l.get("level") : detected;
  }

  /** Adds the counts of a segment. Those of one pattern and level mostly follow each other. */
  private final class Adder implements LogSegment.PatternConsumer {
    private final Map<Key, TreeMap<Long, Long>> all;
    private final String[] levels; // by stream
    private @Nullable Key last;
    private TreeMap<Long, Long> counts = new TreeMap<>();

    Adder(Map<Key, TreeMap<Long, Long>> all, String[] levels) {
      this.all = all;
      this.levels = levels;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equal texts that are other objects are looked up
    public void accept(String pattern, int stream, long bucket, long rows) {
      synchronized (all) {
        Key known = last;
        if (known == null || known.pattern != pattern || !known.level.equals(levels[stream])) {
          last = new Key(pattern, levels[stream]);
          counts = countsOf(last);
        }
        int before = counts.size();
        counts.merge(bucket, rows, Long::sum);
        if (counts.size() > before) {
          run.hold(64);
        }
      }
    }

    private TreeMap<Long, Long> countsOf(Key key) {
      TreeMap<Long, Long> found = all.get(key);
      if (found == null) {
        run.hold(OVERHEAD + 2L * key.pattern.length());
        found = new TreeMap<>();
        all.put(key, found);
      }
      return found;
    }
  }
}
