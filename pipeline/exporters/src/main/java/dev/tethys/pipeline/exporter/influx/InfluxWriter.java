package dev.tethys.pipeline.exporter.influx;

import dev.tethys.codec.influx.InfluxSeries;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Lines of line protocol: one per sample. */
final class InfluxWriter implements RowWriter {
  private final boolean withName;
  private final Map<String, String> defaultTags;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer key = new TextBuffer();
  private byte[] prefix = {};

  InfluxWriter(boolean withName, Map<String, String> defaultTags) {
    this.withName = withName;
    this.defaultTags = defaultTags;
  }

  @Override
  public @Nullable String series(Labels given) {
    Labels labels = given;
    if (!defaultTags.isEmpty()) {
      LabelsBuilder b = given.toBuilder();
      defaultTags.forEach(
          (k, v) -> {
            if (!given.has(k)) {
              b.set(k, v);
            }
          });
      labels = b.build();
    }
    InfluxSeries.key(labels, withName, key);
    prefix = key.take();
    return prefix.length > InfluxSeries.MAX_KEY ? "series_key_too_long" : null;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    InfluxSeries.sample(value, time, out.put(prefix));
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
