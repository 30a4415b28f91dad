package dev.tethys.query.logql.exec;

import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogRowBatch;
import java.util.Arrays;
import java.util.List;

/**
 * Series of recent rows by their stream and their values of some names of metadata. Rows of one
 * level and stream are frequent; their series is found without filling a row of the pipeline. A
 * place holds the newest row that belongs there. Not thread-safe.
 */
final class SeriesCache {
  /** Maximum number of names for which looking up is cheaper than reading the row. */
  static final int MAX_NAMES = 4;

  private static final int PLACES = 512;
  private static final int MAX_LENGTH = 32; // longer values are not frequent
  private static final int ABSENT = -1;

  private final String[] names;

  // the row that was looked up: values of all names, and their lengths
  private final CopyBuffer found = new CopyBuffer();
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
    lengths = new int[this.names.length];
  }

  /** Series of a row, or -1; then {@link #put} follows once it is known. */
  int find(LogRowBatch batch, int row) {
    int stream = batch.stream(row);
    long h = stream + 1;
    found.clear();
    for (int i = 0; i < names.length; i++) {
      int n = ABSENT;
      int from = found.size;
      if (batch.metadata(row, names[i], found)) {
        n = found.size - from;
        if (n > MAX_LENGTH) {
          isKept = false;
          return -1;
        }
        for (int p = from; p < found.size; p++) {
          h = h * 31 + found.bytes[p];
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
            && Arrays.equals(known, 0, known.length, found.bytes, 0, found.size);
    if (same) {
      return series[place];
    }
    streams[place] = stream;
    values[place] = Arrays.copyOf(found.bytes, found.size);
    valueLengths[place] = lengths.clone();
    series[place] = -1;
    return -1;
  }

  /** Records the series of the row that was not found. */
  void put(int of) {
    if (isKept) {
      series[place] = of;
    }
  }
}
