package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.web.HttpRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands requests to the pipeline and waits for what becomes of them. What requests hold together is
 * bounded: beyond it they are sent away to come again.
 *
 * <p>Invariant: {@code inFlight} is what open {@link Hold}s have reserved.
 */
final class Intake {
  /** A quarter of the heap. */
  static final long DEFAULT_MAX_BYTES = Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4);

  /** A request is not kept waiting for longer, whatever its client would bear. */
  static final Duration MAX_WAIT = Duration.ofMinutes(2);

  private static final Outcome BUSY =
      new Outcome.Unavailable(
          "too many bytes of requests are in work, please send again later", Duration.ofSeconds(1));

  private final long maxBytes;
  private final AtomicLong inFlight = new AtomicLong();

  Intake(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  long inFlight() {
    return inFlight.get();
  }

  /** There is no room for the request now. */
  static final class BusyException extends Exception {
    private static final long serialVersionUID = 1L;

    BusyException() {
      super("busy", null, false, false);
    }

    Outcome outcome() {
      return BUSY;
    }
  }

  /** What one request has reserved. */
  final class Hold implements AutoCloseable {
    private long bytes;

    /** Reserves before the memory is taken. */
    void take(long n) throws BusyException {
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

  Hold open() {
    return new Hold();
  }

  /**
   * Hands a request on and waits.
   *
   * @param body the pipeline owns it from here
   * @param patience how long the client waits
   * @throws CodecException when it is malformed
   */
  Outcome take(
      OtlpSignal signal,
      byte[] body,
      Metadata metadata,
      Consumer to,
      HttpRequest request,
      Duration patience)
      throws InterruptedException {
    int items = OtlpCheck.check(signal, body, 0, body.length);
    if (items == 0) {
      return Outcome.ACCEPTED;
    }
    // Points of one client keep their order: counters that go back look like restarts.
    long lane = signal == OtlpSignal.METRICS ? request.remoteAddress().hashCode() | 1L : 0;
    CompletableFuture<Outcome> settled = new CompletableFuture<>();
    Batch batch =
        new Batch(OtlpReceiver.signal(signal), Encoding.OTLP, body, items, lane, metadata);
    to.consume(batch, settled::complete);
    if (settled.isDone()) {
      return settled.join();
    }
    Outcome late =
        new Outcome.Unavailable("no destination has taken it in time", Duration.ofSeconds(1));
    try (HttpRequest.Watch gone = request.whenClientGone(() -> settled.complete(late))) {
      long nanos = Math.min(patience.toNanos(), MAX_WAIT.toNanos());
      return settled.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return late;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
