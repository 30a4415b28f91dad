package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.codec.tdengine.TdJson;
import dev.tethys.codec.tdengine.TdLines;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import org.jspecify.annotations.Nullable;

/** Samples, a line each: of InfluxDB's protocol, or a piece of an INSERT statement. */
final class TdengineWriter implements RowWriter {
  private final TdengineSettings settings;
  private final String name;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer key = new TextBuffer();
  private byte[] prefix = {};

  /**
   * @param name super table name as a SQL identifier
   */
  TdengineWriter(TdengineSettings settings, String name) {
    this.settings = settings;
    this.name = name;
  }

  @Override
  public @Nullable String series(Labels labels) {
    String problem = settings.sql() ? TdJson.key(labels, name, key) : TdLines.key(labels, key);
    prefix = key.take();
    return problem;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    out.put(prefix);
    if (settings.sql()) {
      TdJson.sample(value, time, out);
    } else {
      TdLines.sample(value, time, out);
    }
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
