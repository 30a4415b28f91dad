package dev.tethys.collect.scrape;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A number by slot. Series that first appear in one page usually get consecutive numbers, even with
 * several concurrent targets: a thousand series are one to ten runs. Runs are therefore stored, and
 * single numbers only while there are too many runs.
 *
 * <p>Invariant: while {@link #each} is null, the number of a slot is that of the last run that does
 * not begin after it, plus the slot's distance from that run's beginning. Slots without a number
 * have any. Not thread-safe.
 */
final class SlotNumbers {
  private static final int[] NONE = {};

  private int[] starts = NONE; // slots
  private int[] firsts = NONE; // their numbers
  private int runs;
  private int run; // where the last look was
  private int next; // slots from here on have no number yet
  private int @Nullable [] each;
  private boolean changed; // since it was tried to keep runs

  int get(int slot) {
    int[] all = each;
    return all != null ? all[slot] : inRun(slot);
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
   * Assigns a number to a slot.
   *
   * @param capacity maximum number of slots
   */
  void set(int slot, int number, int capacity) {
    int[] all = each;
    if (all == null && !(slot < next ? inRun(slot) == number : follows(slot, number))) {
      all = unpacked(capacity);
      oneByOne(all);
    }
    if (all != null) {
      all[slot] = number;
    }
    next = Math.max(next, slot + 1);
  }

  /** Whether the last number fits into a run, which may be a new one. */
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

  /** A run takes two numbers; a few runs are always allowed. */
  private static boolean isTooMany(int runs, int slots) {
    return runs > 8 + slots / 4;
  }

  private int[] unpacked(int capacity) {
    int[] all = new int[Math.max(capacity, next)];
    for (int slot = 0; slot < next; slot++) {
      all[slot] = inRun(slot);
    }
    return all;
  }

  private void oneByOne(int[] all) {
    each = all;
    changed = true;
    starts = NONE;
    firsts = NONE;
    runs = 0;
    run = 0;
  }

  /** Sets the capacity in slots. */
  void room(int capacity) {
    int[] all = each;
    if (all != null) {
      each = Arrays.copyOf(all, capacity);
    }
    next = Math.min(next, capacity);
  }

  /** Keeps the numbers of some slots, in their order. */
  void keep(int[] slots) {
    int[] kept = new int[slots.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = get(slots[i]);
    }
    next = kept.length;
    int[] all = each;
    if (all != null && all.length == kept.length) {
      System.arraycopy(kept, 0, all, 0, kept.length); // what is old stays
    } else {
      oneByOne(kept);
    }
  }

  /** Caches runs again while there are few. */
  void pack() {
    int[] all = each;
    if (all == null || !changed) {
      return;
    }
    each = null;
    for (int slot = 0; slot < next; slot++) {
      if (!follows(slot, all[slot])) {
        oneByOne(all);
        changed = false;
        return;
      }
    }
  }

  long bytes() {
    int[] all = each;
    return 4L * (starts.length + firsts.length + (all == null ? 0 : all.length));
  }
}
