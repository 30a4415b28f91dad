package dev.tethys.insight.graph;

import dev.tethys.model.guard.SeriesMemory;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests with only one known side. Client and server spans are paired by the ID of the client
 * span; a side that remains unpaired for too long is counted with a virtual node if the rule names
 * one. Guarded by its owner.
 *
 * <p>Invariant: no more requests wait than the limit, and they hold a share of the memory of
 * series.
 */
public final class RequestPairs implements AutoCloseable {
  /** Receiver of requests of which both sides are known or named. */
  public interface Counter {
    /** Counts a request; false if a limit rejects it. */
    boolean count(Request.Key key, Request r, long now);

    /** Records that a request waits for its other side. */
    default void opened() {}

    /** Records that the other side of a request did not arrive. */
    default void expired() {}
  }

  private final int maxWaiting;
  private final long wait;
  private final MissingSide missing;
  private final Counter counter;
  private final SeriesMemory.Share memory;

  /** The oldest first: all wait equally long. */
  private final Map<Request.Key, Request> waiting = new LinkedHashMap<>();

  private long unpaired;
  private long dropped;

  /**
   * @param maxWaiting most requests that wait for their other side
   * @param wait time that they wait, in the unit of all times
   */
  public RequestPairs(
      int maxWaiting, long wait, MissingSide missing, SeriesMemory memory, Counter counter) {
    this.maxWaiting = maxWaiting;
    this.wait = wait;
    this.missing = missing;
    this.memory = memory.open();
    this.counter = counter;
  }

  /** Returns the number of requests whose other side did not arrive and has no name. */
  public long unpaired() {
    return unpaired;
  }

  /** Returns the number of requests dropped by a limit. */
  public long dropped() {
    return dropped;
  }

  /** Returns the request with a key, opening it if it is new; null if too many are waiting. */
  public @Nullable Request find(Request.Key key, long now) {
    Request known = waiting.get(key);
    if (known != null) {
      return known;
    }
    if (waiting.size() >= maxWaiting) {
      expire(now);
    }
    if (waiting.size() >= maxWaiting) {
      dropped++;
      return null;
    }
    Request r = new Request(now + wait);
    waiting.put(key, r);
    counter.opened();
    return r;
  }

  /** Counts a request or lets it wait; false if a limit rejects it. */
  public boolean settle(Request.Key key, Request r, long now) {
    if (r.isComplete()) {
      remove(key, r);
      return count(key, r, now);
    }
    long grown = r.grown();
    if (memory.take(grown)) {
      r.hold(grown);
      return true;
    }
    remove(key, r);
    dropped++;
    return false;
  }

  private boolean count(Request.Key key, Request r, long now) {
    boolean counted = counter.count(key, r, now);
    dropped += counted ? 0 : 1;
    return counted;
  }

  private void remove(Request.Key key, Request r) {
    waiting.remove(key);
    memory.give(r.held());
  }

  /** Counts the requests that have waited long enough. */
  public void expire(long now) {
    Iterator<Map.Entry<Request.Key, Request>> all = waiting.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Request.Key, Request> e = all.next();
      Request r = e.getValue();
      if (r.waitsAt(now)) {
        return;
      }
      all.remove();
      memory.give(r.held());
      counter.expired();
      if (r.observed) {
        continue;
      }
      if (missing.name(r, e.getKey().root())) {
        r.connection = Request.VIRTUAL;
        count(e.getKey(), r, now);
      } else {
        unpaired++;
      }
    }
  }

  /** Discards the waiting requests. */
  @Override
  public void close() {
    waiting.clear();
    memory.close();
  }
}
