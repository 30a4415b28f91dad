package dev.tethys.store.archive.text;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.Histogram;
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
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * Reads samples as VictoriaMetrics exports them and {@link JsonLinesExport} writes them, a file of
 * any size. Values may be numbers, {@code null} (NaN) or the strings {@code "NaN"}, {@code
 * "Infinity"}, {@code "Inf"}, {@code "-Infinity"}, {@code "-Inf"}; also the extensions of {@link
 * SampleLine}. A file with a malformed line is rejected, with its position.
 */
public final class JsonLinesImport {
  /** Maximum number of samples in one object. */
  static final int MAX_SAMPLES = 50_000_000;

  private final Map<String, String> added;
  private final SampleSorter into;
  private final Progress progress;
  private double[] values = new double[1024];
  private int valueCount;
  private long[] times = new long[1024];
  private int timeCount;
  private long[] starts = new long[16];
  private int startCount;
  private int counted; // numbers of the list that was read last
  private @Nullable Histogram @Nullable [] histograms; // by position; null when there are none

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
   * @throws IllegalArgumentException if it is malformed
   */
  public void read(Path file) throws IOException {
    progress.step("reading " + file.getFileName(), Files.size(file));
    try (InputStream in = new Counted(Files.newInputStream(file), progress);
        JsonParser p = Json.FACTORY.createParser(in)) {
      try {
        JsonToken t = p.nextToken();
        while (t != null) {
          require(t, JsonToken.START_OBJECT);
          series(p);
          t = p.nextToken();
        }
      } catch (JacksonException e) {
        throw new IllegalArgumentException(
            place(file, p.currentLocation()) + ": " + JsonFailures.describeProblem(e), e);
      } catch (Malformed e) {
        throw new IllegalArgumentException(
            place(file, p.currentTokenLocation()) + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Reads one object.
   *
   * @param place prefix of messages
   * @throws IllegalArgumentException if it is malformed
   */
  void line(byte[] text, int offset, int length, String place) {
    try (JsonParser p = Json.FACTORY.createParser(text, offset, length)) {
      require(p.nextToken(), JsonToken.START_OBJECT);
      series(p);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(place + ": " + JsonFailures.inLine(e), e);
    } catch (Malformed e) {
      throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
    }
  }

  private static String place(Path file, TokenStreamLocation at) {
    return file + ": line " + at.getLineNr() + " column " + at.getColumnNr();
  }

  /** Format error of a file; its position is added if it is known. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Malformed(String what) {
      super(what);
    }
  }

  private static void require(@Nullable JsonToken got, JsonToken wanted) {
    if (got != wanted) {
      throw new Malformed("expected a JSON object with metric, values and timestamps");
    }
  }

  private void series(JsonParser p) {
    LabelsBuilder labels = new LabelsBuilder();
    valueCount = 0;
    timeCount = 0;
    startCount = 0;
    histograms = null;
    while (p.nextToken() != JsonToken.END_OBJECT) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "metric" -> metric(p, t, labels);
        case "values" -> values(p, t);
        case "timestamps" -> {
          times = times(p, t, times, "a timestamp");
          timeCount = counted;
        }
        case "starts" -> {
          starts = times(p, t, starts, "a start timestamp");
          startCount = counted;
        }
        default ->
            throw new Malformed(
                "key " + key + " is unknown; metric, values, timestamps, starts are");
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
    if (startCount > 0 && startCount != valueCount) {
      throw new Malformed(
          "the object that ends here has " + valueCount + " values and " + startCount + " starts");
    }
    added.forEach(labels::set);
    Labels l = labels.build();
    if (l.isEmpty() && valueCount > 0) {
      throw new Malformed("the object that ends here has no labels");
    }
    for (int i = 0; i < valueCount; i++) {
      long start = startCount == 0 ? 0 : starts[i];
      Histogram h = histograms == null ? null : histograms[i];
      if (h != null) {
        into.add(l, start, times[i], h);
      } else {
        into.add(l, start, times[i], values[i]);
      }
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
      if (t == JsonToken.START_OBJECT) {
        histogram(HistogramJson.read(p));
      } else {
        values[valueCount++] = value(p, t);
      }
      t = p.nextToken();
    }
  }

  private void histogram(Histogram h) {
    if (histograms == null) {
      histograms = new Histogram[values.length];
    } else if (histograms.length < values.length) {
      histograms = Arrays.copyOf(histograms, values.length);
    }
    histograms[valueCount++] = h;
  }

  /** Parses a number, or a string that represents one. */
  static double value(JsonParser p, @Nullable JsonToken t) {
    return switch (t) {
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> p.getDoubleValue();
      case VALUE_NULL -> Samples.NORMAL_NAN;
      case VALUE_STRING -> special(p.getString());
      case null, default -> throw new Malformed("a value must be a number");
    };
  }

  private static double special(String s) {
    return switch (s) {
      case "NaN" -> Samples.NORMAL_NAN;
      case "Infinity", "Inf", "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Infinity", "-Inf" -> Double.NEGATIVE_INFINITY;
      case SampleLine.STALE -> Samples.STALE;
      default -> throw new Malformed("a value must be a number, not \"" + s + "\"");
    };
  }

  /** Reads integers to the start of an array, grown as needed, and counts them. */
  private long[] times(JsonParser p, JsonToken first, long[] into, String what) {
    if (first != JsonToken.START_ARRAY) {
      throw new Malformed("timestamps and starts must be lists");
    }
    long[] out = into;
    counted = 0;
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (p.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw new Malformed(what + " must be a whole number of milliseconds");
      }
      if (counted == out.length) {
        out = Arrays.copyOf(out, grown(counted));
      }
      out[counted++] = p.getLongValue();
    }
    return out;
  }

  private static int grown(int n) {
    if (n >= MAX_SAMPLES) {
      throw new Malformed("more than " + MAX_SAMPLES + " samples in one object");
    }
    return n * 2;
  }

  /** Counts the bytes read. */
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
