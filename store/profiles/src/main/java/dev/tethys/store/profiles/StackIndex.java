package dev.tethys.store.profiles;

/**
 * Nodes of a head by the hash of their stack. Programs repeat their stacks, so that most samples
 * need this one access to the memory of a head and none to its symbols. Not thread-safe.
 */
final class StackIndex {
  private static final long TAG = -1L << 32;

  // First half of the hash; upper half of its second half with node + 1, or 0 if none.
  private static final int ENTRY = 2;

  private long[] slots = new long[ENTRY * 1024];
  private int count;

  /** Returns the memory used by the index. */
  long bytes() {
    return count == 0 ? 0 : 8L * slots.length;
  }

  /** Returns the node of a stack, or -1 if unknown; 96 bits of the hash are compared. */
  int find(long high, long low) {
    return (int) slots[slot(slots, high, low) + 1] - 1;
  }

  /** Adds the node of a stack that is unknown. */
  void add(long high, long low, int node) {
    set(slots, high, low & TAG | node + 1L);
    if (++count * 2 * ENTRY > slots.length) {
      long[] next = new long[slots.length * 2];
      for (int i = 0; i < slots.length; i += ENTRY) {
        if (slots[i + 1] != 0) {
          set(next, slots[i], slots[i + 1]);
        }
      }
      slots = next;
    }
  }

  private static void set(long[] to, long high, long second) {
    int at = slot(to, high, second);
    to[at] = high;
    to[at + 1] = second;
  }

  private static int slot(long[] in, long high, long low) {
    int mask = in.length - ENTRY; // the length is a power of two
    int i = (int) high << 1 & mask;
    while (in[i + 1] != 0 && (in[i] != high || ((in[i + 1] ^ low) & TAG) != 0)) {
      i = i + ENTRY & mask;
    }
    return i;
  }
}
