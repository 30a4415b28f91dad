package dev.tethys.pipeline.exporter.tables;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.series.SeriesText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * Set of series already sent to a database, so labels are sent once. Entries unused for long are
 * evicted; the series is then sent again, which costs a row and changes nothing. Thread-safe.
 *
 * <p>Keys are in arrays, because every sample looks one up and objects would cost a cache miss
 * each. New keys go to the younger of two generations; a hit in the older is copied. When the
 * younger is full it becomes the older, and the remaining entries of the previous one are evicted.
 */
public final class KnownSeries {
  /** Maximum size of both generations. */
  private static final int MAX = 500_000;

  /**
   * Hash table with linear probing; an all-zero key marks a free slot and is never a known series.
   */
  private static final class Generation {
    private long[] slots = new long[2 * 1024];
    private int size;

    /** Returns the slot of a key, or the free slot for it. */
    private int find(long high, long low) {
      int mask = slots.length / 2 - 1;
      // Keys are digests, so their bits are effectively random.
      int at = (int) low & mask;
      while ((slots[2 * at] | slots[2 * at + 1]) != 0
          && (slots[2 * at] != high || slots[2 * at + 1] != low)) {
        at = at + 1 & mask;
      }
      return 2 * at;
    }

    boolean has(long high, long low) {
      int at = find(high, low);
      return (slots[at] | slots[at + 1]) != 0;
    }

    void add(long high, long low) {
      int at = find(high, low);
      if ((high | low) == 0 || (slots[at] | slots[at + 1]) != 0) {
        return;
      }
      slots[at] = high;
      slots[at + 1] = low;
      if (++size * 4 > slots.length) {
        grow();
      }
    }

    private void grow() {
      long[] before = slots;
      slots = new long[before.length * 2];
      for (int i = 0; i < before.length; i += 2) {
        if ((before[i] | before[i + 1]) != 0) {
          int at = find(before[i], before[i + 1]);
          slots[at] = before[i];
          slots[at + 1] = before[i + 1];
        }
      }
    }
  }

  @GuardedBy("this")
  private Generation younger = new Generation();

  @GuardedBy("this")
  private Generation older = new Generation();

  @GuardedBy("this")
  private void add(long high, long low) {
    younger.add(high, low);
    if (younger.size >= MAX / 2) {
      older = younger;
      younger = new Generation();
    }
  }

  @GuardedBy("this")
  private boolean isKnown(long high, long low) {
    if (younger.has(high, low)) {
      return true;
    }
    if (older.has(high, low)) {
      add(high, low);
      return true;
    }
    return false;
  }

  /**
   * Series not yet sent to the database.
   *
   * @param table table that contains them
   */
  public synchronized List<MetricTables.Series> unknown(
      String table, Collection<MetricTables.Series> of) {
    UUID t = SeriesText.key(table);
    List<MetricTables.Series> out = new ArrayList<>();
    for (MetricTables.Series s : of) {
      if (!isKnown(high(t, s), low(t, s))) {
        out.add(s);
      }
    }
    return out;
  }

  /** Marks series as sent. */
  public synchronized void addAll(String table, Collection<MetricTables.Series> of) {
    UUID t = SeriesText.key(table);
    for (MetricTables.Series s : of) {
      add(high(t, s), low(t, s));
    }
  }

  /** Clears all series after the database was emptied or replaced. */
  public synchronized void forget() {
    younger = new Generation();
    older = new Generation();
  }

  private static long high(UUID table, MetricTables.Series s) {
    return s.key().getMostSignificantBits() ^ table.getMostSignificantBits();
  }

  private static long low(UUID table, MetricTables.Series s) {
    return s.key().getLeastSignificantBits() ^ table.getLeastSignificantBits();
  }
}
