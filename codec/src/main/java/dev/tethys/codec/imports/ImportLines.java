package dev.tethys.codec.imports;

import dev.tethys.codec.exposition.ExpositionException;
import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParsers;
import dev.tethys.codec.exposition.ParserOptions;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.points.PointSink;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads samples line by line. An unusable line is recorded and the others are read. Formats are
 * those of VictoriaMetrics imports.
 */
public final class ImportLines {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(8).maxStringLength(1 << 20).build())
          .build();

  private final Labels extra;
  private final RejectedItems refusals = new RejectedItems();

  /** Reads one line. */
  private interface Line {
    @Nullable String read(byte[] buf, int from, int to);
  }

  /**
   * Creates a reader for one message.
   *
   * @param extra labels added to every series, which override its own
   */
  public ImportLines(Labels extra) {
    this.extra = extra;
  }

  /** Items rejected so far. */
  public RejectedItems refusals() {
    return refusals;
  }

  private void lines(byte[] buf, int offset, int length, Line line) {
    int end = offset + length;
    int number = 0;
    for (int from = offset; from < end; ) {
      int to = from;
      while (to < end && buf[to] != '\n') {
        to++;
      }
      number++;
      int last = to > from && buf[to - 1] == '\r' ? to - 1 : to;
      if (last > from) {
        String reason = line.read(buf, from, last);
        if (reason != null) {
          refusals.add(number, buf, from, last, reason);
        }
      }
      from = to + 1;
    }
  }

  private Labels with(Labels own) {
    return extra.isEmpty() ? own : new LabelsBuilder(own).addAll(extra).build();
  }

  /**
   * Reads Prometheus's text format; metadata of families is skipped.
   *
   * @param time Unix milliseconds, for samples without a timestamp
   */
  public void text(byte[] buf, int offset, int length, long time, PointSink sink) {
    lines(buf, offset, length, (b, from, to) -> textLine(b, from, to, time, sink));
  }

  private @Nullable String textLine(byte[] buf, int from, int to, long time, PointSink sink) {
    if (buf[from] == '#') {
      return null;
    }
    try {
      // A copy of the line, so that a malformed line does not affect others.
      byte[] line = java.util.Arrays.copyOfRange(buf, from, to + 1);
      line[line.length - 1] = '\n';
      ExpositionParser p = ExpositionParsers.text(line, 0, line.length, ParserOptions.DEFAULT);
      String refused = null;
      for (ExpositionParser.Event e = p.next(); e != ExpositionParser.Event.END; e = p.next()) {
        if (e == ExpositionParser.Event.SERIES) {
          String reason =
              sink.sample(with(p.labels()), p.hasTimestamp() ? p.timestamp() : time, p.value());
          refused = refused == null ? reason : refused;
        }
      }
      return refused;
    } catch (ExpositionException e) {
      return e.getMessage();
    }
  }

  /** Reads JSON lines: {@code {"metric":{…},"values":[…],"timestamps":[…]}}. */
  public void json(byte[] buf, int offset, int length, PointSink sink) {
    lines(buf, offset, length, (b, from, to) -> jsonLine(b, from, to, sink));
  }

  /** Growable list of numbers. */
  private static final class Numbers {
    double[] values = new double[8];
    int size;

    void add(double v) {
      if (size == values.length) {
        values = java.util.Arrays.copyOf(values, 2 * size);
      }
      values[size++] = v;
    }
  }

  private @Nullable String jsonLine(byte[] buf, int from, int to, PointSink sink) {
    LabelsBuilder labels = new LabelsBuilder();
    Numbers values = new Numbers();
    Numbers times = new Numbers();
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), buf, from, to - from)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        return "an object expected";
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        JsonToken t = p.nextToken();
        switch (key) {
          case "metric" -> {
            if (t != JsonToken.START_OBJECT) {
              return "metric must be an object";
            }
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
              String name = p.currentName();
              if (p.nextToken() != JsonToken.VALUE_STRING || name.isEmpty()) {
                return "a label must have a name and a string value";
              }
              labels.set(name, p.getString());
            }
          }
          case "values", "timestamps" -> {
            if (t != JsonToken.START_ARRAY) {
              return key + " must be a list";
            }
            Numbers into = key.equals("values") ? values : times;
            for (JsonToken v = p.nextToken(); v != JsonToken.END_ARRAY; v = p.nextToken()) {
              Double d = number(p, v);
              if (d == null || into == times && !Double.isFinite(d)) {
                return key + " must be numbers";
              }
              into.add(d);
            }
          }
          default -> p.skipChildren();
        }
      }
      if (p.nextToken() != null) {
        return "something follows the object";
      }
    } catch (JacksonException e) {
      return JsonFailures.inLine(e);
    }
    if (values.size != times.size) {
      return values.size + " values with " + times.size + " timestamps";
    }
    if (values.size == 0) {
      return "no values";
    }
    Labels series = with(labels.build());
    if (series.metricName().isEmpty()) {
      return "the metric has no __name__";
    }
    String refused = null;
    for (int i = 0; i < values.size; i++) {
      String reason = sink.sample(series, (long) times.values[i], values.values[i]);
      refused = refused == null ? reason : refused;
    }
    return refused;
  }

  /** A number, null (NaN) or the text for values that JSON numbers cannot hold. */
  private static @Nullable Double number(JsonParser p, JsonToken t) {
    if (t.isNumeric()) {
      return p.getDoubleValue();
    }
    if (t == JsonToken.VALUE_NULL) {
      return Double.NaN;
    }
    if (t != JsonToken.VALUE_STRING) {
      return null;
    }
    return switch (p.getString()) {
      case "NaN" -> Double.NaN;
      case "Infinity", "Inf", "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Infinity", "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  /**
   * Reads CSV.
   *
   * @param time Unix milliseconds, of lines without a column for it
   */
  public void csv(byte[] buf, int offset, int length, CsvFormat format, long time, PointSink sink) {
    lines(
        buf,
        offset,
        length,
        (b, from, to) ->
            format.read(
                new String(b, from, to - from, java.nio.charset.StandardCharsets.UTF_8),
                time,
                (labels, t, v) -> sink.sample(with(labels), t, v)));
  }
}
