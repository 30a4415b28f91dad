package dev.tethys.codec.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/**
 * Remote-write requests in protobuf's JSON mapping, the form that {@code
 * kafka.producer.encoding=json} writes to a topic: {@code
 * {"timeseries":[{"labels":[{"name":…,"value":…}],"samples":[{"value":1.5,"timestamp":"1700000000000"}]}]}}.
 * 64-bit integers, NaN and infinities are strings; zeros may be absent.
 */
public final class SeriesJson {
  private static final String WHAT = "remote write JSON";

  private SeriesJson() {}

  /** A request as protobuf, with its number of samples. */
  public record Request(WriteRequestWriter body, int samples) {}

  /**
   * Reads a request.
   *
   * @param refusals receives the series that are not of this format; the others are read
   * @throws CodecException if the input is not JSON or not a list of series
   */
  public static Request read(byte[] buf, int offset, int length, RejectedItems refusals) {
    return ClymeneJson.read(
        buf,
        offset,
        length,
        WHAT,
        p -> {
          p.nextToken();
          ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": an object");
          WriteRequestWriter out = new WriteRequestWriter();
          int samples = 0;
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean series = p.currentName().equals("timeseries");
            p.nextToken();
            if (!series) {
              p.skipChildren();
              continue;
            }
            ClymeneJson.expect(p, JsonToken.START_ARRAY, WHAT + ": a list of timeseries");
            TokenStreamContext list = p.streamReadContext();
            for (int n = 1; p.nextToken() != JsonToken.END_ARRAY; n++) {
              try {
                samples += series(p, out);
              } catch (CodecException e) {
                refusals.add(n, "series " + n, String.valueOf(e.getMessage()));
                ClymeneJson.leave(p, list);
              }
              if (p.currentToken() == null) {
                throw new CodecException(WHAT + ": the text ends within a list");
              }
            }
          }
          if (p.nextToken() != null) {
            throw new CodecException(WHAT + ": unexpected data after the end of the document");
          }
          return new Request(out, samples);
        });
  }

  private static int series(JsonParser p, WriteRequestWriter out) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": a series");
    LabelsBuilder labels = new LabelsBuilder();
    Samples samples = new Samples();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case "labels" -> {
          ClymeneJson.expect(p, JsonToken.START_ARRAY, WHAT + ": a list of labels");
          while (p.nextToken() != JsonToken.END_ARRAY) {
            label(p, labels);
          }
        }
        case "samples" -> {
          ClymeneJson.expect(p, JsonToken.START_ARRAY, WHAT + ": a list of samples");
          while (p.nextToken() != JsonToken.END_ARRAY) {
            sample(p, samples);
          }
        }
        default -> p.skipChildren();
      }
    }
    if (samples.size > 0) {
      out.beginSeries(labels.build());
      for (int i = 0; i < samples.size; i++) {
        out.sample(samples.times[i], samples.values[i]);
      }
      out.endSeries();
    }
    return samples.size;
  }

  private static void label(JsonParser p, LabelsBuilder labels) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": a label");
    String name = "";
    String value = "";
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      switch (key) {
        case "name" -> name = ClymeneJson.text(p, WHAT + ": a label's name");
        case "value" -> value = ClymeneJson.text(p, WHAT + ": a label's value");
        default -> p.skipChildren();
      }
    }
    if (name.isEmpty()) {
      throw new CodecException(WHAT + ": a label has no name");
    }
    labels.set(name, value);
  }

  private static void sample(JsonParser p, Samples samples) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": a sample");
    long time = 0;
    double value = 0;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      switch (key) {
        case "timestamp" -> time = ClymeneJson.integer(p, WHAT + ": a timestamp");
        case "value" -> value = ClymeneJson.number(p, WHAT + ": a value");
        default -> p.skipChildren();
      }
    }
    samples.add(time, value);
  }

  /** Samples of a series, until its labels are also known. */
  private static final class Samples {
    long[] times = new long[4];
    double[] values = new double[4];
    int size;

    void add(long time, double value) {
      if (size == times.length) {
        times = java.util.Arrays.copyOf(times, size * 2);
        values = java.util.Arrays.copyOf(values, size * 2);
      }
      times[size] = time;
      values[size++] = value;
    }
  }

  /**
   * Writes a remote write 1.0 request (protobuf, not compressed). Histograms, exemplars and
   * metadata have no place in the format.
   *
   * @return the JSON, with counts of contained and omitted samples and other items
   */
  public static EncodedSeries write(byte[] request, int offset, int length) {
    int[] counts = new int[4];
    byte[] json =
        ClymeneJson.write(
            g -> {
              g.writeStartObject();
              g.writeArrayPropertyStart("timeseries");
              WriteRequestReader in = new WriteRequestReader().reset(request, offset, length);
              while (in.nextSeries()) {
                write(g, in, counts);
              }
              while (in.nextMetadata()) {
                counts[METADATA]++;
              }
              g.writeEndArray();
              g.writeEndObject();
            });
    return new EncodedSeries(
        json, counts[SAMPLES], counts[LEFT_OUT], counts[EXEMPLARS], counts[METADATA]);
  }

  /**
   * One encoded series, with counts of the items written and omitted.
   *
   * @param leftOut number of samples not written: histograms, and floats that the format cannot
   *     hold
   * @param exemplars number of exemplars not written
   * @param metadata number of families whose metadata is not written
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record EncodedSeries(byte[] json, int samples, int leftOut, int exemplars, int metadata) {}

  private static final int SAMPLES = 0;
  private static final int LEFT_OUT = 1;
  private static final int EXEMPLARS = 2;
  private static final int METADATA = 3;

  private static void write(JsonGenerator g, WriteRequestReader in, int[] counts) {
    Labels labels = in.labels();
    g.writeStartObject();
    g.writeArrayPropertyStart("labels");
    for (Labels.Label l : labels.toList()) {
      g.writeStartObject();
      g.writeStringProperty("name", l.name());
      g.writeStringProperty("value", l.value());
      g.writeEndObject();
    }
    g.writeEndArray();
    g.writeArrayPropertyStart("samples");
    for (SeriesEvent e; (e = in.next()) != SeriesEvent.END; ) {
      if (e == SeriesEvent.SAMPLE) {
        g.writeStartObject();
        double v = in.value();
        if (Double.isNaN(v)) {
          g.writeStringProperty("value", "NaN");
        } else if (Double.isInfinite(v)) {
          g.writeStringProperty("value", v > 0 ? "Infinity" : "-Infinity");
        } else {
          g.writeNumberProperty("value", v);
        }
        g.writeStringProperty("timestamp", Long.toString(in.timestamp()));
        g.writeEndObject();
        counts[SAMPLES]++;
      } else {
        counts[e == SeriesEvent.HISTOGRAM ? LEFT_OUT : EXEMPLARS]++;
      }
    }
    g.writeEndArray();
    g.writeEndObject();
  }
}
