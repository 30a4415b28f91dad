package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** Snapshot of the head's series. Thread-safe. */
final class HeadSelection implements SourceSelection {
  private final FoundSeries found;
  private final int @Nullable [] places; // in found; null when all of it are chosen
  private final int[] slots; // by labels
  private final Stripe.@Nullable View[] rows; // by stripe
  private final long rowsFrom; // rows and in-order histograms before this time are in blocks
  private final Map<Integer, SideSeries> sideSeries; // by slot; only some series have any

  /** Data of a series apart from its rows. */
  record SideSeries(
      @Nullable StartTimes starts,
      HistogramLog.@Nullable View histograms,
      @Nullable SampleBuffer late) {}

  /** Selects those of the found series that have samples in the views. */
  HeadSelection(
      FoundSeries found,
      Stripe.@Nullable View[] rows,
      long rowsFrom,
      Map<Integer, SideSeries> sideSeries) {
    this.rows = rows;
    this.rowsFrom = rowsFrom;
    this.sideSeries = sideSeries;
    this.found = found;
    int[] all = found.slots();
    int n = 0;
    for (int slot : all) {
      n += has(slot) ? 1 : 0;
    }
    if (n == all.length) {
      slots = all;
      places = null;
      return;
    }
    slots = new int[n];
    places = new int[n];
    n = 0;
    for (int i = 0; i < all.length; i++) {
      if (has(all[i])) {
        slots[n] = all[i];
        places[n++] = i;
      }
    }
  }

  private boolean has(int slot) {
    Stripe.View v = rows[slot >>> 6];
    return v != null && v.has(slot & 63) || !sideSeries.isEmpty() && sideSeries.containsKey(slot);
  }

  @Override
  public int size() {
    return slots.length;
  }

  @Override
  public Labels labels(int i) {
    return found.labels(place(i));
  }

  @Override
  public Selection.Groups groups(byte[][] sortedNames, boolean keep) {
    return found.groups(places, sortedNames, keep);
  }

  /** Holds neither samples nor the data that views see. */
  @Override
  public List<Labels> labels() {
    return new SomeLabels(found, places);
  }

  /** Written one by one: a response of many series buffers none of them. */
  private static final class SomeLabels extends AbstractList<Labels> implements RandomAccess {
    private final FoundSeries found;
    private final int @Nullable [] places;

    SomeLabels(FoundSeries found, int @Nullable [] places) {
      this.found = found;
      this.places = places;
    }

    @Override
    public Labels get(int i) {
      return found.labels(places == null ? i : places[i]);
    }

    @Override
    public int size() {
      return places == null ? found.size() : places.length;
    }
  }

  private int place(int i) {
    return places == null ? i : places[i];
  }

  @Override
  public void adopt(int i, Labels same) {
    found.adopt(place(i), same);
  }

  private @Nullable SideSeries sideSeries(int i) {
    return sideSeries.isEmpty() ? null : sideSeries.get(slots[i]);
  }

  /** Returns the late samples of a series; null if it has none. */
  @Nullable SampleBuffer late(int i) {
    SideSeries b = sideSeries(i);
    return b == null ? null : b.late;
  }

  @Override
  public void read(int i, long minTime, long maxTime, SampleBuffer into) {
    SideSeries s = sideSeries(i);
    if (s == null || s.histograms == null && s.late == null) {
      floats(slots[i], s, minTime, maxTime, into);
      return;
    }
    SampleBuffer merged = new SampleBuffer();
    floats(slots[i], s, minTime, maxTime, merged);
    if (s.histograms != null) {
      SampleBuffer h = new SampleBuffer();
      s.histograms.read(Math.max(minTime, rowsFrom), maxTime, h);
      h.mayBeStale = true;
      SampleBuffer both = new SampleBuffer();
      Merge.merge(merged, h, both);
      merged = both;
    }
    if (s.late != null) {
      SampleBuffer l = new SampleBuffer();
      for (int j = 0; j < s.late.size; j++) {
        long t = s.late.timestamps[j];
        if (t >= minTime && t <= maxTime) {
          l.add(s.late, j);
        }
      }
      l.mayBeStale = true;
      Merge.merge(merged, l, into);
    } else {
      Merge.append(merged, into);
    }
  }

  @Override
  public boolean readsBehind(int i) {
    return sideSeries(i) == null;
  }

  @Override
  public void readTimes(int i, long minTime, long maxTime, SampleBuffer into) {
    Stripe.View v = rows[slots[i] >>> 6];
    if (v == null || sideSeries(i) != null) {
      read(i, minTime, maxTime, into);
    } else {
      v.readTimes(slots[i] & 63, Math.max(minTime, rowsFrom), maxTime, into);
    }
  }

  /** Series of one stripe that are in the same rows share their timestamps. */
  @Override
  public long timesKey(int i) {
    int stripe = slots[i] >>> 6;
    Stripe.View v = rows[stripe];
    int sameRows = v == null || sideSeries(i) != null ? 0 : v.timesClass(slots[i] & 63);
    return sameRows == 0 ? 0 : stripe + 1L << 32 | sameRows;
  }

  private void floats(
      int slot, @Nullable SideSeries s, long minTime, long maxTime, SampleBuffer into) {
    Stripe.View v = rows[slot >>> 6];
    if (v != null) {
      v.read(slot & 63, Math.max(minTime, rowsFrom), maxTime, into);
    }
    if (s != null && s.starts != null) {
      s.starts.fill(into);
    }
  }

  @Override
  public void close() {}
}
