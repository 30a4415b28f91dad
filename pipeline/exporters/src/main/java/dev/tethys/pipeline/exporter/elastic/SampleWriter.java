package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.clymene.FieldNames;
import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes two lines per sample: the action and the document. */
final class SampleWriter implements RowWriter {
  private final Function<UnaryOperator<String>, String> index;
  private final boolean clymene;
  private final @Nullable TimeSeriesMode mode;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer one = new TextBuffer();
  private String id = "";
  private byte[] action = {};
  private byte[] document = {};
  private String field = SampleDocuments.VALUE;

  /**
   * @param index names an index by labels
   * @param mode form of samples in time series data streams; null for plain ones
   */
  SampleWriter(
      Function<UnaryOperator<String>, String> index,
      boolean clymene,
      @Nullable TimeSeriesMode mode) {
    this.index = index;
    this.clymene = clymene;
    this.mode = mode;
  }

  @Override
  public @Nullable String series(Labels labels) {
    String name = index.apply(labels::get);
    if (clymene) {
      id = SampleDocuments.seriesId(labels);
      one.put("{\"index\":{\"_index\":").json(name).put(",\"_id\":\"");
      action = one.take();
      for (Labels.Label l : labels.toList()) {
        String field =
            FieldNames.of(l.name(), FieldNames.OF_SAMPLES, n -> !labels.get(n).isEmpty());
        one.json(field).put(':').json(l.value()).put(',');
      }
      document = one.take();
      return null;
    }
    id = SampleDocuments.seriesId(labels);
    one.put("{\"create\":{\"_index\":").json(name);
    if (mode == null) {
      one.put(",\"_id\":\"");
    } else {
      field = mode.field(labels);
    }
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
      out.put('{').put(document).put("\"value\":").decimal(value);
      out.put(",\"timestamp\":\"").put(Instant.ofEpochMilli(time).toString()).put("\"}\n");
      return null;
    }
    out.put(action);
    if (mode == null) {
      out.put(SampleDocuments.id(id, time)).put('"'); // otherwise Elasticsearch generates ids
    }
    out.put("}}\n");
    SampleDocuments.sample(document, time, field, value, out);
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
