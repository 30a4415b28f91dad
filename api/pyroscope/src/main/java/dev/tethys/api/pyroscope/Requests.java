package dev.tethys.api.pyroscope;

import dev.tethys.codec.CodecException;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.DamageWarning;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Conditions of every request: the store is open, the tenant is valid, the client is still
 * connected, the time of a query is not over. Queries compute on separate threads.
 */
final class Requests {
  private final Supplier<@Nullable ProfileStore> opened;
  private final PyroscopeSettings settings;
  private final QueryThreads threads;
  private final MemoryShare memory;

  Requests(
      Supplier<@Nullable ProfileStore> opened,
      PyroscopeSettings settings,
      QueryThreads threads,
      MemoryShare memory) {
    this.threads = threads;
    this.memory = memory;
    this.opened = opened;
    this.settings = settings;
  }

  /** Work done for a request. */
  interface QueryAction<T> {
    T run(ProfileQueries queries);
  }

  /**
   * Runs the queries of a request; failures have HTTP statuses.
   *
   * @param response gets a header that names damaged data; null for responses without headers
   */
  <T> T run(HttpRequest request, @Nullable HttpResponse response, QueryAction<T> work) {
    AtomicBoolean gone = new AtomicBoolean();
    try (HttpRequest.Watch _ = request.whenClientGone(() -> gone.set(true))) {
      ProfileQueries queries = queries(RequestScope.of(request), settings.timeout(), gone::get);
      T answer = failing(() -> threads.run(() -> accounted(work, queries)));
      if (response != null) {
        DamageWarning.addTo(response, queries.damage());
      }
      return answer;
    }
  }

  /** Runs queries on this thread, for no client that waits; failures have HTTP's statuses. */
  <T> T runDetached(Scope scope, Duration timeout, QueryAction<T> work) {
    ProfileQueries queries = queries(scope, timeout, () -> false);
    return failing(() -> accounted(work, queries));
  }

  /** Runs queries, charging their results to the memory shared by all profile queries. */
  private <T> T accounted(QueryAction<T> work, ProfileQueries queries) {
    try (QueryAccount account = new QueryAccount(memory)) {
      return RequestMemory.during(account, () -> work.run(queries));
    }
  }

  private ProfileQueries queries(Scope scope, Duration timeout, BooleanSupplier gone) {
    ProfileStore store = opened.get();
    if (store == null) {
      throw new HttpException(503, "profile store is not open yet");
    }
    long end = System.nanoTime() + timeout.toNanos();
    return new ProfileQueries(
        store,
        scope,
        () -> {
          if (gone.getAsBoolean()) {
            throw new HttpException(499, "client closed the connection");
          }
          if (System.nanoTime() - end > 0) {
            throw new HttpException(
                504,
                "query took longer than "
                    + timeout.toSeconds()
                    + " s; use a shorter time range or more labels");
          }
          return false;
        });
  }

  private static <T> T failing(Supplier<T> work) {
    try {
      return work.get();
    } catch (QueryThreads.NoPlaceException e) {
      throw new HttpException(503, String.valueOf(e.getMessage()));
    } catch (CodecException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      int status =
          switch (e.reason()) {
            case UNAVAILABLE -> 503;
            case INVALID -> 400;
            default -> 500;
          };
      throw new HttpException(status, String.valueOf(e.getMessage()));
    }
  }
}
