package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.pipeline.processor.KeptBytes;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Key of a series within a resource: the dimension values in a fixed order, null for absent ones.
 * One mutable key is reused for lookups; tables hold immutable {@linkplain #copy copies}.
 */
final class SeriesKey {
  /** Key of the overflow series; a key without parts has another hash. */
  static final SeriesKey OVERFLOW = new SeriesKey(0);

  private @Nullable String[] parts;
  private int size;
  private int hash;
  private int marked;
  private int markedHash;

  SeriesKey() {
    this(16);
  }

  private SeriesKey(int room) {
    parts = new @Nullable String[room];
  }

  /** Returns the memory used by a series with this key. */
  long bytes() {
    KeptBytes kept = new KeptBytes();
    for (int i = 0; i < size; i++) {
      kept.text(parts[i]);
    }
    return kept.bytes() + SeriesMemory.LABEL_BYTES * size;
  }

  void clear() {
    size = 0;
    hash = 1;
  }

  void add(@Nullable String part) {
    if (size == parts.length) {
      parts = Arrays.copyOf(parts, Math.max(16, 2 * size));
    }
    parts[size++] = part;
    hash = 31 * hash + Objects.hashCode(part);
  }

  /** Remembers how far it is filled. */
  void mark() {
    marked = size;
    markedHash = hash;
  }

  /** Removes the parts added after the mark. */
  void backToMark() {
    size = marked;
    hash = markedHash;
  }

  SeriesKey copy() {
    SeriesKey c = new SeriesKey(0);
    c.parts = Arrays.copyOf(parts, size);
    c.size = size;
    c.hash = hash;
    return c;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof SeriesKey k
        && k.size == size
        && k.hash == hash
        && Arrays.equals(parts, 0, size, k.parts, 0, size);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
