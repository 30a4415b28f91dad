package dev.tethys.insight.deployments;

import dev.tethys.insight.deployments.ComparedQueries.Alternative;
import dev.tethys.insight.deployments.ComparedQueries.Direction;
import dev.tethys.insight.deployments.ComparedQueries.Figure;
import dev.tethys.insight.entities.EntityPast;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares the signals of a service before and after a deployment, by the rule of {@link
 * DeploymentComparison#RULE}. The windows are equally long, at most {@link #MAX_WINDOW}, and do not
 * reach into the rollout or a neighbouring deployment.
 *
 * <p>Bounded by {@link #MAX_NANOS}: queries that were not asked until then are named as such. Equal
 * answers give equal comparisons.
 */
public final class DeploymentComparer {
  /** Longest window, in milliseconds. */
  static final long MAX_WINDOW = 30 * 60_000;

  /** Shortest window, in milliseconds. */
  static final long MIN_WINDOW = 2 * 60_000;

  /**
   * Distance of the windows from the rollout, in milliseconds: instances are seen up to a minute
   * after their start, and work differently in their first minute.
   */
  static final long MARGIN = 60_000;

  /** Most parts of a window, and the shortest part in milliseconds. */
  private static final int MAX_SLICES = 6;

  private static final long MIN_SLICE = 60_000;
  private static final long DAY = 24 * 3_600_000L;

  /** Time after which no further query is asked. */
  static final long MAX_NANOS = 15_000_000_000L;

  private final DeploymentSignals signals;
  private final LongSupplier nanoTime;

  /** Windows of a comparison, or the reason why there are none. */
  record Windows(
      @Nullable TimeWindow before,
      @Nullable TimeWindow after,
      @Nullable TimeWindow dayBefore,
      String reason) {}

  /** Values of a figure in a window: as a whole, and of its parts. */
  private record Values(double whole, double median, double spread) {
    static final Values NONE = new Values(Double.NaN, Double.NaN, 0);

    boolean isPresent() {
      return !Double.isNaN(whole);
    }
  }

  public DeploymentComparer(DeploymentSignals signals) {
    this(signals, System::nanoTime);
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  DeploymentComparer(DeploymentSignals signals, LongSupplier nanoTime) {
    this.signals = signals;
    this.nanoTime = nanoTime;
  }

  /**
   * Windows of a deployment.
   *
   * @param all deployments of the service
   * @param start of the history
   * @param now the end of the last window at the latest
   */
  static Windows windows(ServiceDeployment d, List<ServiceDeployment> all, long start, long now) {
    long end = d.isOpen() ? d.start() : d.end();
    long first = start;
    long last = now;
    for (ServiceDeployment o : all) {
      if (o.service().equals(d.service()) && !o.id().equals(d.id())) {
        if (o.start() < d.start()) {
          first = Math.max(first, Math.min(d.start(), o.isOpen() ? o.start() : o.end()));
        } else {
          last = Math.min(last, o.start());
        }
      }
    }
    long after = Math.min(MAX_WINDOW, last - MARGIN - end);
    long before = Math.min(MAX_WINDOW, d.start() - MARGIN - first);
    long length = Math.min(after, before) / 1000 * 1000;
    if (length < MIN_WINDOW) {
      return new Windows(null, null, null, tooShort(after < MIN_WINDOW, last < now));
    }
    TimeWindow a = new TimeWindow(end + MARGIN, end + MARGIN + length);
    TimeWindow b = new TimeWindow(d.start() - MARGIN - length, d.start() - MARGIN);
    return new Windows(b, a, a.shifted(-DAY), "");
  }

  private static String tooShort(boolean isAfter, boolean hasNext) {
    long minutes = (MIN_WINDOW + MARGIN) / 60_000;
    if (!isAfter) {
      return "the history or an earlier deployment leaves less than "
          + minutes
          + " minutes before this one";
    }
    return hasNext
        ? "the next deployment began less than " + minutes + " minutes later"
        : "less than " + minutes + " minutes have passed since; ask again then";
  }

  /**
   * Compares.
   *
   * @param all deployments of the service
   * @param past entities of the windows
   * @param now Unix milliseconds
   */
  public DeploymentComparison compare(
      ServiceDeployment d, List<ServiceDeployment> all, EntityPast past, long now) {
    Windows w = windows(d, all, past.start(), now);
    TimeWindow before = w.before;
    TimeWindow after = w.after;
    TimeWindow dayBefore = w.dayBefore;
    if (before == null || after == null || dayBefore == null) {
      return new DeploymentComparison(d, null, null, null, w.reason, List.of(), List.of());
    }
    long end = nanoTime.getAsLong() + MAX_NANOS;
    ComparedQueries ofBefore = queries(past, d, before);
    ComparedQueries ofAfter = queries(past, d, after);
    List<Figure> figuresBefore = ofBefore.figures();
    List<Figure> figuresAfter = ofAfter.figures();
    List<Figure> figuresDay = queries(past, d, dayBefore).figures();
    List<ComparedFigure> figures = new ArrayList<>();
    boolean hasDay = false;
    for (int i = 0; i < figuresAfter.size(); i++) {
      FigureRun run = new FigureRun(figuresBefore.get(i), figuresAfter.get(i), figuresDay.get(i));
      ComparedFigure f = run.compare(before, after, dayBefore, end);
      hasDay |= !Double.isNaN(f.dayBefore());
      figures.add(f);
    }
    ComparedLists lists = new ComparedLists(signals, before, after, this::isLate);
    return new DeploymentComparison(
        d,
        before,
        after,
        hasDay ? dayBefore : null,
        ofAfter.note(),
        List.copyOf(figures),
        lists.compare(ofAfter, end));
  }

  private static ComparedQueries queries(EntityPast past, ServiceDeployment d, TimeWindow w) {
    return new ComparedQueries(ServiceParts.of(past, d.service(), w), d.name());
  }

  private boolean isLate(long end) {
    return nanoTime.getAsLong() - end >= 0;
  }

  /** Comparison of one figure. */
  private final class FigureRun {
    private final Figure before;
    private final Figure after;
    private final Figure day;
    private String note = "";

    FigureRun(Figure before, Figure after, Figure day) {
      this.before = before;
      this.after = after;
      this.day = day;
    }

    ComparedFigure compare(TimeWindow b, TimeWindow a, TimeWindow yesterday, long end) {
      if (isLate(end)) {
        note = "not asked: the queries before it took " + MAX_NANOS / 1_000_000_000 + " s";
        return figure(0, a, Values.NONE, Values.NONE, Values.NONE);
      }
      for (int i = 0; i < after.alternatives().size(); i++) {
        double wholeBefore = value(before.alternatives().get(i), b, b.length());
        double wholeAfter = value(after.alternatives().get(i), a, a.length());
        if (!Double.isNaN(wholeBefore) || !Double.isNaN(wholeAfter)) {
          note = "";
          return figure(
              i,
              a,
              values(before, i, b, wholeBefore, end),
              values(after, i, a, wholeAfter, end),
              values(
                  day, i, yesterday, value(day.alternatives().get(i), yesterday, a.length()), end));
        }
      }
      if (note.isEmpty()) {
        note = "no data before and after";
      }
      return figure(0, a, Values.NONE, Values.NONE, Values.NONE);
    }

    private ComparedFigure figure(int i, TimeWindow w, Values b, Values a, Values d) {
      double limit = limit(b);
      String query = after.alternatives().get(i).over(w.length());
      return new ComparedFigure(
          after.id(),
          after.title(),
          after.category(),
          after.unit(),
          b.whole,
          a.whole,
          d.whole,
          b.isPresent() && a.isPresent() ? limit : Double.NaN,
          judge(b, a, d, limit),
          after.alternatives().get(i).language().text(),
          query,
          note);
    }

    private double limit(Values v) {
      return Math.max(Math.max(after.floor(), 0.1 * Math.abs(v.median)), 3 * 1.4826 * v.spread);
    }

    private SignalJudgement judge(Values b, Values a, Values d, double limit) {
      if (!b.isPresent() || !a.isPresent()) {
        return b.isPresent() || a.isPresent()
            ? SignalJudgement.ONE_SIDED
            : SignalJudgement.NOT_OBSERVED;
      }
      double difference = a.median - b.median;
      if (Math.abs(difference) <= limit) {
        return SignalJudgement.SAME;
      }
      if (d.isPresent() && Math.abs(a.median - d.median) <= limit(d)) {
        return SignalJudgement.USUAL;
      }
      if (after.worse() == Direction.NONE) {
        return SignalJudgement.CHANGED;
      }
      return difference > 0 ? SignalJudgement.WORSE : SignalJudgement.BETTER;
    }

    /** Median and spread of the parts of a window. */
    private Values values(Figure f, int i, TimeWindow w, double whole, long end) {
      if (Double.isNaN(whole)) {
        return Values.NONE;
      }
      int slices = (int) Math.min(MAX_SLICES, w.length() / MIN_SLICE);
      if (f.isEvent() || slices < 2) {
        return new Values(whole, whole, 0);
      }
      long length = w.length() / slices;
      List<Double> all = new ArrayList<>();
      for (int k = 1; k <= slices && !isLate(end); k++) {
        TimeWindow slice = new TimeWindow(w.from() + (k - 1) * length, w.from() + k * length);
        double v = value(f.alternatives().get(i), slice, length);
        if (!Double.isNaN(v)) {
          all.add(v);
        }
      }
      if (all.size() < 2) {
        return new Values(whole, whole, 0);
      }
      double median = median(all);
      return new Values(
          whole, median, median(all.stream().map(v -> Math.abs(v - median)).toList()));
    }

    private double value(Alternative q, TimeWindow w, long length) {
      if (q.query().isEmpty()) {
        return Double.NaN;
      }
      try {
        String text = q.over(length);
        List<Sample> found =
            switch (q.language()) {
              case PROMQL -> signals.metrics(text, w.to());
              case LOGQL -> signals.logs(text, w.to());
              case TRACEQL -> signals.traces(text, w.to());
            };
        return found.size() == 1 && Double.isFinite(found.getFirst().value())
            ? found.getFirst().value()
            : Double.NaN;
      } catch (SignalMissingException e) {
        note = String.valueOf(e.getMessage());
        return Double.NaN;
      } catch (RuntimeException e) {
        note = "the query failed: " + e.getMessage();
        return Double.NaN;
      }
    }
  }

  /** Median of values, of which there is at least one. */
  static double median(List<Double> all) {
    double[] sorted = all.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }
}
