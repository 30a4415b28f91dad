package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.codec.graphite.GraphiteSeries;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.exporter.client.BoundedMetricNames;
import dev.tethys.pipeline.exporter.rows.RowWriter;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lines {@code path value timestamp}, one per sample. */
final class CarbonWriter implements RowWriter {
  /** The longest line that carbon reads; it closes the connection at a longer one. */
  private static final int MAX_LINE = 16_384;

  /** The longest node that can be the name of a file, with the ending of whisper's. */
  private static final int MAX_NODE = 251;

  /** Times that whisper keeps, in seconds; −1 would be now. */
  private static final long MAX_SECONDS = 0xffff_ffffL;

  private static final String NOT_FINITE = ".notfinite";

  private final CarbonSettings settings;
  private final BoundedMetricNames names;
  private final Set<String> named;
  private final int maxLine;
  private final TextBuffer out = new TextBuffer();
  private final TextBuffer making = new TextBuffer();
  private String path = "";
  private String tags = "";
  private byte[] before = {};

  /**
   * @param names bounds the names built from labels
   */
  CarbonWriter(CarbonSettings settings, BoundedMetricNames names) {
    this.settings = settings;
    this.names = names;
    this.named = new HashSet<>(settings.path().labels());
    this.maxLine =
        settings.endpoint().isPacked()
            ? Math.min(MAX_LINE, settings.endpoint().maxDatagram())
            : MAX_LINE;
  }

  @Override
  public @Nullable String series(Labels labels) {
    BoundedMetricNames.BoundedName place = names.of(labels.get(Labels.METRIC_NAME), labels::get);
    StringBuilder p = new StringBuilder(place.name());
    StringBuilder t = new StringBuilder();
    for (Labels.Label l : labels.toList()) {
      boolean isThere = place.isOwn() || l.name().equals(Labels.METRIC_NAME);
      if (isThere && named.contains(l.name())) {
        continue;
      }
      if (settings.tags()) {
        t.append(GraphiteSeries.tag(l));
      } else {
        p.append('.').append(GraphiteSeries.node(l.name()));
        p.append('.').append(GraphiteSeries.node(l.value()));
      }
    }
    path = p.toString();
    tags = t.toString();
    // With tags the name of the file is a hash.
    if (tags.isEmpty() && isTooLong(path)) {
      return "node_too_long";
    }
    before = making.put(path).put(tags).put(' ').take();
    return null;
  }

  private static boolean isTooLong(String path) {
    int from = 0;
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
      if (dot - from > MAX_NODE) {
        return true;
      }
      from = dot + 1;
    }
    return path.length() - from > MAX_NODE;
  }

  @Override
  public @Nullable String sample(long time, double value) {
    long seconds = Math.floorDiv(time, 1000L);
    if (seconds < 0 || seconds > MAX_SECONDS) {
      return "time_out_of_range";
    }
    int start = out.size();
    if (Double.isFinite(value)) {
      out.put(before).number(value);
    } else if (settings.notFinite()) {
      out.put(path).put(NOT_FINITE).put(tags).put(' ').number((long) NonFiniteText.mark(value));
    } else {
      return "not_finite";
    }
    out.put(' ').number(seconds).put('\n');
    if (out.size() - start > maxLine) {
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
