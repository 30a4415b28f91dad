package dev.tethys.collect.scrape;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Series references of one target for a store that knows its series: a reference by slot. An idle
 * series costs 11 bytes, and four more where references are not consecutive.
 *
 * <p>References of most stores differ only in their lower halves ({@code generation << 32 | slot}).
 * Invariant: while {@link #upper} is empty, that of all references is {@link #allUpper}.
 */
final class SeriesCache extends PageSlots {
  private static final int[] NONE = {};

  private final SlotNumbers lower = new SlotNumbers();
  private int[] upper = NONE;
  private int allUpper;
  private boolean any; // whether there is a reference

  static long hash(byte[] buf, int offset, int length) {
    return Labels.hash64(buf, offset, length);
  }

  @Override
  public long reference(int slot, Appender app) {
    return identity(slot);
  }

  @Override
  long identity(int slot) {
    int high = upper.length > 0 ? upper[slot] : allUpper;
    return (long) high << 32 | Integer.toUnsignedLong(lower.get(slot));
  }

  @Override
  public void reference(int slot, long reference) {
    int high = (int) (reference >> 32);
    if (!any) {
      any = true;
      allUpper = high;
    } else if (upper.length == 0 && high != allUpper) {
      upper = new int[capacity()];
      Arrays.fill(upper, allUpper);
    }
    if (upper.length > 0) {
      upper[slot] = high;
    }
    lower.set(slot, (int) reference, capacity());
  }

  @Override
  public int add(long hash, long reference, @Nullable Labels labels) {
    int slot = add(hash, labels == null);
    if (labels != null) {
      reference(slot, reference);
    }
    return slot;
  }

  @Override
  void room(int capacity) {
    lower.room(capacity);
    upper = upper.length > 0 ? Arrays.copyOf(upper, capacity) : upper;
  }

  @Override
  void keep(int[] slots) {
    lower.keep(slots);
    upper = upper.length > 0 ? of(upper, slots) : upper;
    any = slots.length > 0;
  }

  private static int[] of(int[] from, int[] slots) {
    int[] out = new int[slots.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = from[slots[i]];
    }
    if (out.length == from.length) {
      System.arraycopy(out, 0, from, 0, out.length); // what is old stays
      return from;
    }
    return out;
  }

  @Override
  public void succeed() {
    settle();
    trim();
    lower.pack();
    forgetScrape();
  }

  @Override
  public boolean fail() {
    boolean flushed = settleFailure();
    trim();
    forgetScrape();
    return flushed;
  }

  @Override
  long bytes() {
    return super.bytes() + lower.bytes() + 4L * upper.length;
  }
}
