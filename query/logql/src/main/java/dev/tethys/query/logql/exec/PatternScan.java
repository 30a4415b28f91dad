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
      Map<String, Level> levels = new HashMap<>();
      Level[] ofStreams = new Level[streams.size()];
      for (int i = 0; i < ofStreams.length; i++) {
        ofStreams[i] = levels.computeIfAbsent(level(streams.get(i)), Level::new);
      }
      List<LogSegment> segments = selection.segments();
      Parallel.forEach(
          run,
          segments.size(),
          () -> {
            Adder adder = new Adder(ofStreams);
            synchronized (workers) {
              workers.add(adder);
            }
            return i -> run.read(() -> segments.get(i).patterns(plan.filter(), step, adder));
          });
    }
    Map<Level, Map<String, BucketCounts>> all =
        workers.isEmpty() ? Map.of() : workers.getFirst().all;
    for (int i = 1; i < workers.size(); i++) {
      workers.get(i).all.forEach((level, of) -> merge(all, level, of));
    }
    List<PatternCount> out = new ArrayList<>();
    all.forEach(
        (level, of) ->
            of.forEach(
                (pattern, counts) -> out.add(new PatternCount(pattern, level.name, counts))));
    return out;
  }

  private static void merge(
      Map<Level, Map<String, BucketCounts>> all, Level level, Map<String, BucketCounts> more) {
    Map<String, BucketCounts> to = all.putIfAbsent(level, more);
    if (to != null) {
      more.forEach(
          (pattern, counts) -> {
            BucketCounts known = to.putIfAbsent(pattern, counts);
            if (known != null) {
              known.addAll(counts);
            }
          });
    }
  }

  private static String level(Labels l) {
    String detected = l.get("detected_level");
    return detected.isEmpty() ? l.get("level") : detected;
  }

  /** Level of streams; one object for each name. */
  private static final class Level {
    final String name;

    Level(String name) {
      this.name = name;
    }
  }

  /** Adds the counts of one thread. Those of one pattern and level mostly follow each other. */
  private final class Adder implements LogSegment.PatternConsumer {
    private final Map<Level, Map<String, BucketCounts>> all = new HashMap<>();
    private final Level[] levels; // by stream
    private @Nullable String last;
    private @Nullable Level lastLevel;
    private BucketCounts counts = new BucketCounts();

    Adder(Level[] levels) {
      this.levels = levels;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equal texts that are other objects are looked up
    public void accept(String pattern, int stream, long bucket, long rows) {
      Level level = levels[stream];
      if (last != pattern || lastLevel != level) {
        counts = countsOf(pattern, level);
        last = pattern;
        lastLevel = level;
      }
      int taken = counts.add(bucket, rows);
      if (taken > 0) {
        run.hold(taken);
      }
    }

    private BucketCounts countsOf(String pattern, Level level) {
      Map<String, BucketCounts> of = all.computeIfAbsent(level, l -> new HashMap<>());
      BucketCounts found = of.get(pattern);
      if (found == null) {
        run.hold(OVERHEAD + 2L * pattern.length());
        found = new BucketCounts();
        of.put(pattern, found);
      }
      return found;
    }
  }
}
