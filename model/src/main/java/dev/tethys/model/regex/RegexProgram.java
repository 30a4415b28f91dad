package dev.tethys.model.regex;

import dev.tethys.model.regex.RegexNode.Assertion;
import java.util.Arrays;

/**
 * Nondeterministic automaton over the bytes of UTF-8 text. Immutable once it is built; safe for any
 * thread.
 *
 * <p>Instruction 0 matches nothing. Bytes that no instruction distinguishes have one class.
 */
final class RegexProgram {
  /** One byte of a range: {@code a} is lowest &lt;&lt; 8 | highest, {@code b} the next. */
  static final byte RANGE = 0;

  /** One byte of several ranges: {@code b} pairs of range and next at {@code a} of the pool. */
  static final byte RANGES = 1;

  /** Any of {@code b} instructions at {@code a} of the pool. */
  static final byte SPLIT = 2;

  /** An {@link Assertion}: {@code a} its ordinal, {@code b} the next. */
  static final byte ASSERT = 3;

  /** A match, if the text ends here. */
  static final byte MATCH = 4;

  /** A match, regardless of the text that follows. */
  static final byte ALL = 5;

  /** Ints of instructions and pool. */
  private static final int MAX_SIZE = 4 << 20;

  static final int FAIL = 0;

  byte[] op = new byte[16];
  int[] a = new int[16];
  int[] b = new int[16];
  int[] pool = new int[16];
  int start;
  private int size;
  private int pooled;
  private int assertions;

  /** Class of each byte. */
  final byte[] classOf = new byte[256];

  /** Number of classes; the number itself represents the end of the text. */
  int classes;

  /** A byte of each class. */
  final int[] example = new int[256];

  private final String expression;

  RegexProgram(String expression) {
    this.expression = expression;
    add(SPLIT, 0, 0);
  }

  int size() {
    return size;
  }

  /** Bytes of its arrays. */
  long bytes() {
    return 9L * op.length + 4L * pool.length + 512;
  }

  private void grown(int more) {
    if (3L * size + pooled + more > MAX_SIZE) {
      throw new RegexSyntaxException("expression too large", expression);
    }
  }

  int add(byte operation, int first, int second) {
    grown(3);
    if (size == op.length) {
      op = Arrays.copyOf(op, 2 * size);
      a = Arrays.copyOf(a, 2 * size);
      b = Arrays.copyOf(b, 2 * size);
    }
    op[size] = operation;
    a[size] = first;
    b[size] = second;
    if (operation == ASSERT) {
      assertions |= 1 << first;
    }
    return size++;
  }

  int range(int low, int high, int next) {
    return next == FAIL ? FAIL : add(RANGE, low << 8 | high, next);
  }

  /** Free space in the pool. */
  int reserve(int n) {
    grown(n);
    if (pooled + n > pool.length) {
      pool = Arrays.copyOf(pool, Math.max(2 * pool.length, pooled + n));
    }
    pooled += n;
    return pooled - n;
  }

  /** Computes the classes of equivalent bytes. */
  void close(int startAt) {
    start = startAt;
    op = Arrays.copyOf(op, size);
    a = Arrays.copyOf(a, size);
    b = Arrays.copyOf(b, size);
    pool = Arrays.copyOf(pool, pooled);
    boolean[] begins = new boolean[257];
    begins[0] = true;
    for (int i = 0; i < size; i++) {
      if (op[i] == RANGE) {
        cut(begins, a[i]);
      } else if (op[i] == RANGES) {
        for (int k = 0; k < b[i]; k++) {
          cut(begins, pool[a[i] + 2 * k]);
        }
      }
    }
    if (has(Assertion.BEGIN_LINE) || has(Assertion.END_LINE)) {
      cut(begins, '\n' << 8 | '\n');
    }
    if (has(Assertion.WORD_BOUNDARY) || has(Assertion.NO_WORD_BOUNDARY)) {
      cut(begins, '0' << 8 | '9');
      cut(begins, 'A' << 8 | 'Z');
      cut(begins, '_' << 8 | '_');
      cut(begins, 'a' << 8 | 'z');
    }
    classes = 0;
    for (int i = 0; i < 256; i++) {
      if (begins[i]) {
        example[classes++] = i;
      }
      classOf[i] = (byte) (classes - 1);
    }
  }

  private boolean has(Assertion kind) {
    return (assertions >>> kind.ordinal() & 1) != 0;
  }

  private static void cut(boolean[] begins, int range) {
    begins[range >>> 8] = true;
    begins[(range & 0xFF) + 1] = true;
  }
}
