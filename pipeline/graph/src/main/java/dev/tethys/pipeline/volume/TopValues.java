package dev.tethys.pipeline.volume;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Items and bytes by value for the values with the most bytes (space-saving, Metwally and others,
 * 2005). Not thread-safe.
 *
 * <p>Invariants: at most {@code capacity} values are kept; the counts of kept values plus those of
 * the others are the totals exactly, because an evicted value adds its counts to the others. A
 * value with more than 1/capacity of all bytes is always kept.
 */
public final class TopValues {
  /** Maximum length of a stored value; longer ones are truncated. */
  public static final int MAX_LENGTH = 200;

  /**
   * Counts for a value.
   *
   * @param missed maximum bytes counted among the others before it was kept
   */
  public record Row(String value, long items, long bytes, long missed) {}

  private static final class Slot {
    final String value;
    long items;
    long bytes;
    final long missed;

    Slot(String value, long missed) {
      this.value = value;
      this.missed = missed;
    }

    /** Returns an upper bound on the bytes of the value. */
    long most() {
      return bytes + missed;
    }
  }

  private final int capacity;
  private final Map<String, Slot> slots = new HashMap<>();
  private final DistinctCount distinct = new DistinctCount();
  private long otherItems;
  private long otherBytes;

  public TopValues(int capacity) {
    this.capacity = capacity;
  }

  /** Counts items of a value. */
  public void add(String value, long items, long bytes) {
    Slot s = slots.get(value);
    if (s == null) {
      s = slot(value);
    }
    s.items += items;
    s.bytes += bytes;
  }

  private Slot slot(String value) {
    String kept = value.length() <= MAX_LENGTH ? value : value.substring(0, MAX_LENGTH);
    distinct.add(value);
    Slot same = slots.get(kept);
    if (same != null) {
      return same;
    }
    long missed = 0;
    if (slots.size() >= capacity) {
      Slot least = null;
      for (Slot s : slots.values()) {
        if (least == null || s.most() < least.most()) {
          least = s;
        }
      }
      if (least != null) {
        slots.remove(least.value);
        otherItems += least.items;
        otherBytes += least.bytes;
        missed = least.most();
      }
    }
    Slot s = new Slot(kept, missed);
    slots.put(kept, s);
    return s;
  }

  /** Returns the kept values, largest bytes first. */
  public List<Row> rows() {
    List<Row> out = new ArrayList<>(slots.size());
    for (Slot s : slots.values()) {
      out.add(new Row(s.value, s.items, s.bytes, s.missed));
    }
    out.sort(Comparator.comparingLong(Row::bytes).reversed().thenComparing(Row::value));
    return out;
  }

  /** Items of the values that are not kept. */
  public long otherItems() {
    return otherItems;
  }

  /** Bytes of the values that are not kept. */
  public long otherBytes() {
    return otherBytes;
  }

  /** Returns the estimated number of different values. */
  public long distinct() {
    return distinct.estimate();
  }
}
