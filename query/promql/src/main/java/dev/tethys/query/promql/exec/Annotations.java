package dev.tethys.query.promql.exec;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.query.promql.ast.Expr.Span;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Annotations of a query's result. Equal texts are merged, with the position of the last. At most
 * {@link #MAX} texts are kept. Thread-safe.
 */
public final class Annotations {
  /** Maximum number of texts; further ones are only counted. */
  static final int MAX = 1000;

  private static final String WARNING = "PromQL warning: ";
  private static final String INFO = "PromQL info: ";

  /** Name of a histogram operation in annotations. */
  enum HistogramOperation {
    ADDITION("addition"),
    SUBTRACTION("subtraction"),
    AGGREGATION("aggregation");

    private final String text;

    HistogramOperation(String text) {
      this.text = text;
    }
  }

  /** One annotation; some fields are used only by the two kinds that are merged. */
  private static final class Note {
    @Nullable Span span;
    boolean monotonicity;
    boolean startOverlap;
    long minTime;
    long maxTime;
    double minBucket;
    double maxBucket;
    double maxDifference;
    int count;
  }

  private final Map<String, Note> notes = new LinkedHashMap<>();
  private final List<List<String>> ofStore = new ArrayList<>();
  private int omitted;

  private void warn(String text, Span span) {
    note(WARNING + text, span);
  }

  private void info(String text, Span span) {
    note(INFO + text, span);
  }

  private synchronized @Nullable Note note(String text, @Nullable Span span) {
    Note n = notes.get(text);
    if (n == null) {
      if (notes.size() >= MAX) {
        omitted++;
        return null;
      }
      n = new Note();
      notes.put(text, n);
    }
    n.span = span;
    return n;
  }

  /** Whether there are no annotations. */
  public synchronized boolean isEmpty() {
    return notes.isEmpty() && ofStore.stream().allMatch(List::isEmpty);
  }

  /** Removes all annotations. */
  public synchronized void clear() {
    notes.clear();
    ofStore.clear();
    omitted = 0;
  }

  /** Warnings of the store so far; the list may grow until it is requested. */
  public synchronized void storage(List<String> texts) {
    ofStore.add(texts);
  }

  private static String forMetric(String metric) {
    return metric.isEmpty() ? "" : " for metric name " + GoQuote.quote(metric);
  }

  void invalidRatio(double got, double cap, Span at) {
    warn(
        "ratio value should be between -1 and 1, got "
            + GoFloat.g(got)
            + ", capping to "
            + GoFloat.g(cap),
        at);
  }

  void invalidQuantile(double q, Span at) {
    warn("quantile value should be between 0 and 1, got " + GoFloat.g(q), at);
  }

  void badBucketLabel(String metric, String le, Span at) {
    warn(
        "bucket label \"le\" is missing or has a malformed value of "
            + GoQuote.quote(le)
            + forMetric(metric),
        at);
  }

  void mixedFloatsHistograms(String metric, Span at) {
    warn("encountered a mix of histograms and floats for metric name " + GoQuote.quote(metric), at);
  }

  void mixedInAggregation(Span at) {
    warn("encountered a mix of histograms and floats for aggregation", at);
  }

  void mixedClassicNative(String metric, Span at) {
    warn("vector contains a mix of classic and native histograms" + forMetric(metric), at);
  }

  void notCounter(String metric, Span at) {
    warn("this native histogram metric is not a counter: " + GoQuote.quote(metric), at);
  }

  void notGauge(String metric, Span at) {
    warn("this native histogram metric is not a gauge: " + GoQuote.quote(metric), at);
  }

  void mixedSchemas(String metric, Span at) {
    warn(
        "vector contains a mix of histograms with exponential and custom buckets schemas for"
            + " metric name "
            + GoQuote.quote(metric),
        at);
  }

  void incompatibleBuckets(String op, Span at) {
    warn("incompatible bucket layout encountered for binary operator " + op, at);
  }

  void sortInRange(Span at) {
    warn("sort is ineffective for range queries since results are always ordered by labels", at);
  }

  void resetConflict(HistogramOperation op, Span at) {
    warn("conflicting counter resets during histogram " + op.text, at);
  }

  void possibleNonCounter(String metric, Span at) {
    info(
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
            + GoQuote.quote(metric),
        at);
  }

  void possibleNonCounterType(String metric, String type, Span at) {
    info(
        "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\","
            + " got "
            + GoQuote.quote(type)
            + ": "
            + GoQuote.quote(metric),
        at);
  }

  void incompatibleTypes(String op, String left, String right, Span at) {
    info(
        "incompatible sample types encountered for binary operator "
            + GoQuote.quote(op)
            + ": "
            + left
            + " "
            + op
            + " "
            + right,
        at);
  }

  void histogramIgnoredInAggregation(String aggregation, Span at) {
    info("ignored histogram in " + aggregation + " aggregation", at);
  }

  void histogramIgnoredInRange(String metric, Span at) {
    info(
        "ignored histograms in a range containing both floats and histograms for metric name "
            + GoQuote.quote(metric),
        at);
  }

  void quantileIsNan(String metric, Span at) {
    info("input to histogram_quantile has NaN observations, result is NaN" + forMetric(metric), at);
  }

  void quantileIsSkewed(String metric, Span at) {
    info(
        "input to histogram_quantile has NaN observations, result is skewed higher"
            + forMetric(metric),
        at);
  }

  void fractionExcludesNan(String metric, Span at) {
    info(
        "input to histogram_fraction has NaN observations, which are excluded from all fractions"
            + forMetric(metric),
        at);
  }

  void boundsReconciled(HistogramOperation op, Span at) {
    info("mismatched custom buckets were reconciled during " + op.text, at);
  }

  synchronized void startOverlap(String metric, Span at) {
    Note n =
        note(
            WARNING
                + "sample has start time that overlaps with previous sample timestamp for metric "
                + GoQuote.quote(metric),
            at);
    if (n != null) {
      n.startOverlap = true;
      n.count++;
    }
  }

  synchronized void forcedMonotonicity(
      String metric, Span at, long time, double minBucket, double maxBucket, double difference) {
    Note n =
        note(
            INFO
                + "input to histogram_quantile needed to be fixed for monotonicity (see"
                + " https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
                + forMetric(metric),
            at);
    if (n == null) {
      return;
    }
    if (!n.monotonicity) {
      n.monotonicity = true;
      n.minTime = time;
      n.maxTime = time;
      n.minBucket = minBucket;
      n.maxBucket = maxBucket;
      n.maxDifference = difference;
    }
    n.minTime = Math.min(n.minTime, time);
    n.maxTime = Math.max(n.maxTime, time);
    n.minBucket = Math.min(n.minBucket, minBucket);
    n.maxBucket = Math.max(n.maxBucket, maxBucket);
    n.maxDifference = Math.max(n.maxDifference, difference);
    n.count++;
  }

  /** Returns the warnings, with positions in the query if its text is given. */
  public synchronized List<String> warnings(String query) {
    ofStore.forEach(texts -> texts.forEach(text -> note(text, null)));
    List<String> out = texts(query, false);
    if (omitted > 0) {
      out.add(omitted + " more annotations omitted");
    }
    return out;
  }

  /** Returns the infos, with positions in the query if its text is given. */
  public synchronized List<String> infos(String query) {
    return texts(query, true);
  }

  private List<String> texts(String query, boolean infos) {
    List<String> out = new ArrayList<>();
    notes.forEach(
        (text, n) -> {
          if (text.startsWith(INFO) == infos) {
            out.add(query.isEmpty() ? text : text + details(n) + position(n.span, query));
          }
        });
    return out;
  }

  private static String details(Note n) {
    if (n.monotonicity) {
      return ", from buckets "
          + GoFloat.g(n.minBucket)
          + " to "
          + GoFloat.g(n.maxBucket)
          + ", with a max diff of "
          + GoFloat.format(n.maxDifference, 'g', 2)
          + ", over "
          + n.count
          + " samples from "
          + time(n.minTime)
          + " to "
          + time(n.maxTime);
    }
    return n.startOverlap && n.count > 1 ? " (" + n.count + " occurrences)" : "";
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String position(@Nullable Span span, String query) {
    if (span == null) {
      return "";
    }
    byte[] text = query.getBytes(StandardCharsets.UTF_8);
    if (span.start() < 0 || span.start() > text.length) {
      return " (invalid position)";
    }
    int line = 1;
    int lastBreak = -1;
    for (int i = 0; i < span.start(); i++) {
      if (text[i] == '\n') {
        line++;
        lastBreak = i;
      }
    }
    return " (" + line + ":" + (span.start() - lastBreak) + ")";
  }
}
