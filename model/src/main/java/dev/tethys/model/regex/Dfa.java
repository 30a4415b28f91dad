package dev.tethys.model.regex;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.cancellation.Cancellation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Deterministic automaton of a program, whose states are built when they are reached. Thread-safe.
 *
 * <p>States are kept in generations of bounded size: when one is full, it is left for an empty one.
 * When generations fill too quickly, states are not worth their making, and the program is run in
 * sets of instructions from then on.
 *
 * <p>Texts must be valid UTF-8; results for others are undefined.
 */
final class Dfa {
  /** Maximum size of one cache generation in bytes. */
  static final int MAX_BYTES = 1 << 20;

  /** Minimum number of states per generation, regardless of size. */
  private static final int MIN_STATES = 8;

  /** Number of generations after which their benefit is checked. */
  private static final int TRIALS = 8;

  /** Bytes of text that each state has to be worth. */
  private static final int BYTES_A_STATE = 10;

  private static final int UNKNOWN = 0;
  private static final int DEAD = 1;
  private static final int MATCHED = 2;

  /** Returned by {@link Generation#next} when the generation is full. */
  private static final int FULL = -1;

  /** Work between two checks for cancellation. */
  private static final int WORK = 1 << 18;

  private final RegexProgram p;
  private final int maxBytes;
  private final int stride;
  private volatile Generation current;

  @GuardedBy("this")
  private int generations;

  private volatile boolean abandoned;
  private final AtomicReference<@Nullable Stepper> idle = new AtomicReference<>();

  Dfa(RegexProgram p, int maxBytes) {
    this.p = p;
    this.maxBytes = maxBytes;
    this.stride = Math.max(4, p.classes + 1);
    this.current = new Generation();
  }

  /** Approximate memory in bytes. */
  long bytes() {
    return p.bytes() + current.bytes + 16L * p.size();
  }

  /**
   * The maximum number of bytes that it takes: of the program, of sets of its instructions, and of
   * states.
   */
  long mostBytes() {
    return p.bytes() + 64L * p.size() + Math.min(maxBytes, 64L * stride * p.size());
  }

  private record Key(int[] members, int before) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Key k && before == k.before && Arrays.equals(members, k.members);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(members) + before;
    }
  }

  /** States with their transitions. A state is the index of its row in the table. */
  private final class Generation {
    /** Rows of classes, read without the lock: missing rows read as unknown. */
    volatile int[] table = new int[8 * stride];

    final int start;
    volatile long bytes;
    long scanned; // of strings; races lose some
    private int states = 1;
    private final List<@Nullable Key> keys = new ArrayList<>();
    private final Map<Key, Integer> known = new HashMap<>();
    private final Stepper stepper = new Stepper(p);
    private final Stepper.Set from = stepper.set();
    private final Stepper.Set to = stepper.set();

    Generation() {
      keys.add(null);
      bytes = 4L * table.length;
      stepper.add(from, p.start);
      start = from.all ? MATCHED : intern(new Key(stepper.key(from), Stepper.AT_START));
    }

    private int intern(Key k) {
      Integer known = this.known.get(k);
      if (known != null) {
        return known;
      }
      if (states >= MIN_STATES && bytes > maxBytes) {
        return FULL;
      }
      int state = states++ * stride;
      if (state + stride > table.length) {
        table = Arrays.copyOf(table, 2 * table.length);
        bytes += 2L * table.length;
      }
      bytes += 4L * k.members.length + 128;
      keys.add(k);
      this.known.put(k, state);
      return state;
    }

    private int before(int state) {
      return key(state).before;
    }

    private void load(int state) {
      from.clear();
      for (int i : key(state).members) {
        stepper.add(from, i);
      }
    }

    /** Builds a transition; {@link #FULL} if its target does not fit. */
    synchronized int next(int state, int c) {
      int known = table[state + c];
      if (known != UNKNOWN) {
        return known;
      }
      long work = stepper.work;
      load(state);
      int target;
      if (c == p.classes) {
        target = stepper.endsWell(from, before(state)) ? MATCHED : DEAD;
      } else {
        int b = p.example[c];
        stepper.step(from, before(state), b, to);
        if (to.all) {
          target = MATCHED;
        } else if (to.size == 0) {
          target = DEAD;
        } else {
          target =
              intern(new Key(stepper.key(to), to.waits ? Stepper.kindOf(b) : Stepper.AT_START));
          if (target == FULL) {
            return FULL;
          }
        }
      }
      table[state + c] = target;
      if ((work ^ stepper.work) >= WORK || work / WORK != stepper.work / WORK) {
        Cancellation.check();
      }
      return target;
    }

    /** The state of another generation; {@link #FULL} if it does not fit. */
    int adopt(Generation other, int state) {
      Key key = other.key(state); // with nothing locked here
      synchronized (this) {
        return intern(key);
      }
    }

    /** The key of a state that a table names, which may have been written by another thread. */
    private synchronized Key key(int state) {
      return Objects.requireNonNull(keys.get(state / stride));
    }
  }

  /** The generation after a full one; null if it is not worth it. */
  private synchronized @Nullable Generation after(Generation full, long scanned) {
    full.scanned += scanned;
    Cancellation.check();
    if (current != full) {
      return current;
    }
    if (++generations >= TRIALS && full.scanned < (long) BYTES_A_STATE * full.states) {
      abandoned = true;
      return null;
    }
    current = new Generation();
    return current;
  }

  /**
   * Whether bytes match.
   *
   * @param skip text that every match starts with, or null: positions without it are skipped
   */
  boolean run(byte[] text, int begin, int end, @Nullable ByteSearch skip) {
    if (abandoned) {
      return simulate(text, begin, end);
    }
    Generation g = current;
    int state = g.start;
    if (state <= MATCHED) {
      return state == MATCHED;
    }
    int[] t = g.table;
    byte[] classOf = p.classOf;
    int since = begin;
    int i = begin;
    while (i < end) {
      int c = classOf[text[i] & 0xFF] & 0xFF;
      int n = t[state + c];
      if (n <= g.start) { // the first state has the lowest number
        if (n == UNKNOWN) {
          n = g.next(state, c);
          if (n == FULL) {
            Generation fresh = after(g, i - since);
            if (fresh == null) {
              return simulate(text, begin, end);
            }
            state = fresh.adopt(g, state);
            if (state == FULL) {
              return simulate(text, begin, end);
            }
            g = fresh;
            t = g.table;
            since = i;
            continue;
          }
          t = g.table;
        }
        if (n <= MATCHED) {
          return n == MATCHED;
        }
        if (n == g.start) { // no match is under way
          i = skip == null ? rest(t, n, text, i + 1, end) : skip.indexOf(text, i + 1, end);
          if (i < 0) {
            return false;
          }
          state = n;
          continue;
        }
      }
      state = n;
      i++;
    }
    g.scanned += end - since;
    return atEnd(g, state);
  }

  /**
   * Returns the position at which a state is first left. Bytes that stay in the state are scanned
   * faster than others, because no step depends on the previous one.
   */
  private int rest(int[] table, int state, byte[] text, int from, int end) {
    byte[] classOf = p.classOf;
    int i = from;
    while (i < end && table[state + (classOf[text[i] & 0xFF] & 0xFF)] == state) {
      i++;
    }
    return i;
  }

  private boolean atEnd(Generation g, int state) {
    int n = g.table[state + p.classes];
    return (n == UNKNOWN ? g.next(state, p.classes) : n) == MATCHED;
  }

  /** Whether a string matches, whose unpaired surrogates count as replacement characters. */
  boolean run(String text) {
    if (abandoned) {
      return simulate(text);
    }
    Generation g = current;
    int state = g.start;
    if (state <= MATCHED) {
      return state == MATCHED;
    }
    int[] t = g.table;
    byte[] classOf = p.classOf;
    int length = text.length();
    int rest = 0; // bytes of a code point behind its first
    int i = 0;
    while (i < length || rest != 0) {
      int b = rest;
      if (rest == 0) {
        b = text.charAt(i++);
        if (b >= 0x80) {
          b = Utf8.bytes(text, i - 1);
          i += (b & 0xFF) >= 0xF0 ? 1 : 0;
          rest = b;
        }
      }
      rest >>>= 8;
      b &= 0xFF;
      int c = classOf[b] & 0xFF;
      int n = t[state + c];
      if (n <= MATCHED) {
        if (n == UNKNOWN) {
          n = g.next(state, c);
          if (n == FULL) {
            Generation fresh = after(g, i);
            int adopted = fresh == null ? FULL : fresh.adopt(g, state);
            if (fresh == null || adopted == FULL) {
              return simulate(text);
            }
            g = fresh;
            t = g.table;
            state = adopted;
            n = g.next(state, c);
            if (n == FULL) {
              return simulate(text);
            }
          }
          t = g.table;
        }
        if (n <= MATCHED) {
          return n == MATCHED;
        }
      }
      state = n;
    }
    g.scanned += length;
    return atEnd(g, state);
  }

  // ---- without states

  private boolean simulate(String text) {
    byte[] b = Utf8.of(text);
    return simulate(b, 0, b.length);
  }

  private boolean simulate(byte[] text, int begin, int end) {
    Stepper s = idle.getAndSet(null);
    if (s == null) {
      s = new Stepper(p);
    }
    Stepper.Set from = s.set();
    Stepper.Set to = s.set();
    s.add(from, p.start);
    int before = Stepper.AT_START;
    long checked = s.work;
    for (int i = begin; i < end && !from.all && from.size > 0; i++) {
      int b = text[i] & 0xFF;
      s.step(from, before, b, to);
      before = Stepper.kindOf(b);
      Stepper.Set swap = from;
      from = to;
      to = swap;
      if (s.work - checked > WORK) {
        checked = s.work;
        Cancellation.check();
      }
    }
    boolean out = from.all || from.size > 0 && s.endsWell(from, before);
    idle.set(s);
    return out;
  }
}
