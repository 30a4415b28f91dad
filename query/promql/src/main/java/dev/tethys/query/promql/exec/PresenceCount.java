package dev.tethys.query.promql.exec;

import dev.tethys.model.storage.Selection.Groups;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts series by group and by sample positions: series scraped together usually share both, so a
 * count over all of them adds up only a few arrays. Not thread-safe.
 *
 * <p>Invariant: {@code counts} at a place belongs to the pair of {@code keys} there, a group and
 * the number of a list of places, or is 0; at most two thirds of the table are taken, of which
 * there are no more than series.
 */
final class PresenceCount {
  private final SeriesStream in;
  private final Groups groups;
  private final Map<int[], Integer> numbers = new IdentityHashMap<>();
  private final List<int[]> places = new ArrayList<>(); // by number
  private long[] keys = new long[64];
  private int[] counts = new int[64];
  private int taken;
  private int[] last = {};
  private int lastNumber = -1;

  PresenceCount(SeriesStream in, Groups groups) {
    this.in = in;
    this.groups = groups;
  }

  /** Counts a series; returns false if it must be read. */
  boolean take(int series) {
    int[] at = in.presence(series);
    if (at == null) {
      return false;
    }
    if (at != last) {
      Integer known = numbers.get(at);
      if (known == null) {
        known = places.size();
        places.add(at);
        numbers.put(at, known);
      }
      last = at;
      lastNumber = known;
    }
    add((long) groups.ofSeries()[series] << 32 | lastNumber, 1);
    return true;
  }

  private void add(long key, int n) {
    int mask = keys.length - 1;
    int i = (int) (key * 0x9E3779B97F4A7C15L >>> 40) & mask;
    while (counts[i] != 0 && keys[i] != key) {
      i = i + 1 & mask;
    }
    if (counts[i] == 0) {
      if (taken * 3 >= keys.length * 2) {
        grow();
        add(key, n);
        return;
      }
      taken++;
      keys[i] = key;
    }
    counts[i] += n;
  }

  private void grow() {
    long[] k = keys;
    int[] c = counts;
    keys = new long[k.length * 2];
    counts = new int[k.length * 2];
    taken = 0;
    for (int i = 0; i < k.length; i++) {
      if (c[i] != 0) {
        add(k[i], c[i]);
      }
    }
  }

  /** Adds the counts to the groups. */
  void addTo(Accumulator[] sums) {
    int[] all = new int[places.size()];
    for (int i = 0; i < keys.length; i++) {
      if (counts[i] != 0) {
        int number = (int) keys[i];
        sums[(int) (keys[i] >>> 32)].addPresent(places.get(number), counts[i]);
        all[number] += counts[i];
      }
    }
    for (int k = 0; k < all.length; k++) {
      in.countPresent(places.get(k), all[k]);
    }
  }
}
