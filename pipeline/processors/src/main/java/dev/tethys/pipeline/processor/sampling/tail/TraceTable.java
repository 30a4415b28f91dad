package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.AckCallback;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Held traces, recently decided traces, and cached decisions without traces.
 *
 * <p>Invariants: a trace is either held or decided; each held trace that policies are not
 * evaluating is among those that are due; {@code bytes} is the cost of held traces and of traces in
 * flight until they are accepted. Guarded by its owner.
 */
final class TraceTable {
  private final Map<TraceId, PendingTrace> held = new LinkedHashMap<>();
  private final TreeSet<PendingTrace> byDue = new TreeSet<>(PendingTrace.BY_DUE);
  private final Map<TraceId, TraceDecision> decided = new LinkedHashMap<>();
  private final DecisionCache sampled = new DecisionCache();
  private final DecisionCache notSampled = new DecisionCache();
  private TailSettings settings;
  private long bytes;
  private long numbers;

  TraceTable(TailSettings settings) {
    this.settings = settings;
    sampled.resize(settings.sampledCache());
    notSampled.resize(settings.notSampledCache());
  }

  /** Applies new settings; held traces wait as they specify. */
  void adjust(TailSettings s) {
    settings = s;
    sampled.resize(s.sampledCache());
    notSampled.resize(s.notSampledCache());
    List<PendingTrace> all = List.copyOf(byDue);
    byDue.clear();
    for (PendingTrace t : all) {
      t.due = t.early == null ? s.due(t.arrival, t.rootArrival) : t.due;
      byDue.add(t);
    }
  }

  int held() {
    return held.size();
  }

  /** Returns the number of traces with more state than a cached decision. */
  int traces() {
    return held.size() + decided.size();
  }

  long bytes() {
    return bytes;
  }

  @Nullable PendingTrace held(TraceId id) {
    return held.get(id);
  }

  @Nullable TraceDecision decided(TraceId id) {
    return decided.get(id);
  }

  /** Returns the cached decision on a trace, or null if unknown. */
  @Nullable Boolean cached(TraceId id) {
    if (sampled.contains(id)) {
      return true;
    }
    return notSampled.contains(id) ? false : null;
  }

  /** Returns the memory required for pieces; almost none for known ones. */
  long costOf(List<SpanPiece> pieces) {
    long n = 0;
    for (SpanPiece p : pieces) {
      PendingTrace t = held.get(p.id());
      if (t != null && t.has(p)) {
        n += settings.atOnce() ? 0 : PendingTrace.costOfRepeat();
      } else if (t != null || isNew(p)) {
        n += PendingTrace.cost(p);
      }
    }
    return n;
  }

  /** Returns the number of new traces in pieces. */
  int tracesOf(List<SpanPiece> pieces) {
    Map<TraceId, Boolean> fresh = new HashMap<>();
    for (SpanPiece p : pieces) {
      if (isNew(p)) {
        fresh.put(p.id(), true);
      }
    }
    return fresh.size();
  }

  private boolean isNew(SpanPiece p) {
    return !held.containsKey(p.id()) && !decided.containsKey(p.id()) && cached(p.id()) == null;
  }

  /** Starts to hold a trace. */
  PendingTrace open(TraceId id, long now) {
    PendingTrace t = new PendingTrace(id, now, numbers++);
    t.due = settings.due(now, null);
    held.put(id, t);
    byDue.add(t);
    bytes += t.cost();
    return t;
  }

  /** Holds a piece of a trace. */
  void add(PendingTrace t, SpanPiece p, AckCallback.Part sender, long now) {
    bytes -= t.cost();
    t.add(p, sender);
    bytes += t.cost();
    if (t.deciding) {
      return;
    }
    if (p.hasRoot() && t.rootArrival == null) {
      t.rootArrival = now;
      moveTo(t, Math.min(t.due, settings.due(t.arrival, now)));
    }
    if (p.early() != null && p.early() != Decision.NOT_SAMPLED && t.early == null) {
      t.early = p.early();
      moveTo(t, now);
    }
  }

  /** Records that a sender retransmitted buffered spans. */
  void repeat(PendingTrace t, AckCallback.Part sender) {
    bytes -= t.cost();
    t.repeat(sender);
    bytes += t.cost();
  }

  private void moveTo(PendingTrace t, long due) {
    byDue.remove(t);
    t.due = due;
    byDue.add(t);
  }

  /** Makes all held traces due for a decision. */
  void makeAllDue(long now) {
    List<PendingTrace> all = List.copyOf(byDue);
    byDue.clear();
    for (PendingTrace t : all) {
      t.due = Math.min(t.due, now);
      byDue.add(t);
    }
  }

  /** Returns the next due trace, or null if there is none. */
  @Nullable PendingTrace first() {
    return byDue.isEmpty() ? null : byDue.first();
  }

  /** Policies evaluate a trace from now on. */
  void decide(PendingTrace t) {
    byDue.remove(t);
    t.deciding = true;
  }

  /** Stops holding a trace; its bytes remain counted. */
  void close(PendingTrace t) {
    byDue.remove(t);
    held.remove(t.id);
  }

  /** Releases the bytes of a trace. */
  void free(PendingTrace t) {
    bytes -= t.cost();
  }

  /** Remembers a decision. */
  void remember(TraceId id, TraceDecision d) {
    (d.sampled() ? sampled : notSampled).add(id);
    decided.put(id, d);
  }

  /**
   * Frees space for an opened trace; decided traces are evicted first.
   *
   * @param thrownOut receives decisions that are dropped with their traces
   * @return a trace to evict undecided; null if none. If a reload lowered the limit, excess traces
   *     are not all evicted in one call.
   */
  @Nullable PendingTrace makeRoom(PendingTrace opened, List<TraceDecision> thrownOut) {
    Iterator<TraceDecision> d = decided.values().iterator();
    while (traces() > settings.maxTraces() && d.hasNext()) {
      thrownOut.add(d.next());
      d.remove();
    }
    if (settings.block() || held.size() <= settings.maxTraces()) {
      return null;
    }
    for (PendingTrace t : held.values()) {
      if (!t.deciding && t != opened) {
        return t;
      }
    }
    return null;
  }

  /** Removes the traces that policies do not evaluate. */
  List<PendingTrace> takeAll() {
    List<PendingTrace> all = new ArrayList<>(byDue);
    for (PendingTrace t : all) {
      close(t);
      free(t);
    }
    return all;
  }

  /** Most recently requested ids. */
  private static final class DecisionCache {
    private final LinkedHashMap<TraceId, Boolean> ids = new LinkedHashMap<>(16, 0.75f, true);
    private int size;

    void resize(int to) {
      size = to;
      trim();
    }

    void add(TraceId id) {
      if (size > 0) {
        ids.put(id, true);
        trim();
      }
    }

    boolean contains(TraceId id) {
      return ids.get(id) != null;
    }

    private void trim() {
      Iterator<TraceId> i = ids.keySet().iterator();
      while (ids.size() > size && i.hasNext()) {
        i.next();
        i.remove();
      }
    }
  }
}
