package dev.tethys.collect.scrape;

import java.util.Arrays;

/**
 * A number by slot. Series that come in one page for the first time mostly get numbers that follow
 * each other, also when several targets come at once: a thousand series are one to ten runs. So
 * runs are what is kept, and numbers one by one only while they are too many.
 *
 * <p>Invariant: while {@link #each} is null, the number of a slot is that of the last run which
 * does not begin behind it, and of as many more as the slot stands behind that. Slots without a
 * number have any. For one thread.
 */
final class SlotNumbers {
  private static final int[] NONE = {};

  private int[] starts = NONE; // slots
  private int[] firsts = NONE; // their numbers
  private int runs;
  private int run; // where the last look was
  private int next; // slots from here on have no number yet
  private int[] each = NONE;
  private boolean oneByOne;
  private boolean changed; // since it was tried to keep runs

  int get(int slot) {
    return oneByOne ? each[slot] : inRun(slot);
  }

  private int inRun(int slot) {
    if (runs == 0) {
      return 0;
    }
    int r = run;
    if (slot < starts[r] || (r + 1 < runs && slot >= starts[r + 1])) {
      int found = Arrays.binarySearch(starts, 0, runs, slot);
      r = Math.max(0, found >= 0 ? found : -found - 2);
      run = r;
    }
    return firsts[r] + (slot - starts[r]);
  }

  /**
   * Gives a slot its number.
   *
   * @param capacity slots that there may be
   */
  void set(int slot, int number, int capacity) {
    if (!oneByOne) {
      if (slot < next ? inRun(slot) == number : follows(slot, number)) {
        next = Math.max(next, slot + 1);
        return;
      }
      unpack(capacity);
    }
    each[slot] = number;
    next = Math.max(next, slot + 1);
  }

  /** Whether a number behind all others stands in a run, which may be a new one. */
  private boolean follows(int slot, int number) {
    if (runs > 0 && inRun(slot) == number) {
      return true;
    }
    if (isTooMany(runs + 1, slot + 1)) {
      return false;
    }
    if (runs == starts.length) {
      starts = Arrays.copyOf(starts, runs * 2 + 1);
      firsts = Arrays.copyOf(firsts, runs * 2 + 1);
    }
    starts[runs] = slot;
    firsts[runs] = number;
    runs++;
    return true;
  }

  /** A run takes two numbers; few are had whatever there is. */
  private static boolean isTooMany(int runs, int slots) {
    return runs > 8 + slots / 4;
  }

  private void unpack(int capacity) {
    int[] all = new int[Math.max(capacity, next)];
    for (int slot = 0; slot < next; slot++) {
      all[slot] = inRun(slot);
    }
    oneByOne(all);
  }

  private void oneByOne(int[] all) {
    each = all;
    oneByOne = true;
    changed = true;
    starts = NONE;
    firsts = NONE;
    runs = 0;
    run = 0;
  }

  /** Makes room for slots, or gives back what is beyond. */
  void room(int capacity) {
    if (oneByOne) {
      each = Arrays.copyOf(each, capacity);
    }
    next = Math.min(next, capacity);
  }

  /** Leaves the numbers of some slots, in their order. */
  void keep(int[] slots) {
    int[] kept = new int[slots.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = get(slots[i]);
    }
    next = kept.length;
    if (oneByOne && each.length == kept.length) {
      System.arraycopy(kept, 0, each, 0, kept.length); // what is old stays
    } else {
      oneByOne(kept);
    }
  }

  /** Keeps runs again, where they are few. */
  void pack() {
    if (!oneByOne || !changed) {
      return;
    }
    int[] all = each;
    each = NONE;
    oneByOne = false;
    for (int slot = 0; slot < next; slot++) {
      if (!follows(slot, all[slot])) {
        oneByOne(all);
        changed = false;
        return;
      }
    }
  }

  long bytes() {
    return 4L * (starts.length + firsts.length + each.length);
  }
}
