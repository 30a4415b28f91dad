package dev.tethys.store.profiles;

/**
 * Nodes of a head by the hash of their stack. Programs repeat their stacks, so that most samples
 * need this one access to the memory of a head and none to its symbols. Not safe for several
 * threads.
 */
final class StackIndex {
  private static final int ENTRY = 3; // first half of the hash, second half, node + 1 or 0 for none

  private long[] slots = new long[ENTRY * 1024];
  private int count;

  /** Memory of the index. */
  long bytes() {
    return count == 0 ? 0 : 8L * slots.length;
  }

  /** Node of a stack, -1 if it is not known. */
  int find(long high, long low) {
    int at = slot(slots, high, low);
    return (int) slots[at + 2] - 1;
  }

  /** Adds the node of a stack that is not known. */
  void add(long high, long low, int node) {
    set(slots, high, low, node + 1L);
    if (++count * 2 * ENTRY > slots.length) {
      long[] next = new long[slots.length * 2];
      for (int i = 0; i < slots.length; i += ENTRY) {
        if (slots[i + 2] != 0) {
          set(next, slots[i], slots[i + 1], slots[i + 2]);
        }
      }
      slots = next;
    }
  }

  private static void set(long[] to, long high, long low, long value) {
    int at = slot(to, high, low);
    to[at] = high;
    to[at + 1] = low;
    to[at + 2] = value;
  }

  private static int slot(long[] in, long high, long low) {
    int entries = in.length / ENTRY; // a power of two
    int i = (int) high & entries - 1;
    while (in[ENTRY * i + 2] != 0 && (in[ENTRY * i] != high || in[ENTRY * i + 1] != low)) {
      i = i + 1 & entries - 1;
    }
    return ENTRY * i;
  }
}
