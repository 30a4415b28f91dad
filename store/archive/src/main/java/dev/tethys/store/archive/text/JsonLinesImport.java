package dev.tethys.store.archive.text;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.store.archive.Json;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.metrics.SampleSorter;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * Reads samples as VictoriaMetrics exports them and {@link JsonLinesExport} writes them, a file of
 * any size. Values may be numbers, {@code null} (NaN) or the strings {@code "NaN"}, {@code
 * "Infinity"}, {@code "Inf"}, {@code "-Infinity"}, {@code "-Inf"}. A file that is malformed
 * anywhere is refused with the place.
 */
public final class JsonLinesImport {
  /** Samples of one object. */
  static final int MAX_SAMPLES = 50_000_000;

  private final Map<String, String> added;
  private final SampleSorter into;
  private final Progress progress;
  private double[] values = new double[1024];
  private int valueCount;
  private long[] times = new long[1024];
  private int timeCount;

  /**
   * Prepares to read.
   *
   * @param added labels that every series gets, over its own
   */
  public JsonLinesImport(Map<String, String> added, SampleSorter into, Progress progress) {
    this.added = Map.copyOf(added);
    this.into = into;
    this.progress = progress;
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException when it is malformed
   */
  public void read(Path file) throws IOException {
    progress.step("reading " + file.getFileName(), Files.size(file));
    try (InputStream in = new Counted(Files.newInputStream(file), progress);
        JsonParser p = Json.FACTORY.createParser(in)) {
      try {
        JsonToken t = p.nextToken();
        while (t != null) {
          want(t, JsonToken.START_OBJECT);
          series(p);
          t = p.nextToken();
        }
      } catch (JacksonException e) {
        throw new IllegalArgumentException(
            place(file, p.currentLocation()) + ": " + e.getOriginalMessage(), e);
      } catch (Malformed e) {
        throw new IllegalArgumentException(
            place(file, p.currentTokenLocation()) + ": " + e.getMessage(), e);
      }
    }
  }

  private static String place(Path file, TokenStreamLocation at) {
    return file + ": line " + at.getLineNr() + " column " + at.getColumnNr();
  }

  private static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String what) {
      super(what);
    }
  }

  private static void want(JsonToken got, JsonToken wanted) {
    if (got != wanted) {
      throw new Malformed("a JSON object with metric, values and timestamps is wanted");
    }
  }

  private void series(JsonParser p) {
    LabelsBuilder labels = new LabelsBuilder();
    valueCount = 0;
    timeCount = 0;
    while (p.nextToken() != JsonToken.END_OBJECT) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "metric" -> metric(p, t, labels);
        case "values" -> values(p, t);
        case "timestamps" -> times(p, t);
        default ->
            throw new Malformed("key " + key + " is not known; metric, values, timestamps are");
      }
    }
    if (valueCount != timeCount) {
      throw new Malformed(
          "the object that ends here has "
              + valueCount
              + " values and "
              + timeCount
              + " timestamps");
    }
    added.forEach(labels::set);
    Labels l = labels.build();
    if (l.isEmpty() && valueCount > 0) {
      throw new Malformed("the object that ends here has no labels");
    }
    for (int i = 0; i < valueCount; i++) {
      into.add(l, 0, times[i], values[i]);
    }
  }

  private static void metric(JsonParser p, JsonToken first, LabelsBuilder labels) {
    if (first != JsonToken.START_OBJECT) {
      throw new Malformed("metric must be an object");
    }
    while (p.nextToken() != JsonToken.END_OBJECT) {
      String name = p.currentName();
      if (p.nextToken() != JsonToken.VALUE_STRING || name.isEmpty()) {
        throw new Malformed("labels must have names, and strings as values");
      }
      labels.set(name, p.getString());
    }
  }

  private void values(JsonParser p, JsonToken first) {
    if (first != JsonToken.START_ARRAY) {
      throw new Malformed("values must be a list");
    }
    JsonToken t = p.nextToken();
    while (t != JsonToken.END_ARRAY) {
      if (valueCount == values.length) {
        values = Arrays.copyOf(values, grown(valueCount));
      }
      values[valueCount++] =
          switch (t) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> p.getDoubleValue();
            case VALUE_NULL -> Samples.NORMAL_NAN;
            case VALUE_STRING -> special(p.getString());
            default -> throw new Malformed("a value must be a number");
          };
      t = p.nextToken();
    }
  }

  private static double special(String s) {
    return switch (s) {
      case "NaN" -> Samples.NORMAL_NAN;
      case "Infinity", "Inf", "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Infinity", "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> throw new Malformed("a value must be a number, not \"" + s + "\"");
    };
  }

  private void times(JsonParser p, JsonToken first) {
    if (first != JsonToken.START_ARRAY) {
      throw new Malformed("timestamps must be a list");
    }
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (p.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw new Malformed("a timestamp must be a whole number of milliseconds");
      }
      if (timeCount == times.length) {
        times = Arrays.copyOf(times, grown(timeCount));
      }
      times[timeCount++] = p.getLongValue();
    }
  }

  private static int grown(int n) {
    if (n >= MAX_SAMPLES) {
      throw new Malformed("more than " + MAX_SAMPLES + " samples in one object");
    }
    return n * 2;
  }

  /** Tells how many bytes were read. */
  private static final class Counted extends FilterInputStream {
    private final Progress progress;

    Counted(InputStream in, Progress progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = super.read(b, off, len);
      progress.advance(Math.max(0, n));
      return n;
    }
  }
}
