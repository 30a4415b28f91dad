package dev.tethys.pipeline.server;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.web.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to the pipeline and waits for their outcome. Their total memory is limited; above
 * the limit, clients must retry.
 *
 * <p>Invariant: {@code inFlight} is the sum reserved by open {@link Hold}s.
 */
public final class ReceiverAdmission {
  /** A quarter of the heap. */
  public static final long DEFAULT_MAX_BYTES =
      Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4);

  /** Maximum wait of a request, regardless of its client's timeout. */
  public static final Duration MAX_WAIT = Duration.ofMinutes(2);

  private static final Outcome.Unavailable BUSY =
      new Outcome.Unavailable(
          "too many bytes of requests are in progress, please send again later",
          Duration.ofSeconds(1));

  private static final Outcome.Unavailable LATE =
      new Outcome.Unavailable("no destination has taken it in time", Duration.ofSeconds(1));

  private final long maxBytes;
  private final AtomicLong inFlight = new AtomicLong();

  public ReceiverAdmission(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that requests have reserved now. */
  public long inFlight() {
    return inFlight.get();
  }

  /** Thrown if there is currently no space for a request. */
  public static final class BusyException extends Exception {
    private static final long serialVersionUID = 1L;

    BusyException() {
      super("busy", null, false, false);
    }

    /** Returns the outcome for the sender. */
    public Outcome.Unavailable outcome() {
      return BUSY;
    }
  }

  /** Memory reserved by one request. */
  public final class Hold implements AutoCloseable {
    private long bytes;

    /** Reserves memory before it is allocated. */
    public void take(long n) throws BusyException {
      if (inFlight.addAndGet(n) > maxBytes) {
        inFlight.addAndGet(-n);
        throw new BusyException();
      }
      bytes += n;
    }

    @Override
    public void close() {
      inFlight.addAndGet(-bytes);
      bytes = 0;
    }
  }

  /** Opens a reservation for a request. */
  public Hold open() {
    return new Hold();
  }

  /** Forwards a batch and waits for as long as its client does. */
  public static Outcome deliver(Batch batch, Consumer to, HttpRequest request)
      throws InterruptedException {
    return deliver(List.of(batch), to, request);
  }

  /** Passes the batches of a request on and waits for as long as its client does. */
  public static Outcome deliver(List<Batch> batches, Consumer to, HttpRequest request)
      throws InterruptedException {
    Outcome refusal = to.refuse(batches.stream().mapToInt(Batch::items).sum());
    if (refusal != null) {
      return refusal;
    }
    CompletableFuture<Outcome> settled = forward(batches, to);
    if (settled.isDone()) {
      return settled.join();
    }
    try (HttpRequest.Watch gone = request.whenClientGone(() -> settled.complete(LATE))) {
      return await(settled, timeLimit(request.header("grpc-timeout")));
    }
  }

  /** Passes a batch on and waits for a time: for senders that expect no response. */
  public static Outcome deliver(List<Batch> batches, Consumer to, Duration timeLimit)
      throws InterruptedException {
    return await(forward(batches, to), timeLimit);
  }

  private static CompletableFuture<Outcome> forward(List<Batch> batches, Consumer to) {
    CompletableFuture<Outcome> settled = new CompletableFuture<>();
    if (batches.isEmpty()) {
      settled.complete(Outcome.ACCEPTED);
    } else {
      AckCallback ack = AckCallback.parts(settled::complete, batches.size());
      batches.forEach(b -> to.consume(b, ack));
    }
    return settled;
  }

  private static Outcome await(CompletableFuture<Outcome> settled, Duration timeLimit)
      throws InterruptedException {
    try {
      return settled.get(timeLimit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return LATE;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the time limit of a client, at most {@link #MAX_WAIT}.
   *
   * @param timeout its {@code grpc-timeout}: at most eight digits and a unit; null if none
   */
  static Duration timeLimit(@Nullable String timeout) {
    if (timeout == null || !timeout.matches("\\d{1,8}[HMSmun]")) {
      return MAX_WAIT;
    }
    long n = Long.parseLong(timeout, 0, timeout.length() - 1, 10);
    Duration d =
        switch (timeout.charAt(timeout.length() - 1)) {
          case 'H' -> Duration.ofHours(n);
          case 'M' -> Duration.ofMinutes(n);
          case 'S' -> Duration.ofSeconds(n);
          case 'm' -> Duration.ofMillis(n);
          case 'u' -> Duration.ofNanos(n * 1000);
          default -> Duration.ofNanos(n);
        };
    return d.compareTo(MAX_WAIT) < 0 ? d : MAX_WAIT;
  }
}
