package dev.tethys.pipeline.exporter.rows;

import java.util.Arrays;

/**
 * Maps the rows of a request to items. A row is usually an item. A histogram written as several
 * rows is one item, so such a request has a header with the number of rows of its items: {@code
 * 120*1 3*14} means 120 items of one row and 3 of fourteen.
 */
public final class RowIndex {
  /** Header of requests with items of several rows. */
  public static final String HEADER = "tethys-rows";

  private final int[] ends;

  private RowIndex(int[] ends) {
    this.ends = ends;
  }

  /**
   * Index of a request.
   *
   * @param header value of {@link #HEADER}; "" for one row per item
   */
  public static RowIndex of(String header, int items) {
    int[] ends = new int[items];
    Arrays.setAll(ends, i -> i + 1);
    int at = 0;
    int rows = 0;
    if (!header.isEmpty()) {
      for (String run : header.split(" ")) {
        int star = run.indexOf('*');
        int n = Integer.parseInt(run.substring(0, star));
        int each = Integer.parseInt(run.substring(star + 1));
        for (int i = 0; i < n && at < items; i++) {
          rows += each;
          ends[at++] = rows;
        }
      }
    }
    return new RowIndex(ends);
  }

  /** Number of rows. */
  public int rows() {
    return ends.length == 0 ? 0 : ends[ends.length - 1];
  }

  /** The first row of an item. */
  public int first(int item) {
    return item == 0 ? 0 : ends[item - 1];
  }

  /** Index after the last row of an item. */
  public int end(int item) {
    return ends[item];
  }

  /** The item of a row. */
  public int item(int row) {
    int i = Arrays.binarySearch(ends, row + 1);
    return i >= 0 ? i : -i - 1;
  }

  /** Writes the header. */
  public static final class Writer {
    private final StringBuilder out = new StringBuilder();
    private int run;
    private int each;
    private boolean plain = true;

    /** Adds an item with this number of rows. */
    public void item(int rows) {
      if (rows != each) {
        flush();
        each = rows;
      }
      run++;
      plain &= rows == 1;
    }

    private void flush() {
      if (run > 0) {
        out.append(out.isEmpty() ? "" : " ").append(run).append('*').append(each);
      }
      run = 0;
    }

    /** Returns the header, "" if every item has one row, and resets the index. */
    public String take() {
      flush();
      String s = plain ? "" : out.toString();
      out.setLength(0);
      each = 0;
      plain = true;
      return s;
    }
  }
}
