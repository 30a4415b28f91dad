package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import dev.tethys.pipeline.naming.BoundedNames;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Samples as metric events, one per line (docs.splunk.com, "Format events for HTTP Event
 * Collector", "Get metrics in from other sources"): {@code
 * {"time":1.000,"event":"metric","host":…,"fields":{"metric_name:up":1,"job":…}}}. The label {@code
 * instance}, or {@code host}, is the host as well.
 */
final class SplunkEvents implements RowWriter {
  /** Fields with a meaning in Splunk's metrics index. */
  private static final Set<String> RESERVED = Set.of("metric_type", "metric_timestamp");

  /** Reason of events that exceed the size limit. */
  static final String TOO_LARGE = "event_too_large";

  /** Most that time and value take. */
  private static final int AROUND = 64;

  private final byte[] common;
  private final long maxEvent;
  private final BoundedNames indices;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer one = new TextBuffer();
  private byte[] before = {};
  private byte[] after = {};

  SplunkEvents(SplunkSettings s, BoundedNames indices) {
    this.indices = indices;
    maxEvent = s.contrib().maxEvent();
    common = common(s.source(), s.sourceType());
  }

  /** Returns the common fields of all events after the time, without the index. */
  static byte[] common(String source, String sourceType) {
    TextBuffer b = new TextBuffer();
    for (List<String> pair :
        List.of(List.of("source", source), List.of("sourcetype", sourceType))) {
      if (!pair.get(1).isEmpty()) {
        b.put(',').json(pair.get(0)).put(':').json(pair.get(1));
      }
    }
    return b.take();
  }

  /** Writes the index of an event. */
  static void index(String name, TextBuffer to) {
    if (!name.isEmpty()) {
      to.put(",\"index\":").json(name);
    }
  }

  /** Seconds with three decimals. */
  static void time(long millis, TextBuffer to) {
    to.put("{\"time\":").number(Math.floorDiv(millis, 1000L)).put('.');
    int rest = (int) Math.floorMod(millis, 1000L);
    to.put('0' + rest / 100).put('0' + rest / 10 % 10).put('0' + rest % 10);
  }

  @Override
  public @Nullable String series(Labels labels) {
    for (Labels.Label l : labels.toList()) {
      // Splunk would take these for its own, or for a second measurement.
      if (RESERVED.contains(l.name()) || l.name().startsWith("metric_name:")) {
        return "reserved_field";
      }
    }
    one.put(common);
    index(indices.of(labels::get), one);
    String host = labels.get(labels.has("host") ? "host" : "instance");
    if (!host.isEmpty()) {
      one.put(",\"host\":").json(host);
    }
    one.put(",\"event\":\"metric\",\"fields\":{").json("metric_name:" + labels.metricName());
    one.put(':');
    before = one.take();
    for (Labels.Label l : labels.toList()) {
      if (!l.name().equals(Labels.METRIC_NAME)) {
        one.put(',').json(l.name()).put(':').json(l.value());
      }
    }
    after = one.put("}}\n").take();
    return before.length + after.length + AROUND > maxEvent ? TOO_LARGE : null;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    if (!Double.isFinite(value)) {
      return "not_finite";
    }
    time(time, out);
    out.put(before).number(value).put(after);
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
