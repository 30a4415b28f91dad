package dev.tethys.pipeline.exporter.messages;

import dev.tethys.codec.influx.InfluxSeries;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples as lines of a message: InfluxDB's line protocol, or objects {@code
 * {"name":"up","labels":{"job":"node"},"timestamp":1700000000000,"value":1}} with non-finite values
 * as text.
 */
final class MessageRows implements RowWriter {
  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);
  private static final byte[] VALUE = ",\"value\":".getBytes(StandardCharsets.UTF_8);

  private final boolean influx;
  private final int maxRow;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer making = new TextBuffer();
  private byte[] before = {};

  /**
   * @param maxBytes maximum message size; a row is at most half of it
   */
  MessageRows(MessageEncoding encoding, int maxBytes) {
    this.influx = encoding == MessageEncoding.INFLUX;
    this.maxRow = maxBytes / 2;
  }

  @Override
  public @Nullable String series(Labels labels) {
    if (influx) {
      InfluxSeries.key(labels, false, making);
    } else {
      making.put("{\"name\":").json(labels.metricName()).put(",\"labels\":{");
      int none = making.size();
      labels.forEachBytes(
          (b, nameAt, nameLength, valueAt, valueLength) -> {
            if (!Arrays.equals(b, nameAt, nameAt + nameLength, NAME, 0, NAME.length)) {
              if (making.size() > none) {
                making.put(',');
              }
              making.json(b, nameAt, nameLength).put(':').json(b, valueAt, valueLength);
            }
          });
      making.put("},\"timestamp\":");
    }
    before = making.take();
    return before.length + 100 > maxRow ? "message_too_large" : null;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    out.put(before);
    if (influx) {
      InfluxSeries.sample(value, time, out);
      return null;
    }
    out.number(time).put(VALUE);
    if (Double.isFinite(value)) {
      out.number(value);
    } else {
      out.json(NonFiniteText.text(value));
    }
    out.put('}').put('\n');
    return null;
  }

  @Override
  public int size() {
    return out.size();
  }

  @Override
  public byte[] take() {
    return out.take();
  }
}
