package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Matcher;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which label values meet expressions, found out before an index is asked for series: an expression
 * can be made that takes seconds over the values of one label, and an index that changes is locked
 * while it is asked.
 */
public final class Expressions {
  /** Nothing is known. */
  public static final Expressions NONE = new Expressions();

  /** Values by the numbers that their index has for them. */
  private record Tested(Postings index, BitSet seen, BitSet met) {}

  private final Map<Matcher, Tested> tested = new HashMap<>();

  /** Begins with a matcher anew, over the values of an index. */
  public void begin(Matcher m, Postings index) {
    tested.put(m, new Tested(index, new BitSet(), new BitSet()));
  }

  /** Notes about a matcher that was begun whether it is met by a value. */
  public void note(Matcher m, int number, boolean met) {
    Tested t = tested.get(m);
    if (t == null) {
      throw new IllegalStateException("not begun: " + m);
    }
    t.seen.set(number);
    t.met.set(number, met);
  }

  /** What is known about a value of an index, or else what the test says. */
  boolean test(Postings index, Matcher m, int number, String value, Predicate<String> test) {
    @Nullable Tested t = tested.get(m);
    return t != null && t.index == index && t.seen.get(number)
        ? t.met.get(number)
        : test.test(value);
  }
}
