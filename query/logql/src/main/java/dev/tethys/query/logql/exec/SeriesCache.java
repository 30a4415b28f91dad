package dev.tethys.query.logql.exec;

import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowBatch.Slice;
import java.util.Arrays;
import java.util.List;

/**
 * Series of recent rows by their stream and their values of some names of metadata. Rows of one
 * level and stream are frequent; their series is found without filling a row of the pipeline. A
 * place holds the newest row that belongs there. For one thread.
 */
final class SeriesCache {
  /** Most names for which looking up is cheaper than reading the row. */
  static final int MAX_NAMES = 4;

  private static final int PLACES = 512;
  private static final int MAX_LENGTH = 32; // longer values are not frequent
  private static final int ABSENT = -1;

  private final String[] names;
  private final Slice slice = new Slice();

  // the row that was looked up: values of all names, and their lengths
  private final byte[] found;
  private final int[] lengths;
  private int place;
  private boolean isKept;

  // the same for each place
  private final byte[][] values = new byte[PLACES][];
  private final int[] streams = new int[PLACES];
  private final int[][] valueLengths = new int[PLACES][];
  private final int[] series = new int[PLACES];

  SeriesCache(List<String> names) {
    this.names = names.toArray(String[]::new);
    found = new byte[this.names.length * MAX_LENGTH];
    lengths = new int[this.names.length];
  }

  /** Series of a row, or -1; then {@link #put} follows once it is known. */
  int find(LogRowBatch batch, int row) {
    int stream = batch.stream(row);
    long h = stream + 1;
    int size = 0;
    for (int i = 0; i < names.length; i++) {
      int n = ABSENT;
      if (batch.metadata(row, names[i], slice)) {
        n = slice.length;
        if (n > MAX_LENGTH) {
          isKept = false;
          return -1;
        }
        for (int p = 0; p < n; p++) {
          byte b = slice.bytes[slice.offset + p];
          found[size++] = b;
          h = h * 31 + b;
        }
      }
      lengths[i] = n;
      h = h * 31 + n;
    }
    isKept = true;
    place = (int) (h * 0x9E3779B97F4A7C15L >>> 40) & PLACES - 1;
    byte[] known = values[place];
    boolean same =
        known != null
            && streams[place] == stream
            && Arrays.equals(valueLengths[place], lengths)
            && Arrays.equals(known, 0, known.length, found, 0, size);
    if (same) {
      return series[place];
    }
    streams[place] = stream;
    values[place] = Arrays.copyOf(found, size);
    valueLengths[place] = lengths.clone();
    series[place] = -1;
    return -1;
  }

  /** Notes the series of the row that was not found. */
  void put(int of) {
    if (isKept) {
      series[place] = of;
    }
  }
}
