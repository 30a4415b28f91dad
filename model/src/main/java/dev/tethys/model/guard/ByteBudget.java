package dev.tethys.model.guard;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Memory shared by the requests of peers, whichever receivers they arrive at: received bodies,
 * decompressed bodies and the decoded items. A request reserves its memory before it allocates; a
 * request that finds none left should be retried later.
 *
 * <p>A quarter is reserved for small requests. Senders that wait for each other's memory are
 * rejected one after another, and the connection of a sender that holds memory and stalls is
 * closed.
 *
 * <p>Invariant: {@code inUse} is the sum of the open reservations.
 */
public final class ByteBudget {
  private static final System.Logger LOG = JulLogger.of(ByteBudget.class.getName());

  /** Requests of usual size are received on the smallest heap. */
  private static final long LEAST_BYTES = 32L << 20;

  private static final ByteBudget PROCESS =
      new ByteBudget(
          MemoryBudget.ofProcess().share(MemoryUse.REQUESTS).withAtLeast(LEAST_BYTES),
          System::nanoTime,
          HeapRoom.process()::allowsRequests);

  /** Size up to which a reservation succeeds even without free heap. */
  private static final long ANY_HEAP_BYTES = 64 << 10;

  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long PAUSE_MILLIS = 20;

  /** A reservation up to this part of all is a small one. */
  private static final long SMALL_PART = 64;

  /** Divisor for the part of the total that is reserved for small requests. */
  private static final long RESERVED_PART = 4;

  /** Time between two refusals of senders that wait for each other. */
  static final long STUCK_NANOS = 100_000_000;

  /**
   * Time without {@link #STALLED_BYTES} after which a sender that holds memory may be disconnected.
   */
  static final long STALLED_NANOS = 5_000_000_000L;

  static final int STALLED_BYTES = 20_480;

  private static final Registry.Counter REFUSED;
  private static final Registry.Counter WAITED;
  private static final Registry.Counter CLOSED;

  static {
    Registry r = Registry.process();
    REFUSED =
        r.counter(
            "tethys_receive_over_budget_total",
            "Requests refused because the memory for received requests was used up.");
    WAITED =
        r.counter(
            "tethys_receive_waits_total", "Waits of connections for memory of received requests.");
    CLOSED =
        r.counter(
            "tethys_receive_stalled_connections_total",
            "Connections closed because they held memory of requests that others needed, and sent"
                + " nothing.");
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

    /** Whether the request alone exceeds the whole budget, so that a retry is useless. */
    public boolean isTooLarge() {
      return tooLarge;
    }
  }

  /** Bytes reserved by one request. Not thread-safe. */
  public final class Reservation implements LongConsumer, AutoCloseable {
    private long bytes;

    private Reservation() {}

    /**
     * Reserves more.
     *
     * @throws OverBudgetException if the budget is exhausted
     */
    @Override
    public void accept(long more) {
      if (!reserve(more)) {
        closeStalled();
        throw exhausted();
      }
    }

    /** Reserves memory if it is available; a request larger than the total throws. */
    private boolean reserve(long more) {
      if (more <= 0) {
        return true;
      }
      long limit = bytes + more <= smallLimit() ? total : total - total / RESERVED_PART;
      if (bytes + more > limit) {
        REFUSED.inc();
        throw new OverBudgetException(
            "the request takes more memory than the limit of "
                + limit
                + " bytes for requests; send smaller ones",
            true);
      }
      if (bytes + more > ANY_HEAP_BYTES && !hasHeap.getAsBoolean()) {
        return false;
      }
      if (inUse.addAndGet(more) > limit || memory.reserve(more) != null) {
        inUse.addAndGet(-more);
        return false;
      }
      bytes += more;
      return true;
    }

    /**
     * Reserves more for a peer whose data cannot be rejected, only left unread: waits until others
     * release memory.
     *
     * @throws OverBudgetException if the budget stays exhausted for {@link #PATIENCE_NANOS}, or
     *     most of it is held by those that wait
     */
    public void await(long more) throws InterruptedException {
      if (!awaitSome(more)) {
        throw exhausted();
      }
    }

    private boolean awaitSome(long more) throws InterruptedException {
      if (reserve(more)) {
        return true;
      }
      WAITED.inc();
      long held = bytes;
      waiting.addAndGet(held);
      try {
        long until = nanos.getAsLong() + PATIENCE_NANOS;
        while (nanos.getAsLong() - until < 0) {
          closeStalled();
          Thread.sleep(PAUSE_MILLIS);
          if (reserve(more)) {
            return true;
          }
          if (held > 0 && isStuck()) {
            return false;
          }
        }
        return false;
      } finally {
        waiting.addAndGet(-held);
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
     * Reserves more for a thread that holds no other memory; waits without a time limit.
     *
     * @throws OverBudgetException if it exceeds the total
     */
    public void awaitLong(long more) throws InterruptedException {
      while (!awaitSome(more)) {
        // again
      }
    }

    /**
     * The input of the sender for whose message memory is held. When others need it and the sender
     * sends too little, its connection is closed.
     *
     * @param connection may be closed by another thread
     */
    public InputStream watched(InputStream in, Closeable connection) {
      return new WatchedInput(this, in, connection);
    }

    /** Releases everything; more may be reserved again. */
    @Override
    public void close() {
      inUse.addAndGet(-bytes);
      memory.release(bytes);
      bytes = 0;
    }
  }

  private final long total;
  private final MemoryShare memory;
  private final LongSupplier nanos;
  private final BooleanSupplier hasHeap;
  private final AtomicLong inUse = new AtomicLong();

  /** Held by those that wait for more. */
  private final AtomicLong waiting = new AtomicLong();

  private final AtomicLong lastStuck = new AtomicLong();
  private final Set<WatchedInput> reading = ConcurrentHashMap.newKeySet();

  /** Separate budget, for tests. */
  public ByteBudget(long total) {
    this(MemoryShare.alone(MemoryUse.REQUESTS, total), System::nanoTime, () -> true);
  }

  /**
   * A budget.
   *
   * @param hasHeap whether the heap has space for large requests
   */
  ByteBudget(MemoryShare memory, LongSupplier nanos, BooleanSupplier hasHeap) {
    this.memory = memory;
    this.total = memory.max();
    this.nanos = nanos;
    this.hasHeap = hasHeap;
    lastStuck.set(nanos.getAsLong());
  }

  /** Counts a refusal. */
  private static OverBudgetException exhausted() {
    REFUSED.inc();
    return new OverBudgetException(
        "the memory for requests is used up, send the request again later", false);
  }

  /**
   * Whether most of the memory is held by waiting requests, so that one of them must fail; true for
   * one caller.
   */
  private boolean isStuck() {
    if (waiting.get() < inUse.get() / 2) {
      return false;
    }
    long now = nanos.getAsLong();
    long last = lastStuck.get();
    return now - last >= STUCK_NANOS && lastStuck.compareAndSet(last, now);
  }

  /** Closes the connection that has sent least for longest while it holds memory. */
  private void closeStalled() {
    long now = nanos.getAsLong();
    WatchedInput slowest = null;
    long longest = STALLED_NANOS - 1;
    for (WatchedInput i : reading) {
      long waits = i.waits(now);
      if (waits > longest && i.held.bytes > 0) {
        slowest = i;
        longest = waits;
      }
    }
    if (slowest != null && reading.remove(slowest)) {
      CLOSED.inc();
      try {
        slowest.connection.close();
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "closing a stalled connection", e);
      }
    }
  }

  /** Measures how long the server waits for a sender. Only one thread reads from it. */
  private final class WatchedInput extends FilterInputStream {
    private final Reservation held;
    private final Closeable connection;
    private long waited; // for the bytes that have come since it was zero
    private int got;
    private volatile long began;

    WatchedInput(Reservation held, InputStream in, Closeable connection) {
      super(in);
      this.held = held;
      this.connection = connection;
    }

    long waits(long now) {
      return now - began; // previous waiting time is deducted from it
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      if (held.bytes == 0) {
        waited = 0;
        got = 0;
        return in.read(b, off, len);
      }
      began = nanos.getAsLong() - waited;
      reading.add(this);
      int n = -1;
      try {
        n = in.read(b, off, len);
        return n;
      } finally {
        reading.remove(this);
        got += Math.max(0, n);
        waited = got >= STALLED_BYTES ? 0 : nanos.getAsLong() - began;
        got = got >= STALLED_BYTES ? 0 : got;
      }
    }
  }

  /** The budget of the process: its share for requests. */
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

  /** Returns the largest reservation that may also use the part for small requests. */
  public long smallLimit() {
    return total / SMALL_PART;
  }

  /** Number of bytes reserved now. */
  public long inUse() {
    return inUse.get();
  }
}
