package dev.tethys.model.guard;

import dev.tethys.model.exposition.Registry;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Memory that requests of peers may take together, whichever receivers they come to: bodies as they
 * come, decompressed, and what is parsed out of them. What a request takes is reserved before it is
 * allocated; a request that finds nothing left is to be sent again later.
 *
 * <p>Invariant: {@code inUse} is the sum of what open reservations hold.
 */
public final class ByteBudget {
  private static final ByteBudget PROCESS =
      new ByteBudget(Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 3));

  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long PAUSE_MILLIS = 20;

  private static final Registry.Counter REFUSED;

  static {
    Registry r = Registry.process();
    REFUSED =
        r.counter(
            "tethys_receive_over_budget_total",
            "Requests refused because the memory for received requests was used up.");
    r.gauge(
        "tethys_receive_bytes_in_flight",
        "Memory that received requests have reserved.",
        () -> PROCESS.inUse());
    r.gauge(
        "tethys_receive_bytes_limit",
        "Memory that received requests may reserve together.",
        () -> PROCESS.total());
  }

  /** A request finds no memory left. */
  public static final class OverBudgetException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean tooLarge;

    OverBudgetException(String message, boolean tooLarge) {
      super(message, null, false, false);
      this.tooLarge = tooLarge;
    }

    /** Whether the request alone is more than all there is, so that sending it again is no use. */
    public boolean isTooLarge() {
      return tooLarge;
    }
  }

  /** Bytes reserved by one request. For one thread. */
  public final class Reservation implements LongConsumer, AutoCloseable {
    private long bytes;

    private Reservation() {}

    /**
     * Reserves more.
     *
     * @throws OverBudgetException when the budget is exhausted
     */
    @Override
    public void accept(long more) {
      if (more <= 0) {
        return;
      }
      if (bytes + more > total) {
        REFUSED.inc();
        throw new OverBudgetException(
            "the request takes more memory than the limit of "
                + total
                + " bytes for requests; send smaller ones",
            true);
      }
      if (inUse.addAndGet(more) > total) {
        inUse.addAndGet(-more);
        REFUSED.inc();
        throw new OverBudgetException(
            "the memory for requests is used up, send the request again later", false);
      }
      bytes += more;
    }

    /**
     * Reserves more for a peer that cannot be refused, only left unread: waits until others release
     * theirs.
     *
     * @throws OverBudgetException when the budget stays exhausted for {@link #PATIENCE_NANOS}:
     *     those that wait hold memory themselves
     */
    public void await(long more) throws InterruptedException {
      long until = System.nanoTime() + PATIENCE_NANOS;
      while (true) {
        try {
          accept(more);
          return;
        } catch (OverBudgetException e) {
          if (e.isTooLarge() || System.nanoTime() - until > 0) {
            throw e;
          }
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    }

    /**
     * Waits for the memory that readers of a connection need, as {@link #await} does.
     *
     * @return throws {@link OverBudgetException} also when the thread is interrupted meanwhile
     */
    public LongConsumer awaiting() {
      return more -> {
        try {
          await(more);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new OverBudgetException("interrupted while waiting for memory", false);
        }
      };
    }

    /**
     * Reserves more for a thread that holds no other memory: waits for as long as it takes.
     *
     * @throws OverBudgetException when it is more than all there is
     */
    public void awaitLong(long more) throws InterruptedException {
      while (true) {
        try {
          await(more);
          return;
        } catch (OverBudgetException e) {
          if (e.isTooLarge()) {
            throw e;
          }
        }
      }
    }

    /** Gives everything back; more may be reserved again. */
    @Override
    public void close() {
      inUse.addAndGet(-bytes);
      bytes = 0;
    }
  }

  private final long total;
  private final AtomicLong inUse = new AtomicLong();

  /** Its own budget, for tests. */
  public ByteBudget(long total) {
    this.total = total;
  }

  /** The budget of the process: a third of the heap. */
  public static ByteBudget process() {
    return PROCESS;
  }

  /** A reservation of nothing yet. */
  public Reservation open() {
    return new Reservation();
  }

  public long total() {
    return total;
  }

  /** What is reserved now. */
  public long inUse() {
    return inUse.get();
  }
}
