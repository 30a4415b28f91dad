package dev.tethys.pipeline.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Point at which volumes are counted by attribute. Thread-safe. */
public final class VolumePoint {
  /** Kind of measuring point. */
  public enum Kind {
    /** Output of a receiver into the graph. */
    IN,

    /** An edge between components. */
    EDGE,

    /** An edge to an exporter. */
    OUT
  }

  /**
   * Volumes of an attribute at a point of the graph.
   *
   * @param distinct estimated number of different values
   */
  public record Table(List<TopValues.Row> rows, long distinct, long otherItems, long otherBytes) {}

  private final Volumes owner;
  private final Kind kind;
  private final String id;
  private final String component;
  private final String pipeline;
  private final Signal signal;
  private final AtomicLong items = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private volatile boolean estimated;

  @GuardedBy("this")
  private @Nullable VolumePlan plan;

  @GuardedBy("this")
  private TopValues[] tables = {};

  @GuardedBy("this")
  private long planItems; // since the attributes are counted

  @GuardedBy("this")
  private long planBytes; // the same

  VolumePoint(
      Volumes owner, Kind kind, String id, String component, String pipeline, Signal signal) {
    this.owner = owner;
    this.kind = kind;
    this.id = id;
    this.component = component;
    this.pipeline = pipeline;
    this.signal = signal;
  }

  /**
   * Whether batches are counted with exact sizes: those of receivers and exporters, which are
   * compared. Between components some items of a batch suffice.
   */
  public boolean isExact() {
    return kind != Kind.EDGE && owner.plan() != null;
  }

  /** Counts a batch that passes. */
  public void pass(Batch batch, long passedBytes) {
    VolumePlan p = owner.plan();
    if (p == null) {
      return;
    }
    items.addAndGet(batch.items());
    bytes.addAndGet(passedBytes);
    if (passedBytes > 0 && !batch.isSizeExact()) {
      estimated = true;
    }
    BatchVolumes v = batch.derived(p);
    if (v == null || v.items() == 0 && batch.items() > 0) { // taken, or not readable
      v = p.unknown(batch.items(), -1);
    }
    synchronized (this) {
      if (plan != p) {
        plan = p;
        tables = p.tables();
        planItems = 0;
        planBytes = 0;
      }
      planItems += batch.items();
      planBytes += passedBytes;
      v.addTo(tables, signal, passedBytes);
    }
  }

  public Kind kind() {
    return kind;
  }

  /** Returns the ID; for an edge, as in the status of the graph. */
  public String id() {
    return id;
  }

  /** Returns the receiver of an entry, the exporter of an exit, or the target of an edge. */
  public String component() {
    return component;
  }

  /** Returns the pipeline of an edge; "" for an entry. */
  public String pipeline() {
    return pipeline;
  }

  public Signal signal() {
    return signal;
  }

  /** Items since startup. */
  public long items() {
    return items.get();
  }

  /**
   * Whether the sum of bytes contains estimates: between components those of edited batches,
   * elsewhere those of profiles without an OTLP message.
   */
  public boolean isEstimated() {
    return estimated;
  }

  /** Bytes since startup. */
  public long bytes() {
    return bytes.get();
  }

  /**
   * Volumes by an attribute, which add up to those of the point; if only some batches were read for
   * it, they are scaled. Null if it is not counted here.
   */
  public synchronized @Nullable Table by(String attribute) {
    Table t = counted(attribute);
    if (t == null) {
      return null;
    }
    long items = t.otherItems();
    long bytes = t.otherBytes();
    for (TopValues.Row r : t.rows()) {
      items += r.items();
      bytes += r.bytes();
    }
    if (items == planItems && bytes == planBytes || items == 0) {
      return t;
    }
    double ofItems = (double) planItems / items;
    double ofBytes = bytes == 0 ? 0 : (double) planBytes / bytes;
    long otherItems = planItems;
    long otherBytes = planBytes;
    List<TopValues.Row> rows = new ArrayList<>(t.rows().size());
    for (TopValues.Row r : t.rows()) {
      TopValues.Row scaled =
          new TopValues.Row(
              r.value(),
              (long) (r.items() * ofItems),
              (long) (r.bytes() * ofBytes),
              (long) Math.ceil(r.missed() * ofBytes));
      otherItems -= scaled.items();
      otherBytes -= scaled.bytes();
      rows.add(scaled);
    }
    // The rounding remainder goes to the first row if all values are kept.
    if (t.otherItems() == 0 && !rows.isEmpty()) {
      TopValues.Row f = rows.getFirst();
      rows.set(
          0,
          new TopValues.Row(f.value(), f.items() + otherItems, f.bytes() + otherBytes, f.missed()));
      return new Table(rows, t.distinct(), 0, 0);
    }
    return new Table(rows, t.distinct(), Math.max(0, otherItems), Math.max(0, otherBytes));
  }

  /** Counts by an attribute, which never decrease, even if they are estimates. */
  synchronized @Nullable Table counted(String attribute) {
    VolumePlan p = plan;
    if (p == null) {
      return null;
    }
    for (int i = 0; i < tables.length; i++) {
      VolumeAttribute a = p.attributes.get(i);
      if (a.name().equals(attribute) && a.appliesTo(signal)) {
        TopValues t = tables[i];
        return new Table(t.rows(), t.distinct(), t.otherItems(), t.otherBytes());
      }
    }
    return null;
  }
}
