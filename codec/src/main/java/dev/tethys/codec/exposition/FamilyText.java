package dev.tethys.codec.exposition;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.exposition.PackedMetrics;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Text 0.0.4, read into families like the {@code expfmt} package of Prometheus: byte by byte, where
 * each byte determines the next state. For a single use.
 *
 * <p>Invariant: {@code current} is the byte before {@code pos}.
 */
final class FamilyText {
  private static final int NEWLINE = '\n';

  /** Part of a summary or histogram that a name refers to. */
  private enum Part {
    WHOLE,
    COUNT,
    SUM
  }

  private static final class DraftFamily {
    final String name;
    final PackedMetrics.Builder numbers = PackedMetrics.builder(); // unless it is composed
    final Map<Labels, DraftMetric> byLabels = new LinkedHashMap<>(); // summaries and histograms
    @Nullable MetricType type;
    @Nullable String help;

    DraftFamily(String name) {
      this.name = name;
    }

    boolean isComposed() {
      return type == MetricType.SUMMARY || type == MetricType.HISTOGRAM;
    }

    PackedMetrics metrics() {
      PackedMetrics.Builder out = numbers;
      byLabels.values().forEach(m -> out.add(m.metric(type == MetricType.SUMMARY)));
      return out.build();
    }
  }

  private static final class DraftMetric {
    final Labels labels;
    final List<double[]> parts = new ArrayList<>(); // bound or quantile, and value
    double count;
    double sum;
    @Nullable Long timestamp;

    DraftMetric(Labels labels) {
      this.labels = labels;
    }

    Metric metric(boolean isSummary) {
      double[] at = parts.stream().mapToDouble(p -> p[0]).toArray();
      double[] values = parts.stream().mapToDouble(p -> p[1]).toArray();
      Point point =
          isSummary
              ? new Quantiles(count, sum, at, values)
              : new Buckets(count, sum, at, values, List.of());
      return new Metric(labels, point, timestamp, 0);
    }
  }

  /** Thrown at an unexpected end of the body. */
  private static final class EndException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EndException() {
      super(null, null, false, false);
    }
  }

  private final byte[] body;
  private final NameScheme names;
  private final long maxMetrics;
  private long metrics;
  private final Map<String, DraftFamily> families = new LinkedHashMap<>();
  private int pos;
  private int line;
  private int current;
  private Part part = Part.WHOLE;

  FamilyText(byte[] body, NameScheme names, long maxMetrics) {
    this.body = body;
    this.names = names;
    this.maxMetrics = maxMetrics;
  }

  List<MetricFamily> read() {
    try {
      while (line()) {
        // each call reads one
      }
    } catch (EndException e) {
      throw error("unexpected end of input stream");
    }
    List<MetricFamily> out = new ArrayList<>();
    for (DraftFamily f : families.values()) {
      MetricType type = f.type == null ? MetricType.UNKNOWN : f.type;
      PackedMetrics metrics = f.metrics();
      if (!metrics.isEmpty()) {
        out.add(new MetricFamily(f.name, type, f.help == null ? "" : f.help, "", metrics));
      }
    }
    return out;
  }

  private ExpositionException error(String what) {
    return new ExpositionException("text format parsing error in line " + line + ": " + what);
  }

  private void next() {
    if (pos >= body.length) {
      throw new EndException();
    }
    current = body[pos++] & 0xff;
  }

  private boolean isBlank() {
    return current == ' ' || current == '\t';
  }

  private void nextNonBlank() {
    do {
      next();
    } while (isBlank());
  }

  private void skipBlanks() {
    if (isBlank()) {
      nextNonBlank();
    }
  }

  private boolean line() {
    line++;
    do {
      if (pos >= body.length) {
        return false;
      }
      next();
    } while (isBlank());
    switch (current) {
      case '#' -> comment();
      case NEWLINE -> {}
      case '{' -> sample(true);
      default -> sample(false);
    }
    return true;
  }

  private void comment() {
    nextNonBlank();
    if (current == NEWLINE) {
      return;
    }
    String keyword = untilWhitespace();
    if (current == NEWLINE) {
      return;
    }
    if (!keyword.equals("HELP") && !keyword.equals("TYPE")) {
      while (current != NEWLINE) {
        next();
      }
      return;
    }
    nextNonBlank();
    String name = name(true);
    if (current == NEWLINE) {
      return;
    }
    if (!isBlank()) {
      throw error("invalid metric name in comment");
    }
    DraftFamily f = family(name);
    nextNonBlank();
    if (current == NEWLINE) {
      return;
    }
    if (keyword.equals("HELP")) {
      if (f.help != null) {
        throw error("second HELP line for metric name " + GoQuote.quote(f.name));
      }
      f.help = untilNewline(true);
      return;
    }
    if (f.type != null) {
      throw error(
          "second TYPE line for metric name "
              + GoQuote.quote(f.name)
              + ", or TYPE reported after samples");
    }
    String type = untilNewline(false);
    f.type =
        switch (type.toUpperCase(Locale.ROOT)) {
          case "COUNTER" -> MetricType.COUNTER;
          case "GAUGE" -> MetricType.GAUGE;
          case "SUMMARY" -> MetricType.SUMMARY;
          case "HISTOGRAM" -> MetricType.HISTOGRAM;
          case "UNTYPED" -> MetricType.UNKNOWN;
          default -> throw error("unknown metric type " + GoQuote.quote(type));
        };
  }

  private void sample(boolean nameInside) {
    DraftFamily f = null;
    if (!nameInside) {
      String name = name(true);
      if (name.isEmpty()) {
        throw error("invalid metric name");
      }
      f = family(name);
      f.type = f.type == null ? MetricType.UNKNOWN : f.type;
      skipBlanks();
    }
    Double bound = null;
    LabelsBuilder labels = new LabelsBuilder();
    if (current == '{') {
      Set<String> seen = new HashSet<>();
      nextNonBlank();
      while (current != '}') {
        String label = name(false);
        if (label.isEmpty()) {
          throw error("invalid label name for metric " + GoQuote.quote(f == null ? "" : f.name));
        }
        skipBlanks();
        if (current != '=') {
          if (!nameInside) {
            throw error("expected '=' after label name, found " + shown());
          }
          if (current != ',' && current != '}') {
            throw error("unexpected end of metric value " + shown());
          }
          f = family(label);
          f.type = f.type == null ? MetricType.UNKNOWN : f.type;
          if (current == ',') {
            nextNonBlank();
          }
          continue;
        }
        if (label.equals(Labels.METRIC_NAME)) {
          throw error("label name \"__name__\" is reserved");
        }
        if (!names.isValidLabelName(label)) {
          throw error(
              "invalid label name "
                  + GoQuote.quote(label)
                  + " for metric "
                  + GoQuote.quote(f == null ? "" : f.name));
        }
        MetricType type = f == null ? null : f.type;
        boolean special =
            type == MetricType.SUMMARY && label.equals("quantile")
                || type == MetricType.HISTOGRAM && label.equals("le");
        if (!special && !seen.add(label)) {
          throw error("duplicate label names for metric " + GoQuote.quote(f == null ? "" : f.name));
        }
        String value = labelValue();
        if (special) {
          bound = Families.number(value);
          if (bound == null) {
            throw error(
                "expected float as value for '" + label + "' label, got " + GoQuote.quote(value));
          }
        } else {
          labels.show(label, value);
        }
        nextNonBlank();
        if (current == ',') {
          nextNonBlank();
        } else if (current != '}') {
          throw error("unexpected end of label value " + GoQuote.quote(value));
        }
      }
      nextNonBlank();
    }
    if (f == null) {
      throw error("invalid metric name");
    }
    value(f, labels.build(), bound);
  }

  private void value(DraftFamily f, Labels labels, @Nullable Double bound) {
    DraftMetric m = f.isComposed() ? f.byLabels.get(labels) : null;
    if (m == null) {
      counted();
    }
    if (m == null && f.isComposed()) {
      m = new DraftMetric(labels);
      f.byLabels.put(labels, m);
    }
    String text = untilWhitespace();
    Double v = Families.number(text);
    if (v == null) {
      throw error("expected float as value, got " + GoQuote.quote(text));
    }
    Long timestamp = current == NEWLINE ? null : timestamp();
    if (m == null) {
      f.numbers.add(new Metric(labels, new Value(v, null), timestamp, 0));
      return;
    }
    if (part == Part.COUNT) {
      m.count = Math.max(0, Math.floor(v));
    } else if (part == Part.SUM) {
      m.sum = v;
    } else if (bound != null && !bound.isNaN()) {
      m.parts.add(
          new double[] {bound, f.type == MetricType.HISTOGRAM ? Math.max(0, Math.floor(v)) : v});
    }
    m.timestamp = timestamp == null ? m.timestamp : timestamp;
  }

  private void counted() {
    if (++metrics > maxMetrics) {
      throw new TooManyMetricsException(maxMetrics);
    }
  }

  private Long timestamp() {
    nextNonBlank();
    String text = untilWhitespace();
    Long at;
    try {
      at = Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw error("expected integer as timestamp, got " + GoQuote.quote(text));
    }
    String rest = untilNewline(false);
    if (!rest.isEmpty()) {
      throw error("spurious string after timestamp: " + GoQuote.quote(rest));
    }
    return at;
  }

  /** Returns the family a name refers to, and which part of it. */
  private DraftFamily family(String name) {
    part = Part.WHOLE;
    DraftFamily f = families.get(name);
    if (f != null) {
      return f;
    }
    boolean count = name.length() > 6 && name.endsWith("_count");
    boolean sum = name.length() > 4 && name.endsWith("_sum");
    boolean bucket = name.length() > 7 && name.endsWith("_bucket");
    int suffix = count ? 6 : sum ? 4 : bucket ? 7 : 0;
    if (suffix > 0) {
      f = families.get(name.substring(0, name.length() - suffix));
      if (f != null
          && (f.type == MetricType.HISTOGRAM || f.type == MetricType.SUMMARY && !bucket)) {
        part = count ? Part.COUNT : sum ? Part.SUM : Part.WHOLE;
        return f;
      }
    }
    if (!names.isValidMetricName(name)) {
      throw error("invalid metric name " + GoQuote.quote(name));
    }
    f = new DraftFamily(name);
    families.put(name, f);
    return f;
  }

  private String shown() {
    return current == '\'' ? "'\\''" : current == NEWLINE ? "'\\n'" : "'" + (char) current + "'";
  }

  private String untilWhitespace() {
    int from = pos - 1;
    while (!isBlank() && current != NEWLINE) {
      next();
    }
    return new String(body, from, pos - 1 - from, StandardCharsets.UTF_8);
  }

  private String untilNewline(boolean escapes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (current != NEWLINE) {
      if (current != '\\') {
        out.write(current);
      } else {
        next();
        if (!escapes) {
          out.write('\\');
          continue;
        }
        out.write(escaped());
      }
      next();
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private int escaped() {
    return switch (current) {
      case '\\', '"' -> current;
      case 'n' -> NEWLINE;
      default -> throw error("invalid escape sequence '\\" + (char) current + "'");
    };
  }

  /** Reads a name, quoted or not; returns empty if there is none. */
  private String name(boolean metric) {
    if (current == '"') {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (next(); current != '"'; next()) {
        if (current == NEWLINE) {
          throw error(
              (metric ? "metric" : "label")
                  + " name "
                  + GoQuote.quote(out.toString(StandardCharsets.UTF_8))
                  + " contains unescaped new-line");
        }
        if (current == '\\') {
          next();
          out.write(escaped());
        } else {
          out.write(current);
        }
      }
      next();
      return out.toString(StandardCharsets.UTF_8);
    }
    int from = pos - 1;
    boolean first = true;
    while (current >= 'a' && current <= 'z'
        || current >= 'A' && current <= 'Z'
        || current == '_'
        || metric && current == ':'
        || !first && current >= '0' && current <= '9') {
      first = false;
      next();
    }
    return new String(body, from, pos - 1 - from, StandardCharsets.UTF_8);
  }

  private String labelValue() {
    nextNonBlank();
    if (current != '"') {
      throw error("expected '\"' at start of label value, found " + shown());
    }
    int from = pos;
    int end = from;
    while (end < body.length
        && body[end] >= ' ' // so that it is no newline, and ASCII
        && body[end] != '"'
        && body[end] != '\\') {
      end++;
    }
    if (end < body.length && body[end] == '"') {
      pos = end;
      next();
      return new String(body, from, end - from, StandardCharsets.ISO_8859_1);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (next(); current != '"'; next()) {
      if (current == NEWLINE) {
        throw error(
            "label value "
                + GoQuote.quote(out.toString(StandardCharsets.UTF_8))
                + " contains unescaped new-line");
      }
      if (current == '\\') {
        next();
        out.write(escaped());
      } else {
        out.write(current);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(out.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw error("invalid label value " + GoQuote.quote(out.toString(StandardCharsets.UTF_8)));
    }
  }
}
