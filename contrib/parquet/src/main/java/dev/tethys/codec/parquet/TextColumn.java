package dev.tethys.codec.parquet;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * UTF-8 text. With a dictionary each text is stored once and values are indexes into it, until it
 * is too large: then values are written directly.
 */
public final class TextColumn extends ParquetColumn {
  /** A dictionary with more bytes is not written. */
  private static final int MAX_DICTIONARY = 1 << 20;

  /** Longer strings bound nothing: a footer is to stay small. */
  private static final int MAX_BOUND = 64;

  private final boolean shared;
  private final Map<String, Integer> places = new HashMap<>();
  private final List<byte[]> texts = new ArrayList<>();
  private int[] held = new int[256];
  private long textBytes;

  TextColumn(List<String> path, boolean optional, boolean repeated, boolean shared) {
    super(path, optional, repeated);
    this.shared = shared;
  }

  @Override
  int type() {
    return 6;
  }

  public void add(String v) {
    add(v, 0);
  }

  void add(String v, int repetitionLevel) {
    int n = values();
    if (n == held.length) {
      held = Arrays.copyOf(held, 2 * n);
    }
    Integer known = shared ? places.get(v) : null;
    if (known == null) {
      known = texts.size();
      byte[] b = v.getBytes(StandardCharsets.UTF_8);
      texts.add(b);
      textBytes += b.length;
      if (shared) {
        places.put(v, known);
      }
    }
    held[n] = known;
    present(repetitionLevel);
  }

  /** Adds a null. */
  public void addNull() {
    absent();
  }

  private static void plain(byte[] b, ByteArrayOutputStream out) {
    int32(b.length, out);
    out.writeBytes(b);
  }

  private boolean isDictionary() {
    return shared && values() > 0 && textBytes + 4L * texts.size() <= MAX_DICTIONARY;
  }

  @Override
  byte @Nullable [] dictionary() {
    if (!isDictionary()) {
      return null;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    texts.forEach(t -> plain(t, out));
    return out.toByteArray();
  }

  @Override
  int dictionarySize() {
    return texts.size();
  }

  @Override
  void write(int firstValue, int endValue, ByteArrayOutputStream out) {
    if (isDictionary()) {
      int width = HybridRuns.width(texts.size() - 1);
      out.write(width);
      HybridRuns.write(held, firstValue, endValue, width, out);
      return;
    }
    for (int i = firstValue; i < endValue; i++) {
      plain(texts.get(held[i]), out);
    }
  }

  @Override
  @Nullable Bounds bounds() {
    byte[] least = null;
    byte[] greatest = null;
    for (byte[] t : shared ? texts : List.<byte[]>of()) {
      least = least == null || Arrays.compareUnsigned(t, least) < 0 ? t : least;
      greatest = greatest == null || Arrays.compareUnsigned(t, greatest) > 0 ? t : greatest;
    }
    return least == null
            || greatest == null
            || least.length > MAX_BOUND
            || greatest.length > MAX_BOUND
        ? null
        : new Bounds(least, greatest);
  }

  @Override
  long size() {
    return textBytes + 4L * values() + 40L * texts.size();
  }

  @Override
  void clear() {
    super.clear();
    places.clear();
    texts.clear();
    textBytes = 0;
  }
}
