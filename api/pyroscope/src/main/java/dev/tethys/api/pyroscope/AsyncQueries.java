package dev.tethys.api.pyroscope;

import dev.tethys.model.access.Scope;
import dev.tethys.web.HttpException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Queries that keep running after their request has been answered. The client requests the result
 * by ID, as in Pyroscope (pkg/frontend/async of grafana/pyroscope). Results are kept in memory:
 * they are lost on restart.
 *
 * <p>Invariants: at most {@link #MAX_OF_TENANT} queries of a tenant run and {@link #MAX_RUNNING} of
 * all; finished ones take at most {@link #MAX_BYTES} and {@link #MAX_FINISHED} places, of which the
 * oldest are removed first. A tenant sees its own queries only.
 */
final class AsyncQueries {
  /** Maximum number of concurrent queries of a tenant, which is Pyroscope's default. */
  static final int MAX_OF_TENANT = 5;

  static final int MAX_RUNNING = 10;
  static final int MAX_FINISHED = 1000;
  static final long MAX_BYTES = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** Time limit of a query, and the time for which its result is kept afterwards. */
  static final Duration KEPT = Duration.ofMinutes(30);

  private static final long IN_PROGRESS = 1;
  private static final long SUCCESS = 2;
  private static final long FAILURE = 3;

  private static final class Entry {
    final Scope scope;
    byte @Nullable [] result;
    @Nullable String failure;
    long finished;

    Entry(Scope scope) {
      this.scope = scope;
    }

    /** Whether a reader with a scope sees the result: it was computed with the same rights. */
    boolean isOf(Scope reader) {
      return scope.tenant().equals(reader.tenant()) && scope.policy().equals(reader.policy());
    }

    boolean runs() {
      return result == null && failure == null;
    }

    int bytes() {
      byte[] r = result;
      return r == null ? 0 : r.length;
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>(); // the oldest first
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime monotonic clock, such as {@link System#nanoTime}
   */
  AsyncQueries(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Starts a query.
   *
   * @param query makes the bytes of its response, on its own thread
   * @return the response's field {@code async}
   */
  synchronized Map<String, Object> submit(Scope scope, Supplier<byte[]> query) {
    removeOld();
    long running = entries.values().stream().filter(Entry::runs).count();
    long own = entries.values().stream().filter(e -> e.runs() && e.isOf(scope)).count();
    if (own >= MAX_OF_TENANT || running >= MAX_RUNNING) {
      throw new HttpException(
          429,
          own >= MAX_OF_TENANT
              ? own + " asynchronous queries of this tenant run, the limit; wait for one"
              : running + " asynchronous queries run, the limit; retry later");
    }
    String id = UUID.randomUUID().toString();
    entries.put(id, new Entry(scope));
    Thread.ofPlatform().daemon().name("profiles-async").start(() -> run(id, query));
    return Map.of("request_id", id, "status", IN_PROGRESS);
  }

  private void run(String id, Supplier<byte[]> query) {
    byte[] result = null;
    String failure = null;
    try {
      result = query.get();
      if (result.length > MAX_BYTES) {
        failure =
            "the response has "
                + result.length
                + " bytes, more than the "
                + MAX_BYTES
                + " that are kept; send the query without async, or with a smaller max_nodes";
        result = null;
      }
    } catch (RuntimeException | Error e) { // what ends the thread is the result of the query
      failure = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    finish(id, result, failure);
  }

  private synchronized void finish(String id, byte @Nullable [] result, @Nullable String failure) {
    Entry e = entries.remove(id);
    if (e == null) {
      return;
    }
    e.result = result;
    e.failure = failure;
    e.finished = nanoTime.getAsLong();
    entries.put(id, e); // finished ones are in the order of their end
    removeOld();
  }

  /**
   * Query state.
   *
   * @param async the response's field of this name
   * @param answer bytes of the response's other fields, empty unless the query succeeded
   */
  record State(Map<String, Object> async, byte[] answer) {}

  /**
   * Returns the state of an asynchronous query.
   *
   * @throws HttpException 404 if the tenant has no such query
   */
  synchronized State poll(Scope scope, String id) {
    removeOld();
    Entry e = entries.get(id);
    if (e == null || !e.isOf(scope)) {
      throw new HttpException(
          404,
          "this tenant has no asynchronous query "
              + id
              + "; results are kept for "
              + KEPT.toMinutes()
              + " minutes and until the server ends");
    }
    byte[] result = e.result;
    String failure = e.failure;
    if (failure != null) {
      return new State(
          Map.of("request_id", id, "status", FAILURE, "error_message", failure), new byte[0]);
    }
    return new State(
        Map.of("request_id", id, "status", result == null ? IN_PROGRESS : SUCCESS),
        result == null ? new byte[0] : result);
  }

  /** Removes expired finished queries, and the oldest beyond the limit. */
  private void removeOld() {
    long now = nanoTime.getAsLong();
    long bytes = 0;
    int finished = 0;
    for (Entry e : entries.values()) {
      bytes += e.bytes();
      finished += e.runs() ? 0 : 1;
    }
    for (Iterator<Entry> i = entries.values().iterator(); i.hasNext(); ) {
      Entry e = i.next();
      boolean excess = bytes > MAX_BYTES || finished > MAX_FINISHED;
      if (!e.runs() && (excess || now - e.finished > KEPT.toNanos())) {
        bytes -= e.bytes();
        finished--;
        i.remove();
      }
    }
  }
}
