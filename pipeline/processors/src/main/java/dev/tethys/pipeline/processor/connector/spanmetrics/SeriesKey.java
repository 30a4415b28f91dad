package dev.tethys.pipeline.processor.connector.spanmetrics;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What tells one series of a resource from another: the texts of its dimensions in a fixed order,
 * null where there is none. One is filled again for every span to look for its series; what is kept
 * in a table is a {@linkplain #copy copy} that nobody changes.
 */
final class SeriesKey {
  /** What comes when there are too many; the hash of a key without parts is another. */
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

  /** Takes away what was added after the mark. */
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
