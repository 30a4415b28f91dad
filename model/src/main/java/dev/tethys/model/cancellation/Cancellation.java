package dev.tethys.model.cancellation;

import java.util.function.Supplier;

/**
 * Cancellation flag for long computations inside a query. The query supplies the condition, and the
 * computation checks it from time to time without knowing queries or deadlines.
 */
public final class Cancellation {
  private static final ScopedValue<Runnable> CHECK = ScopedValue.newInstance();

  private Cancellation() {}

  /**
   * Works under a check.
   *
   * @param check throws when the query is cancelled; called often
   */
  public static <T> T within(Runnable check, Supplier<T> work) {
    return ScopedValue.where(CHECK, check).call(work::get);
  }

  /** The same work for another thread, under the check of this one. */
  public static <T> Supplier<T> propagate(Supplier<T> work) {
    if (!CHECK.isBound()) {
      return work;
    }
    Runnable check = CHECK.get();
    return () -> within(check, work);
  }

  /** Throws the exception of this thread's check; does nothing without a check. */
  public static void check() {
    if (CHECK.isBound()) {
      CHECK.get().run();
    }
  }

  /**
   * Wraps text so that reading it can be interrupted: expressions over long strings can take
   * minutes and check nothing in between.
   */
  public static CharSequence interruptible(String text) {
    return text.length() <= Text.PIECE || !CHECK.isBound() ? text : new Text(text, CHECK.get());
  }

  /** Text that checks for cancellation every few characters. */
  private static final class Text implements CharSequence {
    static final int PIECE = 64;

    private final String text;
    private final Runnable check;
    private int read;

    Text(String text, Runnable check) {
      this.text = text;
      this.check = check;
    }

    @Override
    public char charAt(int index) {
      if (++read % PIECE == 0) {
        check.run();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
