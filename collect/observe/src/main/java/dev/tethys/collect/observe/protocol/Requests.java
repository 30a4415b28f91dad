package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Open requests of a connection, in the order of their responses or by number.
 *
 * <p>Bounded by connection and in all: requests beyond a bound are shed. In order, their places are
 * still counted so that later responses are matched to their requests.
 */
public final class Requests {
  static final int BOUND = 4096;

  /** Bytes of a request in addition to its strings. */
  private static final int REQUEST_BYTES = 160;

  private final Protocol protocol;
  private final boolean client;
  private final RequestSink sink;
  private final ProtocolCounters counters;
  private final ArrayDeque<Pending> queue = new ArrayDeque<>(4);
  private @Nullable LinkedHashMap<Long, Pending> numbered;
  private int untracked;
  private boolean answerLost;
  private long lastAnswer;
  private long completed;
  private long opened;
  private final ArrayDeque<Pending> fresh = new ArrayDeque<>(2);
  private long retained;

  Requests(Protocol protocol, boolean client, RequestSink sink, ProtocolCounters counters) {
    this.protocol = protocol;
    this.client = client;
    this.sink = sink;
    this.counters = counters;
  }

  public Protocol protocol() {
    return protocol;
  }

  /** Appends a request whose response arrives in order; returns null if too many are open. */
  public @Nullable Pending open(long start) {
    opened++;
    if (untracked > 0 || queue.size() >= BOUND || counters.open >= ProtocolCounters.MAX_OPEN) {
      untracked++;
      counters.shed.incrementAndGet();
      return null;
    }
    Pending p = new Pending(start);
    counters.open++;
    queue.add(p);
    fresh.add(p);
    return p;
  }

  /** Adds a request whose response carries a number; evicts the oldest one at the limit. */
  public Pending open(long id, long start) {
    opened++;
    LinkedHashMap<Long, Pending> byId = numbered;
    if (byId == null) {
      byId = new LinkedHashMap<>();
      numbered = byId;
    }
    boolean full = byId.size() >= BOUND || counters.open >= ProtocolCounters.MAX_OPEN;
    if (full && !byId.isEmpty() && !byId.containsKey(id)) {
      closed(byId.pollFirstEntry().getValue());
      counters.shed.incrementAndGet();
    }
    Pending p = new Pending(start);
    counters.open++;
    fresh.add(p);
    Pending before = byId.put(id, p);
    if (before != null) {
      closed(before);
      counters.unanswered.incrementAndGet();
    }
    return p;
  }

  /** Request with this number, which stays open; null if unknown. */
  public @Nullable Pending numbered(long id) {
    Map<Long, Pending> byId = numbered;
    return byId == null ? null : byId.get(id);
  }

  /** Removes the request with this number; returns null if unknown. */
  public @Nullable Pending close(long id) {
    Map<Long, Pending> byId = numbered;
    Pending p = byId == null ? null : byId.remove(id);
    if (p != null) {
      closed(p);
    }
    return p;
  }

  /** Oldest request in order; null if none is open. */
  public @Nullable Pending oldest() {
    return queue.peek();
  }

  /** Removes the oldest request in order; returns null if none is open or it was not tracked. */
  public @Nullable Pending close() {
    Pending p = queue.poll();
    if (p != null) {
      closed(p);
    } else if (untracked > 0) {
      untracked--;
    }
    return p;
  }

  /** Counts a request that is not measured. */
  public void shed() {
    opened++;
    counters.shed.incrementAndGet();
  }

  /** Removes a request that gets no response because its client has abandoned it. */
  public void abandon(long id) {
    if (close(id) != null) {
      counters.unanswered.incrementAndGet();
    }
  }

  /** Returns the numbered request opened first; null if it is this one, or none is open. */
  public @Nullable Pending oldestBefore(long id) {
    Map.Entry<Long, Pending> first = numbered == null ? null : numbered.firstEntry();
    return first == null || first.getKey() == id ? null : first.getValue();
  }

  /** Removes the numbered request that was opened first. */
  public void closeOldestNumbered() {
    Map.Entry<Long, Pending> first = numbered == null ? null : numbered.pollFirstEntry();
    if (first != null) {
      closed(first.getValue());
    }
  }

  public boolean isEmpty() {
    return queue.isEmpty() && untracked == 0 && (numbered == null || numbered.isEmpty());
  }

  /** Reports a request that is answered. */
  public void report(Pending p, long end) {
    completed++;
    if (p.reported || p.kind == Pending.Kind.END && p.status != Status.FAILED) {
      return;
    }
    p.reported = true;
    sink.accept(
        new ObservedRequest(
            protocol,
            client,
            p.operation,
            p.target,
            p.statement,
            p.status,
            p.code,
            p.start,
            Math.max(0, end - p.start),
            p.requestBytes,
            p.responseBytes,
            p.traceParent,
            p.answers,
            p.api == null ? null : p.api.call()));
  }

  /** Reports a message that has no response. */
  public void reportOneWay(String operation, String target, long now, long bytes) {
    opened++;
    Pending p = new Pending(now);
    p.operation = operation;
    p.target = target;
    p.status = Status.OK;
    p.requestBytes = bytes;
    report(p, now);
  }

  /** Records that responses were lost in bytes that were not captured. */
  public void answerLost(long now) {
    if (!queue.isEmpty() || numbered != null && !numbered.isEmpty()) {
      answerLost = true;
      lastAnswer = now;
    }
  }

  /**
   * Records that the client sends again. After a loss the requests before are answered: a client
   * that does not pipeline has waited for them. Of numbered requests that is known of a single one.
   *
   * @return true if requests were reported, so that the parser starts afresh with the responses
   */
  public boolean sentAgain() {
    if (!answerLost) {
      return false;
    }
    answerLost = false;
    for (Pending p = queue.poll(); p != null; p = queue.poll()) {
      closed(p);
      report(p, lastAnswer);
    }
    untracked = 0;
    LinkedHashMap<Long, Pending> byId = numbered;
    if (byId != null && byId.size() == 1) {
      Pending p = byId.pollFirstEntry().getValue();
      closed(p);
      report(p, lastAnswer);
    }
    return true;
  }

  /**
   * Like {@link #sentAgain}, for a client that waits for all responses before it sends again:
   * numbered requests are then all answered, too.
   */
  public boolean sentAgainAfterAll() {
    if (!sentAgain()) {
      return false;
    }
    LinkedHashMap<Long, Pending> byId = numbered;
    while (byId != null && !byId.isEmpty()) {
      Pending p = byId.pollFirstEntry().getValue();
      closed(p);
      report(p, lastAnswer);
    }
    return true;
  }

  /** Like {@link #sentAgain}, if no data arrived for a second after a loss. */
  public boolean quietSince(long now) {
    return (now == Long.MAX_VALUE || now - lastAnswer > 1_000_000_000L) && sentAgain();
  }

  private void closed(Pending p) {
    counters.open--;
    p.closed = true;
    retained -= p.bytes;
    p.bytes = 0;
  }

  /** Bytes of the open requests; must be called when a payload was read. */
  long retained() {
    for (Pending p = fresh.poll(); p != null; p = fresh.poll()) {
      if (!p.closed) {
        p.bytes = REQUEST_BYTES + p.target.length() + p.statement.length();
        p.bytes += p.api == null ? 0 : ApiExchange.BYTES;
        retained += p.bytes;
      }
    }
    return retained;
  }

  /** Number of started requests and messages, including shed ones. */
  long opened() {
    return opened;
  }

  /** Returns the number of reported requests. */
  long completed() {
    return completed;
  }

  /** Discards the open requests. */
  void drop() {
    int open = untracked + (numbered == null ? 0 : numbered.size());
    for (Pending p : queue) {
      if (p.kind != Pending.Kind.END && !p.reported) {
        open++;
      }
    }
    counters.unanswered.addAndGet(open);
    counters.open -= queue.size() + (numbered == null ? 0 : numbered.size());
    queue.clear();
    numbered = null;
    fresh.clear();
    retained = 0;
    untracked = 0;
    answerLost = false;
  }
}
