package dev.tethys.pipeline.exporter.opentsdb;

import dev.tethys.codec.opentsdb.TsdbSeries;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes one line per point: JSON objects, or telnet put commands. */
final class TsdbWriter implements RowWriter {
  /** The longest line that the telnet protocol takes. */
  private static final int MAX_LINE = 1024;

  private final OpenTsdbSettings settings;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer making = new TextBuffer();
  private TsdbSeries.Key key = new TsdbSeries.Key("", Map.of());
  private byte[] before = {};
  private byte[] behind = {};
  private byte @Nullable [] beforeNotFinite;

  TsdbWriter(OpenTsdbSettings settings) {
    this.settings = settings;
  }

  @Override
  public @Nullable String series(Labels labels) {
    key = TsdbSeries.key(labels, settings.tags(), settings.maxTags());
    beforeNotFinite = null;
    if (key.isTooLong()) {
      return "name_too_long";
    }
    before = before(key.metric());
    if (settings.telnet()) {
      key.tags().forEach((k, v) -> making.put(' ').put(k).put('=').put(v));
      making.put('\n');
    } else {
      making.put(",\"tags\":{");
      String comma = "\"";
      for (Map.Entry<String, String> t : key.tags().entrySet()) {
        // None of the escaped characters needs a JSON escape.
        making.put(comma).put(t.getKey()).put("\":\"").put(t.getValue()).put('"');
        comma = ",\"";
      }
      making.put("}}\n");
    }
    behind = making.take();
    return null;
  }

  private byte[] before(String metric) {
    if (settings.telnet()) {
      making.put("put ").put(metric).put(' ');
    } else {
      making.put("{\"metric\":\"").put(metric).put("\",\"timestamp\":");
    }
    return making.take();
  }

  @Override
  public @Nullable String sample(long time, double value) {
    if (time < TsdbSeries.MIN_TIME || time > TsdbSeries.MAX_TIME) {
      return "time_out_of_range";
    }
    int start = out.size();
    if (Double.isFinite(value)) {
      out.put(before);
    } else if (settings.notFinite()) {
      byte[] b = beforeNotFinite;
      if (b == null) {
        b = before(key.notFinite());
        beforeNotFinite = b;
      }
      out.put(b);
    } else {
      return "not_finite";
    }
    out.number(time).put(settings.telnet() ? " " : ",\"value\":");
    TsdbSeries.value(Double.isFinite(value) ? value : NonFiniteText.mark(value), out);
    out.put(behind);
    if (settings.telnet() && out.size() - start > MAX_LINE) {
      out.truncate(start);
      return "line_too_long";
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
