package dev.tethys.api.traces;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.RequestScope;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Conditions of every request: the store is open, the tenant is valid, the client is still
 * connected.
 */
final class TraceRequests {
  private final Supplier<@Nullable TraceQueries> opened;
  private final TracesSettings settings;
  private final QueryThreads threads;

  TraceRequests(
      Supplier<@Nullable TraceQueries> opened, TracesSettings settings, QueryThreads threads) {
    this.threads = threads;
    this.opened = opened;
    this.settings = settings;
  }

  TracesSettings settings() {
    return settings;
  }

  /**
   * Returns the store.
   *
   * @throws HttpException 503 until it is open
   */
  TraceStore store() {
    return queries().store();
  }

  /**
   * Returns the queries over the trace store.
   *
   * @throws HttpException 503 until it is open
   */
  TraceQueries queries() {
    TraceQueries q = opened.get();
    if (q == null) {
      throw new HttpException(503, "trace store is not open yet");
    }
    return q;
  }

  /** Returns damage to the store because of which spans of the tenant may be missing. */
  List<String> damage(HttpRequest request) {
    return store().damage(RequestScope.of(request));
  }

  /** Work done for a request. */
  interface QueryAction<T> {
    T run();
  }

  /** Runs work until the client has gone or the time of a query is over, with HTTP's statuses. */
  <T> T run(HttpRequest request, QueryAction<T> work) {
    AtomicBoolean gone = new AtomicBoolean();
    long end = System.nanoTime() + settings.timeout().toNanos();
    try (HttpRequest.Watch _ = request.whenClientGone(() -> gone.set(true))) {
      Runnable check =
          () -> {
            if (gone.get()) {
              throw new HttpException(499, "client closed the connection");
            }
            if (System.nanoTime() - end > 0) {
              throw new HttpException(
                  504,
                  "query took longer than "
                      + settings.timeout().toSeconds()
                      + " s; use a shorter time range or more conditions");
            }
          };
      return threads.run(() -> Cancellation.within(check, work::run));
    } catch (QueryThreads.NoPlaceException e) {
      throw new HttpException(503, String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      throw failed(e);
    }
  }

  /** Converts a store failure to an HTTP status. */
  static HttpException failed(StorageException e) {
    int status =
        switch (e.reason()) {
          case UNAVAILABLE -> 503;
          case INVALID -> 400;
          default -> 500;
        };
    return new HttpException(status, String.valueOf(e.getMessage()));
  }
}
