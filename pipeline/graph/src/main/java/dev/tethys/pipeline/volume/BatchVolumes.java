package dev.tethys.pipeline.volume;

import dev.tethys.pipeline.Signal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Items and bytes of one batch by the values of each attribute. Immutable once per batch has it.
 *
 * <p>Of large batches only one in {@link #SAMPLED_OF} is {@code detailed}: only it has the values
 * of attributes of items, and only its attributes with many values are counted, with that weight.
 * The cost of an item is thus bounded, also where each item has a different value.
 *
 * <p>Invariants after {@link #complete}: the items of an attribute are those of the batch; its
 * bytes are {@code bytes}, or unknown where {@code bytes} is -1.
 */
final class BatchVolumes {
  /** Items of a large batch, and values of an attribute with many in a batch. */
  static final int MANY = 64;

  /** One of this many large batches is read in detail. */
  static final int SAMPLED_OF = 16;

  private final List<VolumeAttribute> attributes;
  private final boolean detailed;
  private final @Nullable ValueCounts[] byValue;
  private final boolean[]
      scaled; // attributes of a merged batch whose parts had weights; otherwise empty
  private final int parts;
  private long items;
  private long bytes;

  BatchVolumes(List<VolumeAttribute> attributes, boolean detailed) {
    this.attributes = attributes;
    this.detailed = detailed;
    byValue = new ValueCounts[attributes.size()];
    scaled = new boolean[0];
    parts = 1;
  }

  private BatchVolumes(List<VolumeAttribute> attributes, int parts) {
    this.attributes = attributes;
    detailed = true;
    byValue = new ValueCounts[attributes.size()];
    scaled = new boolean[attributes.size()];
    this.parts = parts;
  }

  /**
   * Merges the volumes of batches. Null if reading it costs less: parts are small, or their number
   * of items is unknown.
   *
   * @param parts volumes of its parts
   */
  static @Nullable BatchVolumes join(List<BatchVolumes> parts) {
    long items = 0;
    long bytes = 0;
    int leaves = 0;
    for (BatchVolumes p : parts) {
      if (p.items == 0 || p.bytes < 0) {
        return null;
      }
      items += p.items;
      bytes += p.bytes;
      leaves += p.parts;
    }
    if (parts.isEmpty() || items < (long) leaves * MANY) {
      return null;
    }
    BatchVolumes out = new BatchVolumes(parts.getFirst().attributes, leaves);
    parts.forEach(out::merge);
    out.items = items;
    out.bytes = bytes;
    return out;
  }

  private void merge(BatchVolumes part) {
    for (int i = 0; i < byValue.length; i++) {
      long weight = part.weight(i);
      scaled[i] |= weight != 1 || part.isScaled(i);
      ValueCounts v = part.byValue[i];
      for (int k = 0; v != null && weight > 0 && k < v.size(); k++) {
        add(i, v.value(k), v.items(k) * weight, v.bytes(k) * weight);
      }
    }
  }

  /** Whether the counts of an attribute are of some parts only, in place of all. */
  private boolean isScaled(int attribute) {
    return scaled.length > 0 && scaled[attribute];
  }

  /** Adds items of a value. */
  void add(int attribute, @Nullable String value, long addedItems, long addedBytes) {
    ValueCounts v = byValue[attribute];
    if (v == null) {
      v = new ValueCounts();
      byValue[attribute] = v;
    }
    v.add(value == null ? "" : value, addedItems, addedBytes);
  }

  /**
   * Completes the construction. Items without a value count as "", and bytes that belong to no
   * single item, such as those of a resource, are divided by items.
   *
   * @param totalBytes -1 if unknown
   */
  BatchVolumes complete(long totalItems, long totalBytes) {
    items = totalItems;
    bytes = totalBytes;
    for (int i = 0; i < byValue.length; i++) {
      ValueCounts v = byValue[i];
      long counted = 0;
      for (int k = 0; v != null && k < v.size(); k++) {
        counted += v.items(k);
      }
      if (counted < totalItems) {
        add(i, "", totalItems - counted, 0);
      }
      v = byValue[i];
      if (totalBytes >= 0 && v != null) {
        divide(v, totalItems, totalBytes);
      }
    }
    return this;
  }

  /** Divides missing bytes by items; the rounding remainder goes to the last value. */
  private static void divide(ValueCounts values, long items, long bytes) {
    long missing = bytes;
    for (int k = 0; k < values.size(); k++) {
      missing -= values.bytes(k);
    }
    if (missing <= 0 || items == 0) {
      return;
    }
    long remaining = missing;
    for (int k = 0; k < values.size(); k++) {
      long part = (long) ((double) missing * values.items(k) / items);
      part = k == values.size() - 1 ? remaining : Math.min(part, remaining);
      values.addBytes(k, part);
      remaining -= part;
    }
  }

  /** Adds to tables; bytes that are unknown here, or counted otherwise there, by items. */
  void addTo(TopValues[] tables, Signal signal, long passed) {
    for (int i = 0; i < tables.length; i++) {
      ValueCounts v = byValue[i];
      long weight = v == null || !attributes.get(i).appliesTo(signal) ? 0 : weight(i);
      if (v == null || weight == 0) {
        continue;
      }
      TopValues to = tables[i];
      boolean whole = !isScaled(i);
      long remaining = passed;
      for (int k = 0; k < v.size(); k++) {
        long b = bytes == passed ? v.bytes(k) : share(v, k, passed);
        if (whole) { // the values add up to the batch; the last one gets the rounding remainder
          b = k == v.size() - 1 ? remaining : Math.min(b, remaining);
          remaining -= b;
        }
        to.add(v.value(k), v.items(k) * weight, b * weight);
      }
    }
  }

  /** Returns the weight of an attribute's values; 0 if the batch omits them. */
  private long weight(int attribute) {
    if (scaled.length > 0) {
      return 1; // those of the parts are in the counts
    }
    VolumeAttribute a = attributes.get(attribute);
    ValueCounts v = byValue[attribute];
    boolean many = a.isOfItems() ? items > MANY : v != null && v.size() > MANY;
    return !many ? 1 : detailed ? SAMPLED_OF : 0;
  }

  private long share(ValueCounts v, int k, long passed) {
    if (bytes > 0) {
      return (long) ((double) passed * v.bytes(k) / bytes);
    }
    return items == 0 ? 0 : (long) ((double) passed * v.items(k) / items);
  }

  long items() {
    return items;
  }

  boolean isDetailed() {
    return detailed;
  }
}
