package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSegment.StreamTotal;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.query.logql.BucketCounts;
import dev.tethys.query.logql.Direction;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.LogqlParser;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Provides information about stored logs other than query results: labels, series, volumes,
 * patterns, and fields detected in labels and lines. Times are Unix nanoseconds, ends exclusive.
 */
public final class LogExplorer {
  /** Time range of a tenant, or of several separated by {@code |}. */
  public record Range(Scope scope, long from, long to) {}

  /**
   * Size of the selected streams. Entries and bytes are upper bounds, and may be too large if the
   * range cuts a segment.
   */
  public record IndexStats(long streams, long segments, long bytes, long entries) {}

  /** Bytes of lines by labels; by step where steps were requested. */
  public record Volume(Labels labels, long[] bytes) {
    /** Returns the total bytes across all steps. */
    public long total() {
      long n = 0;
      for (long b : bytes) {
        n += b;
      }
      return n;
    }
  }

  /**
   * Volumes to compute.
   *
   * @param targetLabels labels of the result; empty for those of the selector
   * @param byLabels whether volumes are those of label names instead of series
   * @param step nanoseconds between results, 0 for one
   * @param limit most results
   */
  public record VolumeRequest(
      String selector, List<String> targetLabels, boolean byLabels, long step, int limit) {}

  /**
   * Pattern of log lines.
   *
   * @param level value of {@code detected_level} or {@code level} of the stream; empty if it has
   *     none
   * @param counts rows by the first time of each bucket
   */
  public record PatternCount(String pattern, String level, BucketCounts counts) {
    /** Returns the row count across all buckets. */
    public long total() {
      return counts.total();
    }
  }

  /** Label of streams and its number of values. */
  public record DetectedLabel(String label, long cardinality) {}

  /**
   * Field of lines or of structured metadata.
   *
   * @param type string, int, float, boolean, duration or bytes
   * @param parsers parsers that find it; empty for metadata
   * @param jsonPath keys that lead to it in JSON, empty if it is not in JSON
   * @param values values that were seen, sorted
   */
  public record DetectedField(
      String name,
      String type,
      Set<String> parsers,
      List<String> jsonPath,
      SortedSet<String> values) {}

  private static final Pattern ID =
      Pattern.compile(
          "\\d+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

  /** Labels that are shown although their values look like identifiers. */
  private static final Set<String> ALWAYS = Set.of("cluster", "namespace", "instance", "pod");

  private final LogqlEngine engine;
  private final LogStore store;
  private final Set<String> warnings = new ConcurrentSkipListSet<>();

  /** Creates an explorer of an engine's store, with its memory and threads. */
  public LogExplorer(LogqlEngine engine) {
    this.engine = engine;
    store = engine.store();
  }

  /** Reasons why the responses of this explorer may lack stored data, sorted. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  private LogSelection select(Range range, List<Matcher> matchers) {
    LogSelection s =
        TenantsStore.of(store, range.scope())
            .select(range.scope(), matchers, range.from(), range.to());
    warnings.addAll(s.warnings());
    return s;
  }

  private static List<Matcher> matchers(@Nullable String selector) {
    return selector == null || selector.isBlank()
        ? List.of()
        : LogqlParser.parseMatchers(selector, true);
  }

  /** Returns the label names of the streams that match a selector; null for all streams. */
  public SortedSet<String> labelNames(Range range, @Nullable String selector) {
    SortedSet<String> out = new TreeSet<>();
    try (LogSelection s = select(range, matchers(selector))) {
      s.streams().forEach(labels -> labels.toList().forEach(l -> out.add(l.name())));
    }
    return out;
  }

  /** Returns the values of a label in the streams that match a selector; null for all streams. */
  public SortedSet<String> labelValues(Range range, String name, @Nullable String selector) {
    SortedSet<String> out = new TreeSet<>();
    try (LogSelection s = select(range, matchers(selector))) {
      s.streams().forEach(labels -> out.add(labels.get(name)));
    }
    out.remove("");
    return out;
  }

  /** Labels of the streams that one of the selectors selects; none selects all streams. */
  public List<Labels> series(Range range, List<String> selectors) {
    TreeSet<Labels> out = new TreeSet<>();
    for (String selector : selectors.isEmpty() ? List.of("") : selectors) {
      try (LogSelection s = select(range, matchers(selector))) {
        out.addAll(s.streams());
      }
    }
    return new ArrayList<>(out);
  }

  /** Returns the size of the streams that match a selector. */
  public IndexStats stats(Range range, String selector) {
    long bytes = 0;
    long entries = 0;
    try (LogSelection s = select(range, LogqlParser.parseMatchers(selector, false))) {
      for (LogSegment segment : s.segments()) {
        List<StreamTotal> totals = segment.totals();
        if (totals.isEmpty()) {
          bytes += segment.bytes();
          entries += segment.rows();
        }
        for (StreamTotal t : totals) {
          bytes += t.bytes();
          entries += t.rows();
        }
      }
      return new IndexStats(s.streams().size(), s.segments().size(), bytes, entries);
    }
  }

  /** Returns volumes, largest first. */
  public List<Volume> volume(
      Range range, VolumeRequest request, LogqlLimits limits, BooleanSupplier stopped) {
    List<Matcher> matchers = LogqlParser.parseMatchers(request.selector(), true);
    LogqlEngine.checkLength(range.from(), range.to(), limits);
    long step = request.step() <= 0 ? Math.max(1, range.to() - range.from()) : request.step();
    if ((range.to() - range.from()) / step > limits.maxSteps()) {
      throw new QueryException(
          Kind.BAD_DATA,
          "exceeded maximum resolution of "
              + limits.maxSteps()
              + " points per time series; increase the step");
    }
    List<Volume> all;
    try (QueryRun run = engine.begin(range.scope(), limits, stopped)) {
      all = new VolumeScan(run, range, step).volumes(matchers, request);
      warnings.addAll(run.warnings());
    }
    all.sort(Comparator.comparingLong(Volume::total).reversed().thenComparing(Volume::labels));
    return all.size() > request.limit() ? all.subList(0, request.limit()) : all;
  }

  /**
   * Patterns of the lines that a query selects, the most frequent first.
   *
   * @param query selector with line filters and filters on metadata
   * @param step nanoseconds of a bucket
   * @param limit most patterns
   */
  public List<PatternCount> patterns(
      Range range,
      String query,
      long step,
      int limit,
      LogqlLimits limits,
      BooleanSupplier stopped) {
    LogExpr log = LogqlParser.parseLog(query);
    LogqlEngine.checkLength(range.from(), range.to(), limits);
    if (step <= 0) {
      throw new QueryException(Kind.BAD_DATA, "the step of patterns must be greater than 0");
    }
    try (QueryRun run = engine.begin(range.scope(), limits, stopped)) {
      List<PatternCount> found = new PatternScan(run, range, step).patterns(log, limit);
      warnings.addAll(run.warnings());
      return found;
    }
  }

  /**
   * Returns the labels of the streams that match a selector, except labels whose values are all
   * identifiers.
   */
  public List<DetectedLabel> detectedLabels(Range range, @Nullable String selector) {
    Map<String, Set<String>> values = new TreeMap<>();
    for (Labels l : series(range, selector == null ? List.of() : List.of(selector))) {
      l.toMap().forEach((n, v) -> values.computeIfAbsent(n, x -> new TreeSet<>()).add(v));
    }
    List<DetectedLabel> out = new ArrayList<>();
    values.forEach(
        (n, v) -> {
          boolean ids = v.stream().allMatch(x -> ID.matcher(x).matches());
          if (!ids || ALWAYS.contains(n)) {
            out.add(new DetectedLabel(n, v.size()));
          }
        });
    return out;
  }

  /**
   * Fields of the newest lines that a query selects.
   *
   * @param lines maximum number of lines that are read
   * @param limit most fields
   */
  public List<DetectedField> detectedFields(
      Range range,
      String query,
      int lines,
      int limit,
      LogqlLimits limits,
      BooleanSupplier stopped) {
    if (!(LogqlEngine.check(query) instanceof LogExpr log)) {
      throw new LogqlParseException("only log selector is supported");
    }
    LogqlEngine.checkLength(range.from(), range.to(), limits);
    try (QueryRun run = engine.begin(range.scope(), limits, stopped)) {
      List<LogEntry> entries =
          new LogScan(run, log, range.from(), range.to(), Direction.BACKWARD, lines).entries();
      warnings.addAll(run.warnings());
      return new DetectedFields(limit).of(entries);
    }
  }

  /**
   * Deletes the stored entries that a query selects.
   *
   * @param query selector with line filters and text filters on structured metadata
   * @throws LogqlParseException if the query has another stage
   */
  public EventDeletion delete(Range range, String query) {
    if (!(LogqlEngine.check(query) instanceof LogExpr log)) {
      throw new LogqlParseException("only log selector is supported");
    }
    LogFilter filter;
    try (LogSelection s = store.select(range.scope(), log.matchers(), range.from(), range.to())) {
      filter = StoreFilter.of(log, s.streams());
    }
    return store.delete(range.scope(), query, log.matchers(), filter, range.from(), range.to());
  }
}
