package dev.tethys.pipeline.volume;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Rows;
import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Attributes by which batches are counted, with access to their values. */
final class VolumePlan implements Batch.Derivation<BatchVolumes> {
  private static final String[] SEVERITIES = {"trace", "debug", "info", "warn", "error", "fatal"};

  final List<VolumeAttribute> attributes;
  final int values;

  /** Keys of the attributes, in UTF-8. */
  final byte[][] keys;

  final RecentTexts texts = new RecentTexts();

  private final AtomicInteger turn = new AtomicInteger();

  /** Key of volumes of a layout that are not detailed. */
  private final Object coarse = new Object();

  VolumePlan(List<VolumeAttribute> attributes, int values) {
    this.attributes = List.copyOf(attributes);
    this.values = values;
    keys = attributes.stream().map(VolumeAttribute::keyBytes).toArray(byte[][]::new);
  }

  TopValues[] tables() {
    TopValues[] t = new TopValues[attributes.size()];
    for (int i = 0; i < t.length; i++) {
      t[i] = new TopValues(values);
    }
    return t;
  }

  /** Returns the name of a severity number: {@code error} for 17 to 20; "" for none. */
  static String severity(long number) {
    return number < 1 || number > 24 ? "" : SEVERITIES[(int) (number - 1) / 4];
  }

  private boolean isDetailed() {
    return turn.getAndIncrement() % BatchVolumes.SAMPLED_OF == 0;
  }

  /** Volumes of a batch without known attributes. */
  BatchVolumes unknown(long items, long bytes) {
    return new BatchVolumes(attributes, true).complete(items, bytes);
  }

  @Override
  public BatchVolumes ofBody(Signal signal, byte[] body) {
    try {
      return new OtlpVolumes(this, signal, isDetailed()).read(body);
    } catch (CodecException e) { // its decoder rejects it
      return unknown(0, body.length);
    }
  }

  @Override
  public BatchVolumes ofSeries(byte[] series) {
    try {
      BatchVolumes v = new SeriesVolumes(this, isDetailed()).read(series);
      // a small batch is read whole; its size is known only now
      return v.isDetailed() || v.items() > BatchVolumes.MANY
          ? v
          : new SeriesVolumes(this, true).read(series);
    } catch (CodecException e) {
      return unknown(0, series.length);
    }
  }

  @Override
  public BatchVolumes ofRows(Rows rows) {
    boolean detailed = rows.layout().size() <= BatchVolumes.MANY || isDetailed();
    return rows.layout()
        .kept(detailed ? this : coarse, () -> new SeriesVolumes(this, detailed).read(rows));
  }

  @Override
  public @Nullable BatchVolumes ofParts(List<BatchVolumes> parts) {
    return BatchVolumes.join(parts);
  }

  @Override
  public BatchVolumes ofTree(Telemetry<?> tree, long[] sizes) {
    boolean detailed = isDetailed();
    BatchVolumes out = new BatchVolumes(attributes, detailed);
    boolean each = detailed || tree.itemCount() <= BatchVolumes.MANY;
    long items = 0;
    long bytes = 0;
    int at = 0;
    for (ResourceGroup<?> r : tree.resources()) {
      int n = r.itemCount();
      items += n;
      long size = sizes[at++];
      bytes += size;
      for (int i = 0; i < attributes.size(); i++) {
        VolumeAttribute a = attributes.get(i);
        if (a.source() == VolumeAttribute.Source.RESOURCE) {
          out.add(i, text(r.resource().attributes(), a.key()), n, size);
        } else if (each || !a.isOfItems()) {
          items(out, i, a, r, tree instanceof LogsData, n == 0 ? 0 : size / n);
        }
      }
    }
    return out.complete(items, bytes);
  }

  /**
   * Counts items in a resource group.
   *
   * @param each bytes of an item, on average
   */
  private static void items(
      BatchVolumes out, int i, VolumeAttribute a, ResourceGroup<?> r, boolean logs, long each) {
    if (a.source() == VolumeAttribute.Source.SEVERITY && !logs) {
      return;
    }
    for (ScopeGroup<?> s : r.scopes()) {
      for (Object item : s.items()) {
        switch (item) {
          case LogRecord l when a.source() == VolumeAttribute.Source.SEVERITY ->
              out.add(i, severity(l.severityNumber()), 1, each);
          case LogRecord l when a.source() == VolumeAttribute.Source.ITEM ->
              out.add(i, text(l.attributes(), a.key()), 1, each);
          case Span x when a.source() == VolumeAttribute.Source.ITEM ->
              out.add(i, text(x.attributes(), a.key()), 1, each);
          case Metric m when a.source() == VolumeAttribute.Source.METRIC ->
              out.add(i, m.name(), m.itemCount(), each * m.itemCount());
          case Metric m when a.source() == VolumeAttribute.Source.ITEM && m.data() != null -> {
            for (DataPoint p : m.data().points()) {
              out.add(i, text(p.attributes(), a.key()), 1, each);
            }
          }
          default -> {
            // has no such attribute
          }
        }
      }
    }
  }

  private static @Nullable String text(Attributes a, String key) {
    Object v = a.get(key);
    return v == null ? null : v.toString();
  }

  static String utf8(byte[] b, int from, int length) {
    return new String(b, from, length, StandardCharsets.UTF_8);
  }
}
