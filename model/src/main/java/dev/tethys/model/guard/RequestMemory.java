package dev.tethys.model.guard;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Account of the memory that the request of this thread takes. Decoders charge their allocations
 * for each element, because a two-byte element of a body becomes objects of a hundred bytes.
 * Outside of a request, as in a reader of files, nothing is charged.
 */
public final class RequestMemory {
  private static final ScopedValue<LongConsumer> ACCOUNT = ScopedValue.newInstance();

  /** Memory of an item without its field values. */
  public static final int ITEM_BYTES = 192;

  /** Memory of a value: an attribute or an element of a list. */
  public static final int VALUE_BYTES = 64;

  /** Elements are charged in groups of this size, so that an account is called rarely. */
  private static final int GROUP = 256;

  private RequestMemory() {}

  /** Work of a request that throws a checked exception of its caller. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object, E extends Exception> {
    /** Runs the work. */
    T run() throws E;
  }

  /**
   * Runs work whose elements are charged to an account.
   *
   * @param account called with the number of bytes before allocation; may throw {@link
   *     ByteBudget.OverBudgetException}
   */
  public static <T extends @Nullable Object, E extends Exception> T during(
      LongConsumer account, Work<T, E> work) throws E {
    return ScopedValue.where(ACCOUNT, account).call(work::run);
  }

  /**
   * Charges bytes to the request of this thread.
   *
   * @throws ByteBudget.OverBudgetException if there is no memory for them
   */
  public static void charge(long bytes) {
    if (ACCOUNT.isBound()) {
      ACCOUNT.get().accept(bytes);
    }
  }

  /** Charges an item, such as a log record or a span: an object with a few fields and lists. */
  public static void chargeItem() {
    charge(ITEM_BYTES);
  }

  /** Counter of the elements of one message. Not thread-safe. */
  public static final class Elements {
    private final int bytesOfOne;
    private int uncharged;

    /** Creates elements of the given size in bytes. */
    public Elements(int bytesOfOne) {
      this.bytesOfOne = bytesOfOne;
    }

    /**
     * Counts an element.
     *
     * @throws ByteBudget.OverBudgetException if there is no memory for it and those before it
     */
    public void add() {
      if (++uncharged == GROUP) {
        uncharged = 0;
        charge((long) GROUP * bytesOfOne);
      }
    }

    /**
     * Charges the elements counted last.
     *
     * @throws ByteBudget.OverBudgetException if there is no memory for them
     */
    public void end() {
      if (uncharged > 0) {
        charge((long) uncharged * bytesOfOne);
        uncharged = 0;
      }
    }
  }
}
