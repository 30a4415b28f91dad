package dev.tethys.codec.exposition;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.Exemplar;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks an exposition against the whole OpenMetrics 1.0 specification: tests of the writer use it.
 * A scraper does not: Prometheus accepts much that the specification forbids, such as metadata
 * after samples, interleaved families or a counter that is NaN, and so does {@link
 * ExpositionParser}.
 *
 * <p>A family is everything between two lines that name different families. It ends when the next
 * begins; its metrics are then checked as a whole, and its sample names must not occur in an
 * earlier family.
 */
public final class OpenMetricsValidator {
  /** The most code points that names and values of an exemplar's labels may have together. */
  static final int MAX_EXEMPLAR_LENGTH = 128;

  private final OpenMetricsParser parser;
  private final byte[] body;
  private final Set<String> taken = new HashSet<>();
  private @Nullable Family family;

  private OpenMetricsValidator(byte[] body) {
    this.body = body;
    this.parser = new OpenMetricsParser(body, 0, body.length, false, false);
  }

  /**
   * Checks a body.
   *
   * @throws ExpositionException with the first thing that is wrong
   */
  public static void validate(byte[] body) {
    new OpenMetricsValidator(body).run();
  }

  private void run() {
    while (true) {
      Event e = parser.next();
      switch (e) {
        case TYPE, HELP, UNIT -> metadata(e);
        case SERIES -> sample();
        case END -> {
          finish();
          return;
        }
        default -> throw parser.error("unexpected " + e);
      }
    }
  }

  private ExpositionException error(String what) {
    return parser.error(what);
  }

  private Family begin(String name) {
    finish();
    Family f = new Family(name);
    family = f;
    return f;
  }

  private void finish() {
    Family f = family;
    family = null;
    if (f == null) {
      return;
    }
    f.endMetric();
    if (!f.unit.isEmpty() && (f.type == MetricType.INFO || f.type == MetricType.STATESET)) {
      throw error(f.type.text() + " " + GoQuote.quote(f.name) + " must not have a unit");
    }
    for (String suffix : f.names()) {
      if (!taken.add(f.name + suffix)) {
        throw error("clashing metric name " + GoQuote.quote(f.name + suffix));
      }
    }
  }

  private void metadata(Event kind) {
    String name = parser.metricName();
    Family f = family;
    if (f == null || !f.name.equals(name)) {
      f = begin(name);
    }
    if (f.sampled) {
      throw error(kind + " of " + GoQuote.quote(name) + " after its samples");
    }
    if (!f.seenMetadata.add(kind)) {
      throw error("second " + kind + " of " + GoQuote.quote(name));
    }
    if (kind == Event.TYPE) {
      f.type = parser.type();
    } else if (kind == Event.UNIT) {
      f.unit = parser.text();
    }
  }

  private String rawKey() {
    return new String(body, parser.keyOffset(), parser.keyLength(), StandardCharsets.UTF_8);
  }

  private void sample() {
    Labels labels = parser.labels();
    int last = parser.keyOffset() + parser.keyLength() - 1;
    if (body[last] == '}' && body[last - 1] == ',') {
      throw error("comma before the closing brace");
    }
    String name = labels.metricName();
    Family f = family;
    if (f == null || !f.owns(name)) {
      f = begin(name);
    }
    f.sampled = true;
    f.sample(name.substring(f.name.length()), labels);
  }

  /** One family, and within it the metric that is being read. */
  private final class Family {
    final String name;
    final Set<Event> seenMetadata = EnumSet.noneOf(Event.class);
    MetricType type = MetricType.UNKNOWN;
    String unit = "";
    boolean sampled;

    private final Set<Labels> ended = new HashSet<>();
    private @Nullable Labels metric;
    private Point point = new Point();
    private boolean timed;
    private double lastTime = Double.NEGATIVE_INFINITY;

    private final Set<Labels> series = new HashSet<>();

    Family(String name) {
      this.name = name;
    }

    List<String> suffixes() {
      return switch (type) {
        case COUNTER -> List.of("_total", "_created");
        case SUMMARY -> List.of("", "_count", "_sum", "_created");
        case HISTOGRAM -> List.of("_bucket", "_count", "_sum", "_created");
        case GAUGEHISTOGRAM -> List.of("_bucket", "_gcount", "_gsum");
        case INFO -> List.of("_info");
        case GAUGE, STATESET, UNKNOWN -> List.of("");
      };
    }

    Set<String> names() {
      Set<String> all = new HashSet<>(suffixes());
      all.add("");
      return all;
    }

    boolean owns(String sample) {
      return sample.startsWith(name) && suffixes().contains(sample.substring(name.length()));
    }

    void sample(String suffix, Labels labels) {
      double v = parser.value();
      Labels own = labels.dropMetricName().drop(ownLabels(suffix));
      if (!own.equals(metric)) {
        endMetric();
        if (!ended.add(own)) {
          throw error("metrics of " + GoQuote.quote(name) + " are not grouped by labels");
        }
        metric = own;
        timed = parser.hasTimestamp();
      }
      times(labels);
      exemplar(suffix);
      switch (type) {
        case COUNTER -> notNegative(suffix, v);
        case INFO -> {
          if (v != 1) {
            throw error("the value of an info must be 1");
          }
        }
        case STATESET -> {
          if (v != 0 && v != 1) {
            throw error("the value of a stateset must be 0 or 1");
          }
          if (!labels.has(name)) {
            throw error("a stateset needs a label with its own name");
          }
        }
        case SUMMARY -> summary(suffix, labels, v);
        case HISTOGRAM, GAUGEHISTOGRAM -> histogram(suffix, labels, v);
        case GAUGE, UNKNOWN -> {}
      }
    }

    private List<String> ownLabels(String suffix) {
      return switch (type) {
        case SUMMARY -> suffix.isEmpty() ? List.of("quantile") : List.of();
        case HISTOGRAM, GAUGEHISTOGRAM -> suffix.equals("_bucket") ? List.of("le") : List.of();
        case STATESET -> List.of(name);
        default -> List.of();
      };
    }

    private void times(Labels labels) {
      if (parser.hasTimestamp() != timed) {
        throw error("some samples of a metric have timestamps and some have not");
      }
      double time = timed ? parser.timestamp() : 0;
      if (time < lastTime) {
        throw error("timestamps of a metric go backwards");
      }
      if (time > lastTime) {
        endPoint();
      }
      lastTime = time;
      if (!series.add(labels) && !timed) {
        throw error("the same sample twice");
      }
    }

    private void exemplar(String suffix) {
      if (!parser.hasExemplar()) {
        return;
      }
      if (!suffix.equals("_total") && !suffix.equals("_bucket")) {
        throw error("exemplars belong to totals of counters and to buckets only");
      }
      Exemplar e = parser.nextExemplar(0);
      if (e == null) {
        throw error("a label name of the exemplar is not unique");
      }
      int length = 0;
      for (Labels.Label l : e.labels().toList()) {
        length += l.name().codePointCount(0, l.name().length());
        length += l.value().codePointCount(0, l.value().length());
      }
      if (length > MAX_EXEMPLAR_LENGTH) {
        throw error("exemplar labels longer than " + MAX_EXEMPLAR_LENGTH + " characters");
      }
    }

    private void notNegative(String suffix, double v) {
      if (!(v >= 0)) {
        throw error(GoQuote.quote(name + suffix) + " must be neither negative nor NaN");
      }
    }

    private void summary(String suffix, Labels labels, double v) {
      if (suffix.isEmpty()) {
        double q = number(labels.get("quantile"), "quantile");
        if (!(q >= 0 && q <= 1)) {
          throw error("quantile must be between 0 and 1");
        }
        if (v < 0) {
          throw error("a quantile must not be negative");
        }
      } else {
        notNegative(suffix, v);
      }
    }

    private double number(String text, String label) {
      byte[] b = text.getBytes(StandardCharsets.UTF_8);
      double v = DecimalParser.parse(b, 0, b.length);
      if (DecimalParser.failed(v)) {
        throw error("label " + label + " must be a number: " + GoQuote.quote(text));
      }
      return v;
    }

    private void histogram(String suffix, Labels labels, double v) {
      switch (suffix) {
        case "_bucket" -> {
          notNegative(suffix, v);
          String le = labels.get("le");
          double bound = number(le, "le");
          // The parser normalizes le, so the spelling of infinity is visible in the raw bytes only.
          if (Double.isNaN(bound) || Double.isInfinite(bound) && !rawKey().contains("\"+Inf\"")) {
            throw error("label le must be a number or +Inf: " + GoQuote.quote(le));
          }
          if (!(bound > point.lastBound)) {
            throw error("buckets must be in the order of their bounds");
          }
          if (v < point.lastCount) {
            throw error("bucket counts must not fall");
          }
          point.lastBound = bound;
          point.lastCount = v;
          point.negativeBound |= bound < 0;
          point.bucket = true;
        }
        case "_count", "_gcount" -> {
          notNegative(suffix, v);
          point.count = v;
        }
        case "_sum", "_gsum" -> {
          if (Double.isNaN(v)) {
            throw error("the sum must not be NaN");
          }
          point.sum = v;
        }
        default -> notNegative(suffix, v);
      }
    }

    void endMetric() {
      endPoint();
      metric = null;
      lastTime = Double.NEGATIVE_INFINITY;
      series.clear();
    }

    private void endPoint() {
      Point p = point;
      point = new Point();
      if (metric == null
          || lastTime == Double.NEGATIVE_INFINITY
          || type != MetricType.HISTOGRAM && type != MetricType.GAUGEHISTOGRAM) {
        return;
      }
      if (!p.bucket || p.lastBound != Double.POSITIVE_INFINITY) {
        throw error("histogram " + GoQuote.quote(name) + " has no +Inf bucket");
      }
      boolean counted = !Double.isNaN(p.count);
      boolean summed = !Double.isNaN(p.sum);
      if (counted && p.count != p.lastCount) {
        throw error("count of " + GoQuote.quote(name) + " differs from its +Inf bucket");
      }
      if (summed && p.negativeBound && type == MetricType.HISTOGRAM) {
        throw error("histogram " + GoQuote.quote(name) + " with negative bounds has a sum");
      }
      if (summed && p.sum < 0 && !p.negativeBound) {
        throw error("sum of " + GoQuote.quote(name) + " is negative, but no bound is");
      }
      if (summed && !counted || counted && !summed && !p.negativeBound) {
        throw error("histogram " + GoQuote.quote(name) + " needs both count and sum");
      }
    }
  }

  /** State of one histogram at one time; NaN for values that were not seen. */
  private static final class Point {
    double lastBound = Double.NEGATIVE_INFINITY;
    double lastCount;
    double count = Double.NaN;
    double sum = Double.NaN;
    boolean bucket;
    boolean negativeBound;
  }
}
