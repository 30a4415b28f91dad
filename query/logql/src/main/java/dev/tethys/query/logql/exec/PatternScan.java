package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.BucketCounts;
import dev.tethys.query.logql.LogExplorer.PatternCount;
import dev.tethys.query.logql.LogExplorer.Range;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Merges the patterns of segments: equal texts of one level are one pattern. */
public final class PatternScan {
  /** Bytes that a pattern takes besides its text. */
  private static final long OVERHEAD = 300;

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
    List<Adder> workers = new ArrayList<>();
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
          () -> {
            Adder adder = new Adder(levels);
            synchronized (workers) {
              workers.add(adder);
            }
            return i -> run.read(() -> segments.get(i).patterns(plan.filter(), step, adder));
          });
    }
    Map<Key, BucketCounts> all = workers.isEmpty() ? Map.of() : workers.getFirst().all;
    for (int i = 1; i < workers.size(); i++) {
      workers.get(i).all.forEach((k, counts) -> merge(all, k, counts));
    }
    List<PatternCount> out = new ArrayList<>(all.size());
    all.forEach((k, counts) -> out.add(new PatternCount(k.pattern, k.level, counts)));
    return out;
  }

  private static void merge(Map<Key, BucketCounts> all, Key key, BucketCounts counts) {
    BucketCounts known = all.putIfAbsent(key, counts);
    if (known != null) {
      known.addAll(counts);
    }
  }

  private static String level(Labels l) {
    String detected = l.get("detected_level");
    return detected.isEmpty() ? l.get("level") : detected;
  }

  /** Adds the counts of one thread. Those of one pattern and level mostly follow each other. */
  private final class Adder implements LogSegment.PatternConsumer {
    private final Map<Key, BucketCounts> all = new HashMap<>();
    private final String[] levels; // by stream
    private @Nullable Key last;
    private BucketCounts counts = new BucketCounts();

    Adder(String[] levels) {
      this.levels = levels;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equal texts that are other objects are looked up
    public void accept(String pattern, int stream, long bucket, long rows) {
      Key known = last;
      String level = levels[stream];
      if (known == null
          || known.pattern != pattern
          || known.level != level && !known.level.equals(level)) {
        last = new Key(pattern, level);
        counts = countsOf(last);
      }
      int taken = counts.add(bucket, rows);
      if (taken > 0) {
        run.hold(taken);
      }
    }

    private BucketCounts countsOf(Key key) {
      BucketCounts found = all.get(key);
      if (found == null) {
        run.hold(OVERHEAD + 2L * key.pattern.length());
        found = new BucketCounts();
        all.put(key, found);
      }
      return found;
    }
  }
}
