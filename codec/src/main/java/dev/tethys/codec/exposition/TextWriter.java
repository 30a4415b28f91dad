package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes text 0.0.4 and 1.0.0, and OpenMetrics 1.0 which differs in family names, floats, times in
 * seconds, exemplars, {@code _created} and the end. Names that are not legal are quoted inside the
 * braces.
 *
 * <p>A type that a format lacks becomes the nearest available one: info and stateset are gauges in
 * text; a counter without {@code _total}, and an info without {@code _info}, are of type unknown
 * and gauge in OpenMetrics.
 */
final class TextWriter implements ExpositionWriter {
  private final ByteSink out;
  private final EscapingScheme scheme;
  private final boolean openMetrics;
  private final boolean created;

  TextWriter(OutputStream out, EscapingScheme scheme, boolean openMetrics, boolean created) {
    this.out = new ByteSink(out);
    this.scheme = scheme;
    this.openMetrics = openMetrics;
    this.created = created;
  }

  @Override
  public void finish() {
    if (openMetrics) {
      out.ascii("# EOF\n");
    }
    out.flush();
  }

  @Override
  public void write(MetricFamily f) {
    if (f.metrics().isEmpty()) {
      return;
    }
    String name = shown(f);
    String family = header(f, name);
    for (Metric m : f.metrics()) {
      metric(f.type(), name, family, m);
    }
  }

  @Override
  public void write(MetricFamily family, List<MetricFamily> parts) {
    String name = shown(family);
    for (MetricFamily p : parts) {
      // A scheme may change the end of a name as well; the series then does not belong to the
      // family.
      if (!shown(p).equals(name + p.name().substring(family.name().length()))) {
        parts.forEach(this::write);
        return;
      }
    }
    header(family, name);
    for (MetricFamily p : parts) {
      String part = shown(p);
      for (Metric m : p.metrics()) {
        metric(p.type(), part, part, m);
      }
    }
  }

  private String shown(MetricFamily f) {
    return LabelNames.isLegacyMetricName(f.name()) ? f.name() : scheme.escape(f.name());
  }

  /** Writes the comments before a family and returns its name in them. */
  private String header(MetricFamily f, String name) {
    String family = name;
    String type;
    if (openMetrics) {
      boolean total = f.type() == MetricType.COUNTER && name.endsWith("_total");
      boolean info = f.type() == MetricType.INFO && name.endsWith("_info");
      family =
          total
              ? name.substring(0, name.length() - "_total".length())
              : info ? name.substring(0, name.length() - "_info".length()) : name;
      type =
          switch (f.type()) {
            case COUNTER -> total ? "counter" : "unknown";
            case INFO -> info ? "info" : "gauge";
            default -> f.type().text();
          };
    } else {
      type =
          switch (f.type()) {
            case COUNTER, SUMMARY, HISTOGRAM, GAUGE -> f.type().text();
            case GAUGEHISTOGRAM -> "histogram";
            case INFO, STATESET -> "gauge";
            case UNKNOWN -> "untyped";
          };
    }
    if (!f.help().isEmpty()) {
      out.ascii("# HELP ");
      name(family);
      out.put(' ');
      out.escaped(f.help(), openMetrics);
      out.put('\n');
    }
    out.ascii("# TYPE ");
    name(family);
    out.put(' ');
    out.ascii(type).put('\n');
    if (openMetrics && !f.unit().isEmpty() && family.endsWith('_' + f.unit())) {
      out.ascii("# UNIT ");
      name(family);
      out.put(' ');
      out.escaped(f.unit(), true);
      out.put('\n');
    }
    return family;
  }

  private void metric(MetricType type, String name, String family, Metric m) {
    Labels labels = FormattedMetric.escaped(m.labels(), scheme);
    // No switch over types, which makes a class when it first runs.
    if (m.point() instanceof Value v) {
      series(name, "", labels, null, 0);
      value(v.value());
      timestamp(m.timestamp());
      exemplar(type == MetricType.COUNTER ? v.exemplar() : null);
      created(type == MetricType.COUNTER && !family.equals(name), family, labels, m);
    } else if (m.point() instanceof Quantiles q) {
      for (int i = 0; i < q.quantiles().length; i++) {
        line(name, "", labels, "quantile", q.quantiles()[i], q.values()[i], m);
      }
      line(name, "_sum", labels, null, 0, q.sum(), m);
      count(name, "_count", labels, q.count(), m);
      created(true, name, labels, m);
    } else if (m.point() instanceof Buckets b) {
      buckets(type, name, labels, b, m);
    } else if (m.point() instanceof Native n) {
      buckets(type, name, labels, FormattedMetric.classic(n), m);
    }
  }

  private void buckets(MetricType type, String name, Labels labels, Buckets b, Metric m) {
    boolean gauge = openMetrics && type == MetricType.GAUGEHISTOGRAM;
    double[] bounds = b.bounds();
    for (int i = 0; i < bounds.length; i++) {
      bucket(name, labels, bounds[i], b.cumulative()[i], m, exemplarOf(b.exemplars(), i));
    }
    if (bounds.length == 0 || bounds[bounds.length - 1] != Double.POSITIVE_INFINITY) {
      bucket(name, labels, Double.POSITIVE_INFINITY, b.count(), m, null);
    }
    line(name, gauge ? "_gsum" : "_sum", labels, null, 0, b.sum(), m);
    count(name, gauge ? "_gcount" : "_count", labels, b.count(), m);
    created(!gauge, name, labels, m);
  }

  private static @Nullable Exemplar exemplarOf(List<@Nullable Exemplar> all, int i) {
    return i < all.size() ? all.get(i) : null;
  }

  private void bucket(
      String name, Labels labels, double bound, double v, Metric m, @Nullable Exemplar exemplar) {
    series(name, "_bucket", labels, "le", bound);
    countValue(v);
    timestamp(m.timestamp());
    exemplar(exemplar);
  }

  private void line(
      String name,
      String suffix,
      Labels labels,
      @Nullable String extra,
      double extraValue,
      double v,
      Metric m) {
    series(name, suffix, labels, extra, extraValue);
    value(v);
    timestamp(m.timestamp());
    out.put('\n');
  }

  private void count(String name, String suffix, Labels labels, double v, Metric m) {
    series(name, suffix, labels, null, 0);
    countValue(v);
    timestamp(m.timestamp());
    out.put('\n');
  }

  private void created(boolean has, String family, Labels labels, Metric m) {
    if (created && has && m.startTimestamp() != 0) {
      series(family, "_created", labels, null, 0);
      value(m.startTimestamp() / 1000.0);
      out.put('\n');
    }
  }

  private void series(
      String name, String suffix, Labels labels, @Nullable String extra, double extraValue) {
    boolean quoted = !LabelNames.isLegacyMetricName(name);
    char separator = '{';
    if (quoted) {
      out.ascii("{\"");
      out.escaped(name, true);
      out.ascii(suffix).put('"');
      separator = ',';
    } else {
      out.ascii(name).ascii(suffix);
    }
    separator = labels(labels, separator);
    if (extra != null) {
      out.put(separator);
      separator = ',';
      out.ascii(extra).ascii("=\"");
      value(extraValue);
      out.put('"');
    }
    if (separator == ',') {
      out.put('}');
    }
    out.put(' ');
  }

  /** Writes labels without the closing brace and returns the separator for another one. */
  private char labels(Labels labels, char separator) {
    char[] s = {separator};
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          out.put(s[0]);
          s[0] = ',';
          if (FormattedMetric.legacyLabel(b, no, nl)) {
            out.bytes(b, no, nl);
          } else {
            out.put('"');
            out.escaped(b, no, nl, true);
            out.put('"');
          }
          out.ascii("=\"");
          out.escaped(b, vo, vl, true);
          out.put('"');
        });
    return s[0];
  }

  private void name(String name) {
    if (LabelNames.isLegacyMetricName(name)) {
      out.ascii(name);
    } else {
      out.put('"');
      out.escaped(name, true);
      out.put('"');
    }
  }

  private void value(double v) {
    out.number(v == 0 ? 0.0 : v, openMetrics); // -0 is written as 0
  }

  /** OpenMetrics requires counts of observations as integers. */
  private void countValue(double v) {
    if (openMetrics && v == Math.rint(v) && Math.abs(v) < 0x1p63) {
      out.number((long) v);
    } else {
      value(v);
    }
  }

  private void timestamp(@Nullable Long ms) {
    if (ms == null) {
      return;
    }
    out.put(' ');
    if (openMetrics) {
      value(ms / 1000.0);
    } else {
      out.number(ms);
    }
  }

  /** Writes an exemplar if the format supports it, and ends the line. */
  private void exemplar(@Nullable Exemplar e) {
    if (openMetrics && e != null && !e.labels().isEmpty()) {
      out.ascii(" # ");
      labels(FormattedMetric.escaped(e.labels(), scheme), '{');
      out.ascii("} ");
      value(e.value());
      if (e.timestamp() != 0) {
        out.put(' ');
        value(e.timestamp() / 1000.0);
      }
    }
    out.put('\n');
  }
}
