package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.Span;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The windows of one series for a range function: at step {@code s} the floats {@code [from[s],
 * to[s])} and histograms {@code [histogramFrom[s], histogramTo[s])}. Reused; not thread-safe.
 */
final class Windows {
  /** So many samples are read in a few milliseconds. */
  private static final long ASKS_EACH = 1 << 20;

  private final Runnable mayGoOn;
  private long samplesSinceCheck;
  final Annotations annotations;
  final Grid grid;
  final Workspace workspace;

  /** Milliseconds of the range as written. */
  final long range;

  /** Distance from a step's time to the end of its window. */
  private final long[] ends;

  final Extension extension;

  /** Position that annotations name. */
  final Span span;

  /** Scalar arguments by position among the scalars, then by step. */
  final double[][] arguments;

  long[] times = new long[0];
  double[] values = new double[0];
  int size;
  long @Nullable [] starts;

  /** Bounds that {@link #from} and {@link #to} use. */
  Bounds bounds = Bounds.NONE;

  int[] from = new int[0];
  int[] to = new int[0];

  Histogram[] histograms = new Histogram[0];
  long[] histogramTimes = new long[0];
  long @Nullable [] histogramStarts;
  int[] histogramFrom = new int[0];
  int[] histogramTo = new int[0];

  private Supplier<Labels> labels = () -> Labels.EMPTY;
  private @Nullable String metricName;

  /**
   * Windows of no series yet.
   *
   * @param mayGoOn throws when the query is to end
   */
  Windows(
      Annotations annotations,
      Runnable mayGoOn,
      Grid grid,
      Workspace workspace,
      long range,
      long[] ends,
      Extension extension,
      Span span,
      double[][] arguments) {
    this.annotations = annotations;
    this.mayGoOn = mayGoOn;
    this.grid = grid;
    this.workspace = workspace;
    this.range = range;
    this.ends = ends;
    this.extension = extension;
    this.span = span;
    this.arguments = arguments;
  }

  /**
   * Counts samples as read and checks whether the query must stop. One series may have millions of
   * windows of millions of samples each, so that hours would pass until the next series checks
   * whether to stop.
   *
   * @throws QueryException if the query was canceled or has run too long
   */
  void countSamples(long samples) {
    samplesSinceCheck += samples;
    if (samplesSinceCheck >= ASKS_EACH) {
      samplesSinceCheck = 0;
      mayGoOn.run();
    }
  }

  /** Sets the series of the windows; labels are those in the store. */
  void series(Supplier<Labels> l) {
    labels = l;
    metricName = null;
  }

  /** Returns the labels known to the store. */
  Labels labels() {
    return labels.get();
  }

  /** Returns the metric name, for annotations. */
  String metricName() {
    String n = metricName;
    if (n == null) {
      n = labels.get().metricName();
      metricName = n;
    }
    return n;
  }

  /** Returns the end of a step's range, inclusive. */
  long end(int step) {
    return ends[step];
  }

  /** Returns the start of a step's range, exclusive. */
  long start(int step) {
    return ends[step] - range;
  }
}
