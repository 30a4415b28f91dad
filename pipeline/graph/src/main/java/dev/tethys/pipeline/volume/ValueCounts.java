package dev.tethys.pipeline.volume;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Items and bytes by value, in order of arrival. Most batches have few values of an attribute,
 * which are found by comparison; many are found by hash. Not thread-safe.
 */
final class ValueCounts {
  private static final int FEW = 8;

  private String[] values = new String[1];
  private long[] items = new long[1];
  private long[] bytes = new long[1];
  private int size;
  private @Nullable Map<String, Integer> index; // of many

  int size() {
    return size;
  }

  String value(int i) {
    return values[i];
  }

  long items(int i) {
    return items[i];
  }

  long bytes(int i) {
    return bytes[i];
  }

  void add(String value, long addedItems, long addedBytes) {
    int i = find(value);
    if (i < 0) {
      i = append(value);
    }
    items[i] += addedItems;
    bytes[i] += addedBytes;
  }

  /** Adds bytes to the value at a position. */
  void addBytes(int i, long added) {
    bytes[i] += added;
  }

  private int find(String value) {
    if (index != null) {
      return index.getOrDefault(value, -1);
    }
    for (int i = 0; i < size; i++) {
      if (values[i].equals(value)) {
        return i;
      }
    }
    return -1;
  }

  private int append(String value) {
    if (size == values.length) {
      int length = size * 2;
      values = Arrays.copyOf(values, length);
      items = Arrays.copyOf(items, length);
      bytes = Arrays.copyOf(bytes, length);
    }
    values[size] = value;
    if (index != null) {
      index.put(value, size);
    } else if (size == FEW) {
      index = new HashMap<>();
      for (int i = 0; i <= size; i++) {
        index.put(values[i], i);
      }
    }
    return size++;
  }
}
