package dev.tethys.codec.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/**
 * Samples as flat JSON objects, the form that {@code kafka.producer.flatten-for-druid} writes to a
 * topic and that Elasticsearch receives. Every label is a field, next to {@code "value"} and {@code
 * "timestamp"} (RFC 3339). Clymene writes them without separators; Tethys writes one per line,
 * which every reader of the old form accepts.
 *
 * <p>NaN and infinities are not valid JSON numbers: their samples are omitted and counted. A label
 * named like one of the two fields is written with the prefix {@code exported_}; in Clymene it
 * replaced the field.
 */
public final class FlatRows {
  private static final String WHAT = "flat rows";
  private static final String VALUE = "value";
  private static final String TIMESTAMP = "timestamp";

  private FlatRows() {}

  /** Rows of a remote write 1.0 request (protobuf, not compressed). */
  public static SeriesJson.EncodedSeries write(byte[] request, int offset, int length) {
    TextBuffer out = new TextBuffer();
    TextBuffer making = new TextBuffer();
    int written = 0;
    int leftOut = 0;
    int exemplars = 0;
    int metadata = 0;
    WriteRequestReader in = new WriteRequestReader().reset(request, offset, length);
    while (in.nextSeries()) {
      byte[] labels = null;
      for (SeriesEvent e; (e = in.next()) != SeriesEvent.END; ) {
        if (e == SeriesEvent.SAMPLE && Double.isFinite(in.value())) {
          if (labels == null) {
            labels = labels(in.labels(), making);
          }
          row(out, labels, in.timestamp(), in.value());
          written++;
        } else if (e == SeriesEvent.SAMPLE || e == SeriesEvent.HISTOGRAM) {
          leftOut++;
        } else {
          exemplars++;
        }
      }
    }
    while (in.nextMetadata()) {
      metadata++;
    }
    return new SeriesJson.EncodedSeries(out.take(), written, leftOut, exemplars, metadata);
  }

  /**
   * Renders the start of each row of a series: a property per label, and the name of the time
   * field.
   */
  private static byte[] labels(Labels labels, TextBuffer to) {
    to.put('{');
    labels.forEachBytes(
        (b, nameAt, nameLength, valueAt, valueLength) -> {
          if (isTaken(b, nameAt, nameLength)) {
            String name = new String(b, nameAt, nameLength, StandardCharsets.UTF_8);
            to.json(FieldNames.of(name, FieldNames.OF_SAMPLES, n -> !labels.get(n).isEmpty()));
          } else {
            to.json(b, nameAt, nameLength);
          }
          to.put(':').json(b, valueAt, valueLength).put(',');
        });
    return to.json(TIMESTAMP).put(":\"").take();
  }

  private static boolean isTaken(byte[] b, int at, int length) {
    if (length != VALUE.length() && length != TIMESTAMP.length()) {
      return false;
    }
    return FieldNames.OF_SAMPLES.contains(new String(b, at, length, StandardCharsets.UTF_8));
  }

  private static void row(TextBuffer out, byte[] labels, long time, double value) {
    out.put(labels).put(Instant.ofEpochMilli(time).toString());
    out.put("\",\"value\":").number(value).put("}\n");
  }

  /**
   * Reads rows, with or without separators between them.
   *
   * @param refusals receives the rows that are not of this format; the others are read
   * @throws CodecException if the input is not JSON
   */
  public static SeriesJson.Request read(
      byte[] buf, int offset, int length, RejectedItems refusals) {
    return ClymeneJson.read(
        buf,
        offset,
        length,
        WHAT,
        p -> {
          WriteRequestWriter out = new WriteRequestWriter();
          int rows = 0;
          TokenStreamContext document = p.streamReadContext();
          for (int n = 1; p.nextToken() != null; n++) {
            try {
              row(p, out);
              rows++;
            } catch (CodecException e) {
              refusals.add(n, "row " + n, String.valueOf(e.getMessage()));
              ClymeneJson.leave(p, document);
            }
          }
          return new SeriesJson.Request(out, rows);
        });
  }

  private static void row(JsonParser p, WriteRequestWriter out) {
    ClymeneJson.expect(p, JsonToken.START_OBJECT, WHAT + ": an object");
    LabelsBuilder labels = new LabelsBuilder();
    double value = Double.NaN;
    boolean valued = false;
    long time = 0;
    boolean timed = false;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      switch (name) {
        case VALUE -> {
          value = ClymeneJson.number(p, WHAT + ": value");
          valued = true;
        }
        case TIMESTAMP -> {
          time = time(p);
          timed = true;
        }
        default -> labels.set(name, ClymeneJson.text(p, WHAT + ": label " + name));
      }
    }
    if (!valued || !timed) {
      throw new CodecException(WHAT + ": a row has no " + (valued ? TIMESTAMP : VALUE));
    }
    out.beginSeries(labels.build()).sample(time, value).endSeries();
  }

  private static long time(JsonParser p) {
    if (p.currentToken() == JsonToken.VALUE_NUMBER_INT) {
      return ClymeneJson.integer(p, WHAT + ": timestamp");
    }
    String s = ClymeneJson.text(p, WHAT + ": timestamp");
    try {
      return OffsetDateTime.parse(s).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new CodecException(WHAT + ": timestamp is not a time: " + s);
    }
  }
}
