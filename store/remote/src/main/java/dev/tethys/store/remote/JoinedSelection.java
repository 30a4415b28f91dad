package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Merged results of the embedded store and others. Series of equal labels are one series; for equal
 * times the embedded store's sample is kept, then that of the first named store.
 */
final class JoinedSelection implements Selection {
  /**
   * Merged series: its index in the embedded store, -1 for none, and the series of other stores.
   */
  private record Joined(Labels labels, int local, List<StoredSeries> others) {}

  private final Selection local;
  private final List<Joined> series;
  private final List<String> warnings;

  /** Two lists as one, of which the first may grow. */
  private static final class Both extends AbstractList<String> {
    private final List<String> first;
    private final List<String> second;

    Both(List<String> first, List<String> second) {
      this.first = first;
      this.second = second;
    }

    @Override
    public String get(int i) {
      return i < second.size() ? second.get(i) : first.get(i - second.size());
    }

    @Override
    public int size() {
      return first.size() + second.size();
    }
  }

  private record Cursor(List<StoredSeries> of, int at, int store) {
    Labels labels() {
      return of.get(at).labels;
    }
  }

  /**
   * @param others results of each other store, sorted by labels
   * @param warnings warnings of the other stores
   */
  JoinedSelection(Selection local, List<List<StoredSeries>> others, List<String> warnings) {
    this.local = local;
    this.warnings = new Both(local.warnings(), warnings);
    this.series = joined(local, others);
  }

  private static List<Joined> joined(Selection local, List<List<StoredSeries>> others) {
    PriorityQueue<Cursor> next =
        new PriorityQueue<>(
            (a, b) -> {
              int c = a.labels().compareTo(b.labels());
              return c != 0 ? c : Integer.compare(a.store, b.store);
            });
    for (int i = 0; i < others.size(); i++) {
      if (!others.get(i).isEmpty()) {
        next.add(new Cursor(others.get(i), 0, i));
      }
    }
    List<Joined> out = new ArrayList<>();
    int l = 0;
    while (l < local.size() || !next.isEmpty()) {
      Labels mine = l < local.size() ? local.labels(l) : null;
      Cursor first = next.peek();
      int order = mine == null ? 1 : first == null ? -1 : mine.compareTo(first.labels());
      if (order < 0 && mine != null) {
        out.add(new Joined(mine, l++, List.of()));
        continue;
      }
      Labels labels =
          order == 0 && mine != null ? mine : first == null ? Labels.EMPTY : first.labels();
      List<StoredSeries> same = new ArrayList<>();
      while (!next.isEmpty() && next.peek().labels().equals(labels)) {
        Cursor c = next.remove();
        same.add(c.of.get(c.at));
        if (c.at + 1 < c.of.size()) {
          next.add(new Cursor(c.of, c.at + 1, c.store));
        }
      }
      out.add(new Joined(labels, order == 0 ? l++ : -1, same));
    }
    return out;
  }

  @Override
  public int size() {
    return series.size();
  }

  @Override
  public Labels labels(int i) {
    return series.get(i).labels;
  }

  @Override
  public void read(int i, SampleBuffer into) {
    Joined j = series.get(i);
    if (j.local >= 0) {
      local.read(j.local, into);
    } else {
      into.clear();
    }
    for (StoredSeries s : j.others) {
      if (s.size() > 0) {
        add(s, into);
      }
    }
  }

  private static void add(StoredSeries s, SampleBuffer into) {
    if (into.size == 0) {
      into.clear();
      for (int i = 0; i < s.size(); i++) {
        s.copy(i, into, true);
      }
      return;
    }
    SampleBuffer before = new SampleBuffer();
    for (int i = 0; i < into.size; i++) {
      before.add(into, i);
    }
    boolean stale = into.mayBeStale;
    into.clear();
    into.mayBeStale = stale;
    int b = 0;
    int i = 0;
    while (b < before.size || i < s.size()) {
      if (i == s.size() || b < before.size && before.timestamps[b] <= s.time(i)) {
        if (i < s.size() && before.timestamps[b] == s.time(i)) {
          i++;
        }
        into.add(before, b++);
      } else {
        s.copy(i++, into, false);
      }
    }
  }

  @Override
  public long timesIdIfNeverStale(int i) {
    Joined j = series.get(i);
    return j.local >= 0 && j.others.isEmpty() ? local.timesIdIfNeverStale(j.local) : 0;
  }

  @Override
  public void readTimes(int i, SampleBuffer into) {
    Joined j = series.get(i);
    if (j.local >= 0 && j.others.isEmpty()) {
      local.readTimes(j.local, into);
    } else {
      read(i, into);
    }
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public List<Long> resolutions() {
    return local.resolutions();
  }

  @Override
  public void close() {
    local.close();
  }
}
