package dev.tethys.pipeline.destination.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.destination.rows.RowWriter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Two lines a sample: what is to be done, and the document. */
final class SampleWriter implements RowWriter {
  private final IndexName index;
  private final boolean clymene;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer one = new TextBuffer();
  private String id = "";
  private byte[] action = {};
  private byte[] document = {};

  SampleWriter(IndexName index, boolean clymene) {
    this.index = index;
    this.clymene = clymene;
  }

  @Override
  public @Nullable String series(Labels labels) {
    String name = index.of(labels::get);
    if (clymene) {
      id = SampleDocuments.seriesId(labels);
      one.put("{\"index\":{\"_index\":").json(name).put(",\"_id\":\"");
      action = one.take();
      for (Labels.Label l : labels.toList()) {
        // Clymene lets such labels overwrite the sample.
        if (!l.name().equals("value") && !l.name().equals("timestamp")) {
          one.json(l.name()).put(':').json(l.value()).put(',');
        }
      }
      document = one.take();
      return null;
    }
    id = SampleDocuments.seriesId(labels);
    one.put("{\"create\":{\"_index\":").json(name).put(",\"_id\":\"");
    action = one.take();
    SampleDocuments.series(labels, id, one);
    document = one.take();
    return null;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    if (clymene) {
      if (!Double.isFinite(value)) {
        return "not_finite";
      }
      out.put(action).put(SampleDocuments.id(id, time)).put("\"}}\n");
      out.put('{').put(document).put("\"value\":").number(value);
      out.put(",\"timestamp\":\"").put(Instant.ofEpochMilli(time).toString()).put("\"}\n");
      return null;
    }
    out.put(action).put(SampleDocuments.id(id, time)).put("\"}}\n");
    SampleDocuments.sample(document, time, value, out);
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
