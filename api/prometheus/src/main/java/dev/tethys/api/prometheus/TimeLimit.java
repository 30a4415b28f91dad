package dev.tethys.api.prometheus;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Time limit for finding the series of {@code match[]} where no query sets a limit: an expression
 * can take hours over the values of a label. The search also ends when the client disconnects.
 *
 * @param most time limit, as set by {@code --query.timeout}
 */
record TimeLimit(Duration most) {
  /** Time between two questions whether the client is connected: most requests take less. */
  private static final long PRESENCE_NANOS = 20_000_000;

  /** Work done for a request. */
  @FunctionalInterface
  interface RequestAction {
    void run() throws IOException;
  }

  /** Wraps an endpoint so that it ends with a {@code timeout} or {@code canceled} error. */
  ApiCall.Endpoint on(ApiCall.Endpoint endpoint) {
    return call -> run(call.request(), () -> endpoint.answer(call));
  }

  /**
   * Does work under the limit.
   *
   * @throws ApiException if it has taken too long, or its client has gone
   */
  void run(HttpRequest request, RequestAction work) throws IOException {
    long began = System.nanoTime();
    long end = began + most.toNanos();
    AtomicLong presence = new AtomicLong(began + PRESENCE_NANOS);
    Runnable check =
        () -> {
          long now = System.nanoTime();
          if (now - presence.get() > 0) {
            presence.set(now + PRESENCE_NANOS);
            if (request.isClientGone()) {
              throw new ApiException(ErrorType.CANCELED, "the client disconnected");
            }
          }
          if (now - end > 0) {
            throw new ApiException(
                ErrorType.TIMEOUT,
                "the search for series took longer than --query.timeout allows ("
                    + most.toMillis()
                    + " ms): give match[] names or simpler expressions");
          }
        };
    try {
      Cancellation.within(
          check,
          () -> {
            try {
              work.run();
              return check;
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
