package dev.tethys.query.logql.exec;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogMention;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSegment.StreamTotal;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LogRange;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.RangeOp;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.exec.Accumulators.Samples;
import dev.tethys.query.logql.exec.Accumulators.Sums;
import dev.tethys.query.logql.exec.StepGrid.Steps;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.RequiredText;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.Unwrapping;
import dev.tethys.query.logql.pipeline.UsedLabels;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.exec.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Computes a function over a log range: scans the segments in parallel, each thread into separate
 * series, and merges the series by their labels.
 *
 * <p>Four ways, from the cheapest: totals of a segment if there is no filter and the windows hold
 * all of it; its counts by span of time if they hold each span and only metadata is filtered;
 * series by stream if labels of streams alone decide; rows through the pipeline.
 */
final class RangeScan {
  /** Objects of a series: labels, positions in tables. */
  private static final int SERIES_BYTES = 160;

  private final QueryRun run;
  private final RangePlan plan;
  private final StepGrid grid;
  private final LogRange range;
  private final UsedLabels wanted;
  private final @Nullable Unwrap unwrap;

  RangeScan(QueryRun run, RangePlan plan, StepGrid grid) {
    this.run = run;
    this.plan = plan;
    this.grid = grid;
    range = plan.range();
    wanted = plan.usedLabels();
    unwrap = range.unwrap();
  }

  /** Series over the steps. */
  List<Column> columns() {
    if (grid.steps() == 0) {
      return List.of();
    }
    long from = grid.start() - range.offset() - range.range() + 1;
    long to = grid.end() - range.offset() + 1;
    try (LogSelection selection = run.select(range.log().matchers(), from, to)) {
      List<Labels> streams = selection.streams();
      List<LogSegment> segments = selection.segments();
      ScanPlan scan = ScanPlan.of(range.log(), streams);
      List<Worker> workers = new ArrayList<>();
      Parallel.forEach(
          run,
          segments.size(),
          () -> {
            Worker w = new Worker(streams, scan);
            synchronized (workers) {
              workers.add(w);
            }
            return i -> run.read(segments.get(i), w::scan);
          });
      return finish(workers);
    }
  }

  private boolean hasSamples() {
    return unwrap != null && plan.op() != RangeOp.ABSENT_OVER_TIME;
  }

  private Accumulators accumulators() {
    return hasSamples() ? new Samples(run) : new Sums(grid.steps(), plan.countsBytes());
  }

  // ---- one thread

  private final class Worker {
    private final List<Labels> streams;
    private final LogFilter filter;
    private final LogNeeds needs;
    private final NameTable names = new NameTable();
    private final Row row = new Row(names, run.madeBytes);
    private final LogPipeline pipeline;
    private final RowReader reader;
    private final @Nullable Unwrapping value;
    private final SeriesKey key;
    private final Accumulators sums = accumulators();
    private final Steps steps = new Steps(grid, range.range(), range.offset());
    private final boolean byStream;
    private final boolean bytes = plan.countsBytes();
    private final int[] seriesOfStream;
    private final @Nullable SeriesCache known;
    private @Nullable CodedSeries codes; // of the segment
    private long[] times = {};
    private int[] rowStreams = {};
    private int[] rowSteps = {}; // -1 for rows of none
    private boolean changesLine;
    private final List<String> countedNames = new ArrayList<>();
    private final CopyBuffer tested = new CopyBuffer();

    Worker(List<Labels> streams, ScanPlan scan) {
      this.streams = streams;
      filter = scan.filter();
      List<Stage> stages = withoutIdleParsers(scan.stages());
      pipeline = LogPipeline.compile(stages, names, wanted);
      Unwrap u = unwrap;
      value = u == null ? null : new Unwrapping(names, u);
      boolean dropUnwrapped =
          value != null && !plan.keepUnwrapped() && !isGroupedBy(plan.grouping(), u);
      Grouping g = plan.op() == RangeOp.ABSENT_OVER_TIME ? NONE : plan.grouping();
      key = new SeriesKey(names, g, value != null && dropUnwrapped ? value.label() : -1);
      int readers = 0;
      for (Stage s : stages) {
        readers += s.effect().readsLine() ? 1 : 0;
        changesLine |= s.effect().changesLine();
      }
      byStream = pipeline.isEmpty() && value == null && isStatic(streams);
      LogNeeds columns =
          new LogNeeds(
              grid.steps() > 1 || hasSamples(),
              readers > 0,
              bytes,
              byStream ? List.of() : RowReader.metadata(wanted));
      LogBodyParts parts = readers == 1 && !changesLine ? pipeline.lineParts() : null;
      LogMention mention = readers == 0 ? null : RequiredText.of(stages, u, streams);
      LogNeeds used = mention == null ? columns : columns.withMention(mention);
      needs = parts == null ? used : used.withParts(parts);
      reader = new RowReader(names, row, streams, wanted, needs);
      List<String> metadata = needs.metadata();
      filter.metadata().forEach(m -> countedNames.add(m.name()));
      if (metadata != null) {
        countedNames.addAll(metadata);
      }
      boolean cached =
          pipeline.isEmpty()
              && value == null
              && metadata != null
              && metadata.size() <= SeriesCache.MAX_NAMES;
      known = cached && metadata != null ? new SeriesCache(metadata) : null;
      seriesOfStream = new int[streams.size()];
      Arrays.fill(seriesOfStream, -1);
    }

    private static final Grouping NONE = new Grouping(List.of(), false);

    /** True if the series of a row is known from its stream. */
    private boolean isStatic(List<Labels> all) {
      Set<String> labels = plan.resultLabels();
      if (labels == null) {
        return false;
      }
      for (String n : labels) {
        for (Labels l : all) {
          if (!l.has(n)) {
            return false;
          }
        }
      }
      return true;
    }

    void scan(LogSegment segment) {
      if (byStream && filter == LogFilter.NONE && addTotals(segment)) {
        return;
      }
      boolean hasCounts = filter.lines().isEmpty() && pipeline.isEmpty() && value == null;
      if (hasCounts && addCounts(segment)) {
        return;
      }
      run.scannedSegments.increment();
      run.scannedRows.add(segment.rows());
      run.scannedBytes.add(segment.bytes());
      codes = null; // numbers are those of a segment
      segment.scan(
          filter,
          needs,
          batch -> {
            if (byStream) {
              addByStream(batch);
            } else {
              addRows(batch);
            }
            return true;
          });
    }

    /** Adds the totals of a segment; returns false if its rows have to be read. */
    private boolean addTotals(LogSegment segment) {
      List<StreamTotal> totals = segment.totals();
      if (totals.isEmpty()) {
        return false;
      }
      for (StreamTotal t : totals) {
        if (!steps.findAll(t.firstTime(), t.lastTime())) {
          return false;
        }
      }
      for (StreamTotal t : totals) {
        if (steps.findAll(t.firstTime(), t.lastTime()) && steps.first <= steps.last) {
          ((Sums) sums).addRows(seriesOf(t.stream()), steps, t.rows(), t.bytes());
          run.passedRows.add(t.rows());
        }
      }
      return true;
    }

    /** Adds the counts of a segment by its groups; returns false if its rows have to be read. */
    private boolean addCounts(LogSegment segment) {
      if (needs.metadata() == null) {
        return false;
      }
      LogCounts c = segment.counts(countedNames);
      if (c == null) {
        return false;
      }
      boolean[] checked = new boolean[c.spans()];
      for (int i = 0; i < c.starts()[c.groups().size()]; i++) {
        int span = c.span()[i];
        if (!checked[span] && !findSpan(c, span)) {
          return false;
        }
        checked[span] = true;
      }
      for (int g = 0; g < c.groups().size(); g++) {
        if (!fitsFilter(c.groups(), g)) {
          continue;
        }
        int s = -1;
        for (int i = c.starts()[g]; i < c.starts()[g + 1]; i++) {
          findSpan(c, c.span()[i]);
          if (steps.first <= steps.last) {
            s = s < 0 ? seriesOf(c.groups(), g) : s;
            ((Sums) sums).addRows(s, steps, c.rows()[i], c.bytes()[i]);
            run.passedRows.add(c.rows()[i]);
          }
        }
      }
      return true;
    }

    /** Whether the rows of a group fit the conditions on metadata. */
    private boolean fitsFilter(LogRowBatch groups, int group) {
      for (Matcher m : filter.metadata()) {
        boolean fits =
            groups.metadata(group, m.name(), tested.clear())
                ? m.matches(tested.bytes, 0, tested.size)
                : m.matches("");
        if (!fits) {
          return false;
        }
      }
      return true;
    }

    private boolean findSpan(LogCounts c, int span) {
      long after = c.begin() + span * c.width();
      return steps.findAll(after + 1, after + c.width());
    }

    private int seriesOf(LogRowBatch groups, int group) {
      reader.read(groups, group);
      return series();
    }

    private int seriesOf(int stream) {
      int s = seriesOfStream[stream];
      if (s < 0) {
        row.clear();
        streams
            .get(stream)
            .forEachBytes(
                (buf, no, nl, vo, vl) -> row.addStream(names.id(buf, no, no + nl), buf, vo, vl));
        s = series();
        seriesOfStream[stream] = s;
      }
      return s;
    }

    private int series() {
      int before = key.size();
      int s = key.of(row);
      if (s == before) {
        run.hold(sums.bytesPerSeries() + 2L * key.labels(s).canonicalBytes().length + SERIES_BYTES);
        sums.room(s);
      }
      return s;
    }

    private void addByStream(LogRowBatch batch) {
      int n = batch.size();
      readSteps(batch);
      batch.streams(rowStreams);
      boolean single = steps.isSingle();
      for (int i = 0; i < n; i++) {
        if (rowSteps[i] >= 0 && (single || steps.find(times[i]))) {
          int stream = rowStreams[i];
          int known = seriesOfStream[stream];
          add(known >= 0 ? known : seriesOf(stream), single, batch, i);
        }
      }
      run.passedRows.add(n);
    }

    /** Adds a row without a pipeline to the steps that were found for it. */
    private void add(int series, boolean single, LogRowBatch batch, int i) {
      long value = bytes ? batch.bodyLength(i) : 0;
      if (single) {
        ((Sums) sums).addRow(series, rowSteps[i], value);
      } else {
        sums.add(series, steps, times[i], value);
      }
    }

    /** Reads the step of each row of a batch, if there is one at most; else its time. */
    private void readSteps(LogRowBatch batch) {
      int n = batch.size();
      if (rowSteps.length < n) {
        times = new long[n];
        rowStreams = new int[n];
        rowSteps = new int[n];
      }
      if (!needs.times()) {
        Arrays.fill(rowSteps, 0, n, 0);
        return;
      }
      batch.times(times);
      if (steps.isSingle()) {
        steps.findSingle(times, n, rowSteps);
      } else {
        Arrays.fill(rowSteps, 0, n, 0);
      }
    }

    /**
     * Adds rows whose series follows from their stream and numbered values of metadata; returns
     * false if the values have no numbers.
     */
    private boolean addByCodes(LogRowBatch batch, List<String> metadata) {
      CodedSeries of = codes;
      if (of == null) {
        of = new CodedSeries(metadata, streams.size());
        codes = of;
      }
      if (!of.read(batch)) {
        return false;
      }
      int n = batch.size();
      readSteps(batch);
      boolean single = steps.isSingle();
      long passed = 0;
      for (int i = 0; i < n; i++) {
        if (rowSteps[i] < 0 || !single && !steps.find(times[i])) {
          continue;
        }
        int s = of.series(i);
        if (s < 0) {
          reader.read(batch, i);
          s = series();
          of.put(i, s);
        }
        passed++;
        add(s, single, batch, i);
      }
      run.passedRows.add(passed);
      return true;
    }

    private void addRows(LogRowBatch batch) {
      List<String> metadata = needs.metadata();
      if (known != null && metadata != null && addByCodes(batch, metadata)) {
        return;
      }
      int n = batch.size();
      boolean once = !needs.times();
      long passed = 0;
      for (int i = 0; i < n; i++) {
        long time = 0;
        if (once) {
          steps.first = 0;
          steps.last = 0;
        } else {
          time = batch.time(i);
          if (!steps.find(time)) {
            continue;
          }
        }
        SeriesCache cache = known;
        int s = cache == null ? -1 : cache.find(batch, i);
        if (s >= 0) {
          passed++;
          sums.add(s, steps, time, bytes ? batch.bodyLength(i) : 0);
          continue;
        }
        reader.read(batch, i);
        if (!pipeline.process(row)) {
          continue;
        }
        Unwrapping u = value;
        if (u != null && !u.read(row)) {
          continue;
        }
        if (row.hasError()) {
          throw pipelineError(row);
        }
        passed++;
        double v =
            u != null
                ? u.value()
                : bytes ? changesLine ? row.lineTo - row.lineFrom : batch.bodyLength(i) : 0;
        s = series();
        if (cache != null) {
          cache.put(s);
        }
        sums.add(s, steps, time, v);
      }
      run.passedRows.add(passed);
    }
  }

  private static boolean isGroupedBy(@Nullable Grouping g, @Nullable Unwrap u) {
    return g != null && !g.without() && u != null && g.labels().contains(u.label());
  }

  /** Stages without parsers if no label is used: they would have nothing to do. */
  private List<Stage> withoutIdleParsers(List<Stage> stages) {
    Set<String> used = wanted.names();
    if (used == null || !used.isEmpty()) {
      return stages;
    }
    return stages.stream().filter(s -> !s.effect().isParser()).toList();
  }

  private static QueryException pipelineError(Row row) {
    String kind = row.text(NameTable.ERROR);
    return QueryException.execution(
        "pipeline error: '"
            + kind
            + "' for series: '"
            + row.allLabels()
            + "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!="
            + GoQuote.quote(kind)
            + ").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"
            + "The label filter can also be specified after unwrap. (e.g | unwrap latency |"
            + " __error__=\"\" )\n");
  }

  // ---- results

  private List<Column> finish(List<Worker> workers) {
    Map<Labels, Integer> index = new HashMap<>();
    List<Labels> labels = new ArrayList<>();
    Accumulators all = accumulators();
    for (Worker w : workers) {
      for (int s = 0; s < w.key.size(); s++) {
        run.check();
        Labels l = w.key.labels(s);
        Integer i = index.get(l);
        if (i == null) {
          i = labels.size();
          index.put(l, i);
          labels.add(l);
          run.hold(all.bytesPerSeries() + SERIES_BYTES + 8L * grid.steps()); // and the values
          all.room(i);
        }
        all.merge(i, w.sums, s);
      }
    }
    if (plan.op() == RangeOp.ABSENT_OVER_TIME) {
      return absent((Sums) all, labels.size());
    }
    List<Column> out = new ArrayList<>(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      run.check();
      double[] v = all instanceof Samples s ? windows(s, i) : values((Sums) all, i);
      if (hasAny(v)) {
        out.add(new Column(labels.get(i), false, v, null));
      }
    }
    out.sort((a, b) -> a.labels().compareTo(b.labels()));
    return out;
  }

  private static boolean hasAny(double[] v) {
    for (double d : v) {
      if (!Column.isAbsent(d)) {
        return true;
      }
    }
    return false;
  }

  private double[] values(Sums sums, int series) {
    double divisor =
        switch (plan.op()) {
          case RATE, BYTES_RATE -> range.range() / 1e9;
          default -> 1;
        };
    return sums.values(series, divisor, Column.ABSENT);
  }

  private double[] windows(Samples samples, int series) {
    samples.sort(series);
    long[] t = samples.times(series);
    double[] v = samples.values(series);
    int n = samples.size(series);
    RangeMath math = new RangeMath(plan.op(), plan.quantile(), range.range());
    double[] out = new double[grid.steps()];
    int from = 0;
    int to = 0;
    for (int k = 0; k < out.length; k++) {
      long end = grid.time(k) - range.offset();
      long begin = end - range.range();
      while (to < n && t[to] <= end) {
        to++;
      }
      while (from < to && t[from] <= begin) {
        from++;
      }
      out[k] = from == to ? Column.ABSENT : math.of(t, v, from, to, end);
    }
    return out;
  }

  /** Returns one series with 1 if there are no rows, with the labels required by the selector. */
  private List<Column> absent(Sums rows, int series) {
    double[] v = new double[grid.steps()];
    double[] counts =
        series == 0 ? null : rows.values(0, 1, Column.ABSENT); // all rows are of one series
    for (int k = 0; k < v.length; k++) {
      v[k] = counts == null || Column.isAbsent(counts[k]) ? 1 : Column.ABSENT;
    }
    if (!hasAny(v)) {
      return List.of();
    }
    LabelsBuilder b = new LabelsBuilder();
    List<String> seen = new ArrayList<>();
    for (Matcher m : range.log().matchers()) {
      if (m.type() == Matcher.Type.EQUAL && !seen.contains(m.name())) {
        b.set(m.name(), m.value());
      } else {
        b.remove(m.name());
      }
      seen.add(m.name());
    }
    return List.of(new Column(b.build(), false, v, null));
  }
}
