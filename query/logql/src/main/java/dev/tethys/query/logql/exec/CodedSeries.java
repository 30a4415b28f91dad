package dev.tethys.query.logql.exec;

import dev.tethys.model.logs.LogRowBatch;
import java.util.Arrays;
import java.util.List;

/**
 * Series by stream and metadata value codes, in a table with a slot for each combination. For one
 * segment and one thread.
 */
final class CodedSeries {
  private static final long MAX_PLACES = 1 << 16;

  private final String[] names;
  private final int streams;
  private int[]
      sizes = {}; // number of values of each name and of none; empty before the first rows
  private int[] series = {}; // by place, -1 before it is known
  private boolean usable = true;
  private int[] places = {}; // by row
  private int[] codes = {};

  /**
   * @param streams number of streams
   */
  CodedSeries(List<String> names, int streams) {
    this.names = names.toArray(String[]::new);
    this.streams = streams;
  }

  /** Reads the numbers of a batch; returns false if not all values have numbers, or too many. */
  boolean read(LogRowBatch batch) {
    if (!usable || series.length == 0 && !begin(batch)) {
      usable = false;
      return false;
    }
    int n = batch.size();
    if (places.length < n) {
      places = new int[n];
      codes = new int[n];
    }
    batch.streams(places);
    for (int k = 0; k < names.length; k++) {
      batch.codes(names[k], codes);
      int size = sizes[k];
      for (int i = 0; i < n; i++) {
        places[i] = places[i] * size + codes[i] + 1;
      }
    }
    return true;
  }

  private boolean begin(LogRowBatch batch) {
    long all = Math.max(1, streams);
    sizes = new int[names.length];
    for (int k = 0; k < names.length; k++) {
      int values = batch.codedValues(names[k]);
      if (values < 0) {
        return false;
      }
      sizes[k] = values + 1;
      all *= sizes[k];
      if (all > MAX_PLACES) {
        return false;
      }
    }
    series = new int[(int) all];
    Arrays.fill(series, -1);
    return true;
  }

  /** Returns the series of a row in the batch, or -1 if unknown. */
  int series(int row) {
    return series[places[row]];
  }

  /** Records the series of a row. */
  void put(int row, int of) {
    series[places[row]] = of;
  }
}
