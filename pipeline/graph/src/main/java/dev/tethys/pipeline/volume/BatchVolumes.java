package dev.tethys.pipeline.volume;

import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Items and bytes of one batch by the values of each attribute. Never changes once a batch has it.
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

  /** One large batch of so many is read in detail. */
  static final int SAMPLED_OF = 16;

  private final List<VolumeAttribute> attributes;
  private final boolean detailed;
  private final Map<String, long[]>[] byValue; // items, bytes
  private final List<BatchVolumes> parts; // of a joined batch, else empty
  private long items;
  private long bytes;

  @SuppressWarnings("unchecked") // arrays of generic types cannot be made otherwise
  BatchVolumes(List<VolumeAttribute> attributes, boolean detailed) {
    this.attributes = attributes;
    this.detailed = detailed;
    byValue = new Map[attributes.size()];
    parts = List.of();
  }

  @SuppressWarnings("unchecked") // as above
  private BatchVolumes(List<BatchVolumes> parts, long items, long bytes) {
    attributes = List.of();
    detailed = true;
    byValue = new Map[0];
    this.parts = parts;
    this.items = items;
    this.bytes = bytes;
  }

  /**
   * Volumes of a batch that was joined of others. Null when it costs less to read it: parts are
   * small, or the number of their items is unknown.
   *
   * @param parts volumes of its parts
   */
  static @Nullable BatchVolumes join(List<BatchVolumes> parts) {
    long items = 0;
    long bytes = 0;
    List<BatchVolumes> all = new ArrayList<>(parts.size());
    for (BatchVolumes p : parts) {
      if (p.items == 0 || p.bytes < 0) {
        return null;
      }
      items += p.items;
      bytes += p.bytes;
      if (p.parts.isEmpty()) {
        all.add(p);
      } else {
        all.addAll(p.parts);
      }
    }
    return items < (long) all.size() * MANY ? null : new BatchVolumes(all, items, bytes);
  }

  /** Adds items of a value. */
  void add(int attribute, @Nullable String value, long addedItems, long addedBytes) {
    Map<String, long[]> m = byValue[attribute];
    if (m == null) {
      m = new HashMap<>();
      byValue[attribute] = m;
    }
    long[] n = m.computeIfAbsent(value == null ? "" : value, k -> new long[2]);
    n[0] += addedItems;
    n[1] += addedBytes;
  }

  /**
   * Ends the construction. What has no value counts as "", and bytes that belong to no single item,
   * such as those of a resource, are divided by items.
   *
   * @param totalBytes -1 when they are unknown
   */
  BatchVolumes complete(long totalItems, long totalBytes) {
    items = totalItems;
    bytes = totalBytes;
    for (int i = 0; i < byValue.length; i++) {
      long counted = 0;
      for (long[] n : values(i).values()) {
        counted += n[0];
      }
      if (counted < totalItems) {
        add(i, "", totalItems - counted, 0);
      }
      if (totalBytes >= 0) {
        divide(values(i), totalItems, totalBytes);
      }
    }
    return this;
  }

  /** Divides the bytes that are missing by items; rounding goes to the last value. */
  private static void divide(Map<String, long[]> values, long items, long bytes) {
    long missing = bytes;
    for (long[] n : values.values()) {
      missing -= n[1];
    }
    if (missing <= 0 || items == 0) {
      return;
    }
    long remaining = missing;
    long[] last = null;
    for (long[] n : values.values()) {
      long part = (long) ((double) missing * n[0] / items);
      part = Math.min(part, remaining);
      n[1] += part;
      remaining -= part;
      last = n;
    }
    if (last != null) {
      last[1] += remaining;
    }
  }

  private Map<String, long[]> values(int attribute) {
    Map<String, long[]> m = byValue[attribute];
    return m == null ? Map.of() : m;
  }

  /** Adds to tables; bytes that are unknown here, or counted otherwise there, by items. */
  void addTo(TopValues[] tables, Signal signal, long passed) {
    if (parts.isEmpty()) {
      addValues(tables, signal, passed);
      return;
    }
    long remaining = passed;
    int more = parts.size();
    for (BatchVolumes p : parts) {
      long b = bytes == passed ? p.bytes : (long) ((double) passed * p.bytes / bytes);
      b = --more == 0 ? remaining : Math.min(b, remaining);
      remaining -= b;
      p.addValues(tables, signal, b);
    }
  }

  private void addValues(TopValues[] tables, Signal signal, long passed) {
    for (int i = 0; i < tables.length; i++) {
      if (!attributes.get(i).appliesTo(signal)) {
        continue;
      }
      long weight = weight(i);
      if (weight == 0) {
        continue;
      }
      TopValues to = tables[i];
      long remaining = passed;
      int more = values(i).size();
      for (Map.Entry<String, long[]> e : values(i).entrySet()) {
        long[] n = e.getValue();
        long b = bytes == passed ? n[1] : share(n, passed);
        b = --more == 0 ? remaining : Math.min(b, remaining);
        remaining -= b;
        to.add(e.getKey(), n[0] * weight, b * weight);
      }
    }
  }

  /** How often the values of an attribute count; 0 for a batch of which they are left out. */
  private long weight(int attribute) {
    VolumeAttribute a = attributes.get(attribute);
    boolean many = a.isOfItems() ? items > MANY : values(attribute).size() > MANY;
    return !many ? 1 : detailed ? SAMPLED_OF : 0;
  }

  private long share(long[] n, long passed) {
    if (bytes > 0) {
      return (long) ((double) passed * n[1] / bytes);
    }
    return items == 0 ? 0 : (long) ((double) passed * n[0] / items);
  }

  long items() {
    return items;
  }

  boolean isDetailed() {
    return detailed;
  }
}
