package dev.tethys.pipeline.processor.fidelity;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.BoundedMap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sampled items of one check between its two points.
 *
 * <p>Invariants: at most {@link #MAX_PENDING} items are pending, and the ids of as many delivered
 * items are kept; the oldest pending item is first. All state is guarded by this.
 */
final class FidelityCheck {
  static final int MAX_PENDING = 10_000;

  /** Maximum number of pending items with the same id. */
  private static final int MAX_EQUAL = 16;

  /**
   * Item that is compared.
   *
   * @param number index of the item in its batch, starting at 0
   * @param content its fields and attributes as strings
   */
  record Sampled(String id, int number, Map<String, String> content) {}

  private static final class Waiting {
    final Deque<Map<String, String>> contents = new ArrayDeque<>();
    long sinceNanos;
  }

  @GuardedBy("this")
  private @Nullable FidelitySettings settings;

  @GuardedBy("this")
  private @Nullable FidelityMetrics metrics;

  @GuardedBy("this")
  private final Map<String, Waiting> pending = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, Long> results = new TreeMap<>();

  @GuardedBy("this")
  private int pendingItems;

  private boolean hasLeftOut; // an item was skipped for lack of room

  @GuardedBy("this")
  private long leftOutNanos;

  @GuardedBy("this")
  private final Map<String, Boolean> delivered = BoundedMap.byAge(MAX_PENDING);

  /** Settings of the sending point, which apply to both. */
  synchronized void define(FidelitySettings s, FidelityMetrics m) {
    settings = s;
    metrics = m;
    m.pending(pendingItems);
  }

  /** Removes the sending point with these settings, unless another has replaced it. */
  synchronized void undefine(FidelitySettings s) {
    if (settings == s) {
      settings = null;
      pending.clear();
      delivered.clear();
      pendingItems = 0;
    }
  }

  /** Settings of the sending point; null if there is none. */
  synchronized @Nullable FidelitySettings settings() {
    return settings;
  }

  synchronized void sent(Sampled s, long nanos) {
    FidelityMetrics m = metrics;
    if (m == null) {
      return;
    }
    Waiting w = pending.get(s.id);
    if (pendingItems >= MAX_PENDING || w != null && w.contents.size() >= MAX_EQUAL) {
      hasLeftOut = true;
      leftOutNanos = nanos;
      return;
    }
    if (w == null) {
      w = new Waiting();
      w.sinceNanos = nanos;
      pending.put(s.id, w);
    }
    w.contents.add(s.content);
    pendingItems++;
    delivered.remove(s.id);
    count("sent", 1);
    m.payload("sent");
    m.pending(pendingItems);
  }

  /** Retracts an item that the pipeline did not accept: its source sends it again. */
  synchronized void retract(Sampled s) {
    take(s.id, s.content);
  }

  /** Removes a pending item, preferably an equal one; null if none is pending. */
  @GuardedBy("this")
  private @Nullable Map<String, String> take(String id, Map<String, String> like) {
    Waiting w = pending.get(id);
    if (w == null) {
      return null;
    }
    Map<String, String> out = w.contents.remove(like) ? like : w.contents.poll();
    if (w.contents.isEmpty()) {
      pending.remove(id);
    }
    pendingItems--;
    if (metrics != null) {
      metrics.pending(pendingItems);
    }
    return out;
  }

  synchronized void delivered(Sampled got, long nanos) {
    FidelitySettings s = settings;
    FidelityMetrics m = metrics;
    if (s == null || m == null) {
      return;
    }
    count("delivered", 1);
    m.payload("delivered");
    Map<String, String> sent = take(got.id, got.content);
    if (sent == null) {
      boolean doubled = delivered.containsKey(got.id);
      if (doubled || !hasLeftOut || nanos - leftOutNanos > s.timeout().toNanos()) {
        item(m, doubled ? "doubled" : "unpaired", 1);
      }
      return;
    }
    delivered.put(got.id, true);
    compare(s, m, sent, got.content);
  }

  /** Marks an item unknown: its destination rejected part of the batch without naming the items. */
  synchronized void unknown(Sampled of) {
    FidelityMetrics m = metrics;
    if (m != null && take(of.id, of.content) != null) {
      item(m, "unknown", 1);
    }
  }

  /** Items of a batch by the response to it, sampled or not. */
  synchronized void answered(long accepted, long refused) {
    FidelityMetrics m = metrics;
    if (m != null) {
      count("accepted", accepted);
      count("refused", refused);
      m.answered(accepted, refused);
    }
  }

  /** Counts since process startup, by the label values of the metrics. */
  synchronized Map<String, Long> results() {
    return new TreeMap<>(results);
  }

  @GuardedBy("this")
  private void item(FidelityMetrics m, String result, long n) {
    count(result, n);
    m.item(result, n);
  }

  @GuardedBy("this")
  private void count(String result, long n) {
    results.merge(result, n, Long::sum);
  }

  @GuardedBy("this")
  private void compare(
      FidelitySettings s, FidelityMetrics m, Map<String, String> sent, Map<String, String> got) {
    boolean same = true;
    for (Map.Entry<String, String> e : sent.entrySet()) {
      if (!s.ignored().contains(e.getKey())) {
        String other = got.get(e.getKey());
        boolean equal = e.getValue().equals(other);
        same &= equal;
        m.attribute(e.getKey(), equal ? "match" : other == null ? "missing" : "mismatch");
      }
    }
    for (String name : got.keySet()) {
      if (!sent.containsKey(name) && !s.ignored().contains(name)) {
        same = false;
        m.attribute(name, "added");
      }
    }
    item(m, same ? "match" : "mismatch", 1);
    if (!s.required().isEmpty()) {
      boolean all = true;
      for (Map.Entry<String, Boolean> e : s.required().entrySet()) {
        String value = attribute(got, e.getKey());
        boolean passes =
            value != null && (!e.getValue() || value.equals(attribute(sent, e.getKey())));
        all &= passes;
        m.required(e.getKey(), passes);
      }
      m.required(all);
    }
  }

  /** Returns an attribute of an item or of its resource. */
  private static @Nullable String attribute(Map<String, String> content, String name) {
    String own = content.get(name);
    return own == null ? content.get("resource." + name) : own;
  }

  /** Counts items that have waited for too long as missing. */
  synchronized void expire(long nanos) {
    FidelitySettings s = settings;
    FidelityMetrics m = metrics;
    if (s == null || m == null) {
      return;
    }
    while (!pending.isEmpty()) {
      Map.Entry<String, Waiting> first = pending.entrySet().iterator().next();
      if (nanos - first.getValue().sinceNanos < s.timeout().toNanos()) {
        return;
      }
      int n = first.getValue().contents.size();
      item(m, "missing", n);
      for (int i = 0; i < n && !s.required().isEmpty(); i++) {
        m.required(false);
      }
      pendingItems -= n;
      pending.remove(first.getKey());
      m.pending(pendingItems);
    }
  }
}
