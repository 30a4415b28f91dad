package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogPatternKey;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.BucketCounts;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.exec.LogExplorer.PatternCount;
import dev.tethys.query.logql.exec.LogExplorer.Range;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Merges the patterns of segments: equal strings of one level are one pattern. If segments have
 * pattern keys, rows are first counted by these; strings and times are read only for frequent ones.
 */
public final class PatternScan {
  /** Overhead of a pattern in bytes, without its text. */
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

  /**
   * Returns the most frequent patterns, sorted.
   *
   * @param limit most patterns
   */
  public List<PatternCount> patterns(LogExpr log, int limit) {
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
        ofStreams[i] =
            levels.computeIfAbsent(level(streams.get(i)), n -> new Level(n, levels.size()));
      }
      List<LogSegment> segments = selection.segments();
      boolean[] keyed = new boolean[segments.size()];
      boolean unfiltered = plan.filter() == LogFilter.NONE;
      Supplier<Adder> adders =
          () -> {
            Adder adder = new Adder(ofStreams, levels.size());
            synchronized (workers) {
              workers.add(adder);
            }
            return adder;
          };
      if (PatternRows.count(run, selection, plan.filter(), step, adders.get())) {
        return sorted(workers, limit);
      }
      read(
          keyed.length,
          adders,
          (i, adder) -> {
            LogSegment s = segments.get(i);
            if (unfiltered && s.patternKeys(adder::addKeys)) {
              keyed[i] = true;
            } else {
              s.patterns(plan.filter(), step, adder);
            }
          });
      List<LogSegment> rest = new ArrayList<>();
      for (int i = 0; i < keyed.length; i++) {
        if (keyed[i]) {
          rest.add(segments.get(i));
        }
      }
      if (!rest.isEmpty()) {
        LogSegment.PatternKeys frequent = frequent(workers, ofStreams, levels.size(), limit);
        read(rest.size(), adders, (i, adder) -> rest.get(i).patternsOf(frequent, step, adder));
      }
    }
    return sorted(workers, limit);
  }

  private static List<PatternCount> sorted(List<Adder> workers, int limit) {
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
    return largest(out, limit);
  }

  /** Reads segments in parallel. */
  private void read(int segments, Supplier<Adder> adders, Reader reader) {
    Parallel.forEach(
        run,
        segments,
        () -> {
          Adder adder = adders.get();
          return i -> run.read(() -> reader.accept(i, adder));
        });
  }

  private interface Reader {
    void accept(int segment, Adder adder);
  }

  /** Patterns that may be among the most frequent ones. */
  private LogSegment.PatternKeys frequent(
      List<Adder> workers, Level[] ofStreams, int levels, int limit) {
    PatternTotals[] totals = new PatternTotals[levels];
    Arrays.setAll(totals, i -> new PatternTotals());
    int n = 0;
    for (Adder w : workers) {
      for (int i = 0; i < levels; i++) {
        PatternTotals more = w.totals[i];
        if (more != null) {
          run.hold(totals[i].addAll(more));
        }
      }
      w.all.forEach(
          (level, of) ->
              of.forEach(
                  (pattern, counts) ->
                      run.hold(
                          totals[level.number].add(LogPatternKey.of(pattern), counts.total()))));
    }
    for (PatternTotals t : totals) {
      n += t.size();
    }
    long[] rows = new long[n];
    int at = 0;
    for (PatternTotals t : totals) {
      at = t.copyRows(rows, at);
    }
    long least = least(rows, limit);
    return (keys, some, stream, into) ->
        totals[ofStreams[stream].number].select(keys, some, least, into);
  }

  /** Returns the minimum row count of the most frequent patterns; 0 for all patterns. */
  private static long least(long[] rows, int limit) {
    if (rows.length <= limit) {
      return 0;
    }
    int[] ofLengths = new int[Long.SIZE + 1]; // by the number of bits: most have one or two rows
    for (long r : rows) {
      ofLengths[Long.SIZE - Long.numberOfLeadingZeros(r)]++;
    }
    int most = Math.max(1, limit);
    int bits = Long.SIZE;
    for (int more = ofLengths[bits]; more < most; more += ofLengths[bits]) {
      bits--;
    }
    long[] some = new long[rows.length];
    int n = 0;
    for (long r : rows) {
      if (r >>> bits - 1 > 0) {
        some[n++] = r;
      }
    }
    Arrays.sort(some, 0, n);
    return some[n - most];
  }

  /**
   * Returns the most frequent patterns, sorted; most of the others have too few rows to be
   * compared.
   */
  private static List<PatternCount> largest(List<PatternCount> all, int limit) {
    long least = least(all.stream().mapToLong(PatternCount::total).toArray(), limit);
    List<PatternCount> out = new ArrayList<>();
    for (PatternCount c : all) {
      if (c.total() >= least) {
        out.add(c);
      }
    }
    out.sort(
        Comparator.comparingLong(PatternCount::total)
            .reversed()
            .thenComparing(PatternCount::pattern)
            .thenComparing(PatternCount::level));
    return out.size() > limit ? List.copyOf(out.subList(0, limit)) : out;
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
    final int number;

    Level(String name, int number) {
      this.name = name;
      this.number = number;
    }
  }

  /** Adds the counts of one thread. Those of one pattern and level mostly follow each other. */
  private final class Adder implements LogSegment.PatternConsumer {
    private final Map<Level, Map<String, BucketCounts>> all = new HashMap<>();
    private final @Nullable PatternTotals[] totals; // by level
    private final Level[] levels; // by stream
    private @Nullable String last;
    private @Nullable Level lastLevel;
    private BucketCounts counts = new BucketCounts();

    Adder(Level[] levels, int count) {
      this.levels = levels;
      totals = new PatternTotals[count];
    }

    void addKeys(long[] keys, int[] rows, int n, int stream) {
      int level = levels[stream].number;
      PatternTotals of = totals[level];
      if (of == null) {
        of = new PatternTotals();
        totals[level] = of;
      }
      run.hold(of.addAll(keys, rows, n));
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
