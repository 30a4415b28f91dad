package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Log rows in columns: numbers in arrays, bodies and structured metadata in one byte buffer. Bodies
 * are any bytes. Meant for reuse; Not thread-safe.
 */
public final class LogBatch {
  /** Streams of the batch. Each is listed once. */
  public final List<Labels> streams = new ArrayList<>();

  /** Number of rows. */
  public int rows;

  /** Unix times in nanoseconds. */
  public long[] times = new long[64];

  /** Index of a row's stream in {@link #streams}. */
  public int[] rowStreams = new int[64];

  /** Offset of a row's body in {@link #bytes}. */
  public int[] bodyStarts = new int[64];

  /** Length of a row's body. */
  public int[] bodyLengths = new int[64];

  /** First metadata pair of a row; its pairs end where those of the next row begin. */
  public int[] pairStarts = new int[65];

  /** Number of metadata pairs of all rows. */
  public int pairs;

  /** Names of metadata. Each is listed once. */
  public final List<String> names = new ArrayList<>();

  /** Index of a pair's name in {@link #names}. */
  public int[] pairNames = new int[64];

  /** Offset of a pair's value in {@link #bytes}. */
  public int[] valueStarts = new int[64];

  /** Length of a pair's value. */
  public int[] valueLengths = new int[64];

  /** Bodies and metadata values. */
  public byte[] bytes = new byte[4096];

  /** Used bytes of {@link #bytes}. */
  public int size;

  /** Names up to which a list is searched as quickly as a map. */
  private static final int FEW_NAMES = 16;

  /** Size in bytes from which growth is charged to {@link RequestMemory}. */
  private static final int CHARGED = 64 << 10;

  private final Map<String, Integer> nameIndexes = new HashMap<>(); // of more than a few names
  private int[] lastPairs = new int[16]; // newest pair of a name

  /** Removes all rows, streams and names, and keeps the memory. */
  public LogBatch clear() {
    streams.clear();
    names.clear();
    nameIndexes.clear();
    rows = 0;
    pairs = 0;
    size = 0;
    pairStarts[0] = 0;
    return this;
  }

  /** Bytes of the bodies and of the values of metadata of each stream. */
  public long[] streamSizes() {
    long[] sizes = new long[streams.size()];
    for (int row = 0; row < rows; row++) {
      long size = bodyLengths[row];
      for (int p = pairStarts[row]; p < pairStarts[row + 1]; p++) {
        size += valueLengths[p];
      }
      sizes[rowStreams[row]] += size;
    }
    return sizes;
  }

  /** Adds a stream and returns its index. */
  public int stream(Labels labels) {
    streams.add(labels);
    return streams.size() - 1;
  }

  /** Index of a name of metadata, which is added if it is new. */
  public int name(String name) {
    if (names.size() <= FEW_NAMES) {
      int i = names.indexOf(name);
      return i >= 0 ? i : addName(name);
    }
    if (nameIndexes.isEmpty()) {
      for (int i = 0; i < names.size(); i++) {
        nameIndexes.put(names.get(i), i);
      }
    }
    Integer known = nameIndexes.get(name);
    if (known == null) {
      known = addName(name);
      nameIndexes.put(name, known);
    }
    return known;
  }

  private int addName(String name) {
    names.add(name);
    return names.size() - 1;
  }

  /** Adds a row; its metadata follows by {@link #metadata}. */
  public void add(long time, int stream, byte[] body, int offset, int length) {
    if (rows == times.length) {
      int n = rows * 2;
      times = Arrays.copyOf(times, n);
      rowStreams = Arrays.copyOf(rowStreams, n);
      bodyStarts = Arrays.copyOf(bodyStarts, n);
      bodyLengths = Arrays.copyOf(bodyLengths, n);
      pairStarts = Arrays.copyOf(pairStarts, n + 1);
    }
    times[rows] = time;
    rowStreams[rows] = stream;
    bodyStarts[rows] = put(body, offset, length);
    bodyLengths[rows] = length;
    rows++;
    pairStarts[rows] = pairs;
  }

  /** Adds a pair of metadata to the last row. A name occurs once in a row. */
  public void metadata(int name, byte[] value, int offset, int length) {
    if (pairs == pairNames.length) {
      int n = pairs * 2;
      pairNames = Arrays.copyOf(pairNames, n);
      valueStarts = Arrays.copyOf(valueStarts, n);
      valueLengths = Arrays.copyOf(valueLengths, n);
    }
    pairNames[pairs] = name;
    valueStarts[pairs] = put(value, offset, length);
    valueLengths[pairs] = length;
    if (name >= lastPairs.length) {
      lastPairs = Arrays.copyOf(lastPairs, Math.max(name + 1, lastPairs.length * 2));
    }
    lastPairs[name] = pairs;
    pairs++;
    pairStarts[rows] = pairs;
  }

  /** Adds a pair of metadata to the last row, or replaces the one that has its name. */
  public void setMetadata(int name, byte[] value, int offset, int length) {
    int p = name < lastPairs.length ? lastPairs[name] : -1;
    // Entries of rows that were removed again are recognised by their place or name.
    if (p >= pairStarts[rows - 1] && p < pairs && pairNames[p] == name) {
      valueStarts[p] = put(value, offset, length);
      valueLengths[p] = length;
    } else {
      metadata(name, value, offset, length);
    }
  }

  private int put(byte[] from, int offset, int length) {
    int at = size;
    if (bytes.length - at < length) {
      int capacity = Math.max(Math.addExact(at, length), bytes.length * 2);
      if (capacity >= CHARGED) {
        RequestMemory.charge(capacity - (long) bytes.length);
      }
      bytes = Arrays.copyOf(bytes, capacity);
    }
    System.arraycopy(from, offset, bytes, at, length);
    size = at + length;
    return at;
  }
}
