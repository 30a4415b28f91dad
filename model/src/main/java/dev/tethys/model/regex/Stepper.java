package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Assertion;
import java.util.Arrays;

/**
 * Runs a program in sets of instructions. Not thread-safe.
 *
 * <p>A set holds the instructions that can read the next byte, assertions that depend on it, and
 * ends. It is complete when these reach nothing else without a byte.
 */
final class Stepper {
  /** Kinds of context before a position. */
  static final int AT_START = 0;

  static final int AFTER_NEWLINE = 1;
  static final int AFTER_WORD = 2;
  static final int AFTER_OTHER = 3;

  /** Set of numbers below a limit that is emptied in no time. */
  static final class Set {
    int[] members = new int[16];
    private final int[] places;
    int size;
    boolean all; // a match was reached, regardless of what follows
    boolean waits; // an assertion is in it

    private Set(int limit) {
      places = new int[limit];
    }

    private boolean add(int n) {
      int at = places[n];
      if (at < size && members[at] == n) {
        return false;
      }
      if (size == members.length) {
        members = Arrays.copyOf(members, 2 * size);
      }
      places[n] = size;
      members[size++] = n;
      return true;
    }

    void clear() {
      size = 0;
      all = false;
      waits = false;
    }
  }

  private final RegexProgram p;
  private final Set resolved;
  private int[] stack = new int[16];

  /** Number of instructions visited. */
  long work;

  Stepper(RegexProgram p) {
    this.p = p;
    this.resolved = new Set(p.size());
  }

  Set set() {
    return new Set(p.size());
  }

  static int kindOf(int b) {
    return b == '\n' ? AFTER_NEWLINE : isWord(b) ? AFTER_WORD : AFTER_OTHER;
  }

  private static boolean isWord(int b) {
    return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_';
  }

  /** Adds an instruction with all that is reached from it without a byte. */
  void add(Set to, int instruction) {
    int depth = 0;
    stack[depth++] = instruction;
    while (depth > 0) {
      int i = stack[--depth];
      if (!to.add(i)) {
        continue;
      }
      switch (p.op[i]) {
        case RegexProgram.SPLIT -> {
          int n = p.b[i];
          work += n;
          if (depth + n > stack.length) {
            stack = Arrays.copyOf(stack, Math.max(2 * stack.length, depth + n));
          }
          System.arraycopy(p.pool, p.a[i], stack, depth, n);
          depth += n;
        }
        case RegexProgram.ALL -> to.all = true;
        case RegexProgram.ASSERT -> to.waits = true;
        default -> {}
      }
    }
  }

  /**
   * Moves a set over one byte.
   *
   * @param before kind of context before the byte
   * @param b the byte
   */
  void step(Set from, int before, int b, Set to) {
    to.clear();
    Set now = from.waits ? resolve(from, before, b) : from;
    if (now.all) {
      to.all = true;
      return;
    }
    work += now.size;
    for (int k = 0; k < now.size && !to.all; k++) {
      int i = now.members[k];
      int a = p.a[i];
      switch (p.op[i]) {
        case RegexProgram.RANGE -> {
          if (b >= a >>> 8 && b <= (a & 0xFF)) {
            add(to, p.b[i]);
          }
        }
        case RegexProgram.RANGES -> {
          int next = next(a, p.b[i], b);
          if (next >= 0) {
            add(to, next);
          }
        }
        default -> {}
      }
    }
  }

  private int next(int pool, int n, int b) {
    int lo = 0;
    int hi = n - 1;
    while (lo <= hi) {
      int mid = (lo + hi) >>> 1;
      int range = p.pool[pool + 2 * mid];
      if (b < range >>> 8) {
        hi = mid - 1;
      } else if (b > (range & 0xFF)) {
        lo = mid + 1;
      } else {
        return p.pool[pool + 2 * mid + 1];
      }
    }
    return -1;
  }

  /** Whether a text that ends here is a match. */
  boolean endsWell(Set set, int before) {
    Set now = set.waits ? resolve(set, before, -1) : set;
    if (now.all) {
      return true;
    }
    for (int k = 0; k < now.size; k++) {
      if (p.op[now.members[k]] == RegexProgram.MATCH) {
        return true;
      }
    }
    return false;
  }

  /** A set with the instructions after its satisfied assertions; b is -1 at the end of the text. */
  private Set resolve(Set from, int before, int b) {
    resolved.clear();
    for (int k = 0; k < from.size; k++) {
      resolved.add(from.members[k]);
    }
    resolved.all = from.all;
    boolean boundary = (before == AFTER_WORD) != isWord(b);
    for (int k = 0; k < resolved.size; k++) {
      int i = resolved.members[k];
      if (p.op[i] == RegexProgram.ASSERT
          && holds(Assertion.values()[p.a[i]], before, b, boundary)) {
        add(resolved, p.b[i]);
      }
    }
    return resolved;
  }

  private static boolean holds(Assertion kind, int before, int b, boolean boundary) {
    return switch (kind) {
      case BEGIN_TEXT -> before == AT_START;
      case END_TEXT -> b < 0;
      case BEGIN_LINE -> before == AT_START || before == AFTER_NEWLINE;
      case END_LINE -> b < 0 || b == '\n';
      case WORD_BOUNDARY -> boundary;
      case NO_WORD_BOUNDARY -> !boundary;
    };
  }

  /** Key of a complete set: its instructions except splits, ascending. */
  int[] key(Set set) {
    int[] out = new int[set.size];
    int n = 0;
    for (int k = 0; k < set.size; k++) {
      int i = set.members[k];
      if (p.op[i] != RegexProgram.SPLIT) {
        out[n++] = i;
      }
    }
    out = Arrays.copyOf(out, n);
    Arrays.sort(out);
    return out;
  }
}
