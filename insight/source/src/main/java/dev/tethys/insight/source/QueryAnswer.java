package dev.tethys.insight.source;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Surrogates;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads responses of Prometheus's HTTP API as a stream (Prometheus documentation, "HTTP API",
 * format overview and range vectors): memory does not depend on their size.
 *
 * <p>Labels of a series are encoded as they come: for each label the length of the name in two
 * bytes, the name, the length of the value in three bytes, the value, both in UTF-8. Equal labels
 * in equal order have equal bytes. {@link #decode} reads them.
 */
final class QueryAnswer {
  /** Maximum size of a series's labels; series with larger ones are omitted. */
  static final int MAX_LABEL_BYTES = 64 << 10;

  /** Maximum number of strings in a list, such as names of metrics. */
  static final int MAX_TEXTS = 500_000;

  /** Maximum number of warnings that are kept. */
  private static final int MAX_WARNINGS = 3;

  private static final int MAX_SHOWN = 300;

  /** Maximum number of characters of a string, and of bytes of a name. */
  private static final int MAX_STRING = 1 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(MAX_STRING)
                  .maxNameLength(MAX_LABEL_BYTES)
                  .maxNestingDepth(20)
                  .build())
          .build();

  /** Receives the series of a response one by one. */
  interface Sink {
    /**
     * A series begins.
     *
     * @param labels encoded labels, valid until the next call
     * @param isWhole false if the labels exceed {@link #MAX_LABEL_BYTES} and were cut
     */
    void series(byte[] labels, int length, boolean isWhole);

    /** A float sample of the series, at Unix milliseconds. */
    void sample(long time, double value);

    /** The series has native histograms, which JSON gives without their schema. */
    void histograms();
  }

  private final JsonParser p;
  private final List<String> warnings = new ArrayList<>();
  private byte[] labels = new byte[512];
  private int length;
  private boolean isWhole;
  private boolean hasData;

  private QueryAnswer(JsonParser p) {
    this.p = p;
  }

  /** Reads {@code data} of a successful response. */
  private interface Data {
    void read(QueryAnswer from);
  }

  /**
   * Reads a range vector.
   *
   * @return warnings of the source
   * @throws CodecException if the response is malformed or reports an error
   */
  static List<String> matrix(InputStream in, Sink to) {
    return read(in, a -> a.matrixData(to));
  }

  /**
   * Reads a list of strings.
   *
   * @throws CodecException if the response is malformed or reports an error
   */
  static List<String> texts(InputStream in, List<String> to) {
    return read(in, a -> a.textData(to));
  }

  private static List<String> read(InputStream in, Data data) {
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      QueryAnswer a = new QueryAnswer(p);
      a.envelope(data);
      return a.warnings;
    } catch (JacksonException e) {
      throw new CodecException("not JSON: " + JsonFailures.describe(e), e);
    }
  }

  private void envelope(Data data) {
    if (p.nextToken() != JsonToken.START_OBJECT) {
      throw new CodecException("not a JSON object");
    }
    String status = "";
    String error = "";
    for (JsonToken t = p.nextToken(); t == JsonToken.PROPERTY_NAME; t = p.nextToken()) {
      String key = p.currentName();
      JsonToken value = p.nextToken();
      switch (key) {
        case "status" -> status = text(value);
        case "error" -> error = text(value);
        case "warnings" -> warnings(value);
        case "data" -> {
          if (value == JsonToken.VALUE_NULL) {
            hasData = true;
          } else {
            data.read(this);
            hasData = true;
          }
        }
        default -> skip();
      }
    }
    if (p.currentToken() != JsonToken.END_OBJECT) {
      throw new CodecException("not a whole JSON object");
    }
    if (!status.equals("success")) {
      throw new CodecException(
          error.isEmpty() ? "status is \"" + shown(status) + "\", not \"success\"" : shown(error));
    }
    if (!hasData) {
      throw new CodecException("the field data is missing");
    }
  }

  private String text(JsonToken t) {
    if (t != JsonToken.VALUE_STRING) {
      skip();
      return "";
    }
    return shown(p.getString());
  }

  private static String shown(String s) {
    String line = s.replaceAll("\\s+", " ");
    return line.length() > MAX_SHOWN ? line.substring(0, MAX_SHOWN) + "…" : line;
  }

  /** Skips a value. */
  private void skip() {
    p.skipChildren();
  }

  private void warnings(JsonToken t) {
    if (t != JsonToken.START_ARRAY) {
      skip();
      return;
    }
    for (JsonToken v = p.nextToken(); v != JsonToken.END_ARRAY; v = next(v)) {
      if (v == JsonToken.VALUE_STRING && warnings.size() < MAX_WARNINGS) {
        warnings.add(shown(p.getString()));
      } else {
        skip();
      }
    }
  }

  /** Token after one in a list; the end of the text within it is an error. */
  private JsonToken next(JsonToken before) {
    JsonToken t = p.nextToken();
    if (t == null) {
      throw new CodecException("the text ends after " + before);
    }
    return t;
  }

  private void require(JsonToken expected, String what) {
    if (p.currentToken() != expected) {
      throw new CodecException(what + " expected, not " + p.currentToken());
    }
  }

  private void textData(List<String> to) {
    require(JsonToken.START_ARRAY, "a list of names");
    for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = next(t)) {
      require(JsonToken.VALUE_STRING, "a name");
      if (to.size() >= MAX_TEXTS) {
        throw new CodecException("the list has more than " + MAX_TEXTS + " names");
      }
      to.add(p.getString());
    }
  }

  private void matrixData(Sink to) {
    require(JsonToken.START_OBJECT, "an object with a result");
    for (JsonToken t = p.nextToken(); t == JsonToken.PROPERTY_NAME; t = p.nextToken()) {
      String key = p.currentName();
      JsonToken value = p.nextToken();
      if (key.equals("resultType") && !"matrix".equals(text(value))) {
        throw new CodecException("the result is not a range vector (resultType matrix)");
      } else if (key.equals("result")) {
        require(JsonToken.START_ARRAY, "a list of series");
        for (JsonToken s = p.nextToken(); s != JsonToken.END_ARRAY; s = next(s)) {
          require(JsonToken.START_OBJECT, "a series");
          series(to);
        }
      } else if (!key.equals("resultType")) {
        skip();
      }
    }
  }

  private void series(Sink to) {
    boolean hasLabels = false;
    for (JsonToken t = p.nextToken(); t == JsonToken.PROPERTY_NAME; t = p.nextToken()) {
      String key = p.currentName();
      p.nextToken();
      switch (key) {
        case "metric" -> {
          require(JsonToken.START_OBJECT, "labels");
          labels();
          to.series(labels, length, isWhole);
          hasLabels = true;
        }
        case "values" -> {
          if (!hasLabels) {
            throw new CodecException("the values of a series precede its labels");
          }
          require(JsonToken.START_ARRAY, "a list of samples");
          for (JsonToken s = p.nextToken(); s != JsonToken.END_ARRAY; s = next(s)) {
            sample(to);
          }
        }
        case "histograms" -> {
          require(JsonToken.START_ARRAY, "a list of histograms");
          if (!hasLabels) {
            throw new CodecException("the histograms of a series precede its labels");
          }
          skip();
          to.histograms();
        }
        default -> skip();
      }
    }
  }

  private void labels() {
    length = 0;
    isWhole = true;
    for (JsonToken t = p.nextToken(); t == JsonToken.PROPERTY_NAME; t = p.nextToken()) {
      byte[] name = Surrogates.utf8(p.currentName());
      if (p.nextToken() != JsonToken.VALUE_STRING) {
        throw new CodecException("the value of a label is not a string");
      }
      byte[] value = Surrogates.utf8(p.getString());
      int size = 5 + name.length + value.length;
      if (!isWhole || length + size > MAX_LABEL_BYTES) {
        isWhole = false;
        continue;
      }
      if (length + size > labels.length) {
        labels = Arrays.copyOf(labels, Math.max(length + size, labels.length * 2));
      }
      labels[length++] = (byte) (name.length >> 8);
      labels[length++] = (byte) name.length;
      System.arraycopy(name, 0, labels, length, name.length);
      length += name.length;
      labels[length++] = (byte) (value.length >> 16);
      labels[length++] = (byte) (value.length >> 8);
      labels[length++] = (byte) value.length;
      System.arraycopy(value, 0, labels, length, value.length);
      length += value.length;
    }
  }

  private void sample(Sink to) {
    require(JsonToken.START_ARRAY, "a sample");
    JsonToken t = p.nextToken();
    if (t != JsonToken.VALUE_NUMBER_INT && t != JsonToken.VALUE_NUMBER_FLOAT) {
      throw new CodecException("the time of a sample is not a number");
    }
    double seconds = p.getDoubleValue();
    if (!(Math.abs(seconds) < 1e13)) {
      throw new CodecException("the time of a sample is out of range: " + shown(p.getString()));
    }
    JsonToken v = p.nextToken();
    // VictoriaMetrics writes null for values that JSON cannot hold.
    if (v != JsonToken.VALUE_STRING && v != JsonToken.VALUE_NULL) {
      throw new CodecException("the value of a sample is not a string");
    }
    double value = v == JsonToken.VALUE_NULL ? Double.NaN : number(p.getString());
    if (p.nextToken() != JsonToken.END_ARRAY) {
      throw new CodecException("a sample has more than a time and a value");
    }
    to.sample(Math.round(seconds * 1000), value);
  }

  private static double number(String s) {
    return switch (s) {
      case "NaN" -> Double.NaN;
      case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        try {
          yield Double.parseDouble(s);
        } catch (NumberFormatException e) {
          throw new CodecException("\"" + shown(s) + "\" is not a number", e);
        }
      }
    };
  }

  /**
   * Decodes labels into a builder. Labels of the server itself, which begin with two underscores,
   * are left out; the name of the metric stays.
   *
   * @throws IllegalArgumentException if a name is empty
   */
  static void decode(byte[] from, int offset, int size, LabelsBuilder to) {
    int at = offset;
    int end = offset + size;
    while (at < end) {
      int n = (from[at] & 0xff) << 8 | from[at + 1] & 0xff;
      at += 2;
      byte[] name = Arrays.copyOfRange(from, at, at + n);
      at += n;
      int v = (from[at] & 0xff) << 16 | (from[at + 1] & 0xff) << 8 | from[at + 2] & 0xff;
      at += 3;
      byte[] value = Arrays.copyOfRange(from, at, at + v);
      at += v;
      if (n < 2 || name[0] != '_' || name[1] != '_' || isMetricName(name)) {
        to.set(name, value);
      }
    }
  }

  private static boolean isMetricName(byte[] name) {
    return Arrays.equals(name, METRIC_NAME);
  }

  private static final byte[] METRIC_NAME = "__name__".getBytes(StandardCharsets.UTF_8);
}
