package dev.tethys.collect.observe.trace;

import dev.tethys.collect.observe.connection.Connection;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.Peer;
import dev.tethys.collect.observe.protocol.Direction;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.UnixNanos;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One span for each request of observed processes.
 *
 * <p>A server's span continues the trace of the header {@code traceparent}. A client's span is the
 * child of the request that its thread serves, if that is the only one. No spans are created for
 * processes that create spans themselves, that is, send their own {@code traceparent} or send spans
 * to a collector.
 *
 * <p>Guarded by the lock of the connections. Every table has a bound.
 */
public final class RequestSpans {
  /** Scope name of its spans. */
  public static final String SCOPE = "tethys-node-agent";

  private static final int MAX_THREADS = 20_000;
  private static final int MAX_OPEN = 64;
  private static final int MAX_CHILDREN = 256;
  private static final int MAX_WAITING = 10_000;
  private static final int MAX_QUEUED = 5_000; // a second
  private static final int MAX_INSTRUMENTED = 10_000;
  private static final int MAX_INCOMING = 50_000;

  /** Time within which a request forwarded by a proxy is usually answered. */
  private static final long DECISION_NANOS = 2_000_000_000L;

  /** Time after which spans no longer wait for their parent request. */
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private static final long INSTRUMENTED_NANOS = 600_000_000_000L;
  private static final int SERVER = 2;
  private static final int CLIENT = 3;

  /** Request being served by a process. */
  private static final class ServerCall {
    final long started;
    final long spanId;
    boolean finished;
    boolean dropped;
    long traceHigh;
    long traceLow;
    final List<Waiting> children = new ArrayList<>(0);

    ServerCall(long started, long spanId) {
      this.started = started;
      this.spanId = spanId;
    }
  }

  /** Span whose trace is unknown until its parent ends. */
  private record Waiting(Owner owner, Span span) {}

  /** Span of a request with a header whose creator is unknown. */
  private record Undecided(
      Owner owner, int pid, Span span, @Nullable ServerCall parent, long headerSpan, long since) {}

  /** Requests of a connection by the time of their first payload. */
  private static final class Calls {
    final ArrayDeque<ServerCall> calls = new ArrayDeque<>(2);
    final ArrayDeque<Long> times = new ArrayDeque<>(2);
    @Nullable Direction last;
  }

  private final SpanSink sink;
  private final double share;
  private final IntPredicate movesThreads;
  private final LongSupplier random;
  private final Map<Long, List<ServerCall>> byThread = BoundedMap.byAge(MAX_THREADS);
  private final Map<Integer, Long> instrumented = BoundedMap.byAge(MAX_INSTRUMENTED);
  private final Map<Long, Boolean> incoming = BoundedMap.byAge(MAX_INCOMING);
  private final ArrayDeque<Undecided> undecided = new ArrayDeque<>();
  private final ArrayDeque<ServerCall> withChildren = new ArrayDeque<>();
  private final Map<Owner, List<Span>> queue = new LinkedHashMap<>();
  private int queued;
  private volatile Counts counts = new Counts(0, 0, 0);
  private long sent;
  private long suppressed;
  private long shed;

  /**
   * @param share fraction of traces to keep, from 0 to 1
   * @param movesThreads tests whether the requests of a process change threads, as in Go
   * @param random source of ids
   */
  public RequestSpans(SpanSink sink, double share, IntPredicate movesThreads, LongSupplier random) {
    this.sink = sink;
    this.share = share;
    this.movesThreads = movesThreads;
    this.random = random;
  }

  /** Records a payload, before its connection reads it. */
  public void payload(Connection c, int pid, int tid, Direction direction, long time) {
    boolean request = c.isOutbound() == (direction == Direction.SENT);
    Calls calls = (Calls) c.context();
    if (calls == null) {
      if (!request) {
        return;
      }
      calls = new Calls();
      c.context(calls);
    }
    boolean first = calls.last != direction;
    calls.last = direction;
    if (!request || movesThreads.test(pid)) {
      return;
    }
    long thread = (long) pid << 32 | tid;
    if (c.isOutbound()) {
      ServerCall parent = only(byThread.get(thread));
      if (parent != null) {
        remember(calls, parent, time);
      }
      return;
    }
    if (first || calls.calls.isEmpty()) {
      ServerCall call = new ServerCall(time, id());
      remember(calls, call, time);
      List<ServerCall> open = byThread.computeIfAbsent(thread, _ -> new ArrayList<>(1));
      open.removeIf(o -> o.finished || time - o.started > PATIENCE_NANOS);
      if (open.size() < MAX_OPEN) {
        open.add(call);
      }
    }
  }

  private static @Nullable ServerCall only(@Nullable List<ServerCall> open) {
    ServerCall found = null;
    for (ServerCall o : open == null ? List.<ServerCall>of() : open) {
      if (!o.finished) {
        if (found != null) {
          return null; // an event loop with several requests: which one is not known
        }
        found = o;
      }
    }
    return found;
  }

  private static void remember(Calls calls, ServerCall call, long time) {
    if (calls.calls.size() >= MAX_OPEN) {
      calls.calls.removeFirst();
      calls.times.removeFirst();
    }
    calls.calls.add(call);
    calls.times.add(time);
  }

  /** Call of a request that began at a time; those before it are forgotten. */
  private static @Nullable ServerCall take(Connection c, long start) {
    Calls calls = (Calls) c.context();
    while (calls != null && !calls.times.isEmpty() && calls.times.getFirst() <= start) {
      long time = calls.times.removeFirst();
      ServerCall call = calls.calls.removeFirst();
      if (time == start) {
        return call;
      }
    }
    return null;
  }

  private long id() {
    long id;
    do {
      id = random.getAsLong();
    } while (id == 0);
    return id;
  }

  /** Adds the span of a request. */
  public void request(Connection c, int pid, ObservedRequest r, long now) {
    Owner owner = c.owner();
    if (owner == null) {
      return;
    }
    ServerCall call = take(c, r.startNanos());
    if (r.waitsForData()) {
      return; // a long span of it would not be a slow one
    }
    TraceParent header = TraceParent.parse(r.traceParent());
    if (r.client()) {
      client(c, owner, pid, r, call, header, now);
    } else {
      server(
          owner, pid, r, call == null ? new ServerCall(r.startNanos(), id()) : call, header, now);
    }
  }

  private void client(
      Connection c,
      Owner owner,
      int pid,
      ObservedRequest r,
      @Nullable ServerCall parent,
      @Nullable TraceParent header,
      long now) {
    if (isExport(r)) {
      instrumented.put(pid, now);
    }
    Peer peer = c.peer();
    if (peer == null) {
      return;
    }
    if (isInstrumented(pid, now)) {
      suppressed++;
      return;
    }
    Span span = span(r, CLIENT, id(), peer.destination(), now);
    if (header == null) {
      link(owner, span, parent);
    } else if (undecided.size() < MAX_WAITING) {
      undecided.add(new Undecided(owner, pid, span, parent, header.spanId(), now));
    } else {
      shed++;
    }
  }

  private void link(Owner owner, Span span, @Nullable ServerCall parent) {
    if (parent == null) {
      span.setTraceId(id(), id());
      add(owner, span, true);
    } else {
      span.setParentSpanId(parent.spanId);
      if (parent.finished) {
        span.setTraceId(parent.traceHigh, parent.traceLow);
        add(owner, span, !parent.dropped);
      } else if (parent.children.size() < MAX_CHILDREN && withChildren.size() < MAX_WAITING) {
        if (parent.children.isEmpty()) {
          withChildren.add(parent);
        }
        parent.children.add(new Waiting(owner, span));
      } else {
        shed++;
      }
    }
  }

  /**
   * Decides about requests with a header. A header that the process has received before and passes
   * on, as proxies do, does not indicate own spans; received headers are known when the response
   * arrives.
   */
  private void decide(long now) {
    while (!undecided.isEmpty() && now - undecided.getFirst().since > DECISION_NANOS) {
      Undecided u = undecided.removeFirst();
      if (incoming.containsKey(u.headerSpan)) {
        link(u.owner, u.span, u.parent);
      } else {
        instrumented.put(u.pid, now);
        suppressed++;
      }
    }
  }

  private static boolean isExport(ObservedRequest r) {
    return r.target().endsWith("/v1/traces")
        || r.target().startsWith("/opentelemetry.proto.collector.trace.");
  }

  private boolean isInstrumented(int pid, long now) {
    Long seen = instrumented.get(pid);
    return seen != null && now - seen < INSTRUMENTED_NANOS;
  }

  private void server(
      Owner owner,
      int pid,
      ObservedRequest r,
      ServerCall call,
      @Nullable TraceParent header,
      long now) {
    call.finished = true;
    if (header != null) {
      incoming.put(header.spanId(), true);
    }
    call.traceHigh = header == null ? id() : header.traceHigh();
    call.traceLow = header == null ? id() : header.traceLow();
    call.dropped =
        header != null && !header.sampled()
            || header == null && !isKept(call.traceLow)
            || isInstrumented(pid, now);
    suppressed += isInstrumented(pid, now) ? 1 : 0;
    Span span = span(r, SERVER, call.spanId, "", now);
    span.setTraceId(call.traceHigh, call.traceLow);
    if (header != null) {
      span.setParentSpanId(header.spanId());
    }
    add(owner, span, !call.dropped);
    for (Waiting w : call.children) {
      w.span.setTraceId(call.traceHigh, call.traceLow);
      add(w.owner, w.span, !call.dropped);
    }
    call.children.clear();
  }

  private boolean isKept(long traceLow) {
    return share >= 1 || (traceLow >>> 8) < share * (1L << 56);
  }

  private Span span(ObservedRequest r, int kind, long spanId, String destination, long now) {
    Span s = new Span();
    s.setSpanId(spanId);
    s.setKind(kind);
    long start = UnixNanos.now() - (now - r.startNanos());
    s.setStartTimeUnixNano(start);
    s.setEndTimeUnixNano(start + r.durationNanos());
    SpanAttributes.describe(s, r, destination);
    return s;
  }

  private void add(Owner owner, Span span, boolean kept) {
    if (!kept || span.parentSpanId() == 0 && !isKept(span.traceIdLow())) {
      return;
    }
    if (queued >= MAX_QUEUED) {
      shed++;
      return;
    }
    queued++;
    queue.computeIfAbsent(owner, _ -> new ArrayList<>()).add(span);
  }

  /** Passes the spans so far on; to be called about once per second. */
  public void flush(long now) {
    decide(now);
    while (!withChildren.isEmpty()) {
      ServerCall first = withChildren.getFirst();
      if (!first.finished && now - first.started < PATIENCE_NANOS) {
        break;
      }
      withChildren.removeFirst();
      for (Waiting w : first.children) { // its end was not seen
        w.span.setParentSpanId(0);
        w.span.setTraceId(id(), id());
        add(w.owner, w.span, true);
      }
      first.children.clear();
    }
    counts = new Counts(sent + queued, suppressed, shed);
    if (queued == 0) {
      return;
    }
    TracesData batch = new TracesData();
    queue.forEach((owner, spans) -> batch.resources().add(group(owner, spans)));
    int n = queued;
    sent += n;
    queue.clear();
    queued = 0;
    sink.accept(batch, n);
  }

  private static ResourceGroup<Span> group(Owner owner, List<Span> spans) {
    ResourceGroup<Span> g = new ResourceGroup<>();
    g.resource().attributes().put("service.name", owner.service());
    g.resource().attributes().put("container.id", owner.containerId());
    ScopeGroup<Span> scope = new ScopeGroup<>();
    scope.scope().setName(SCOPE);
    scope.items().addAll(spans);
    g.scopes().add(scope);
    return g;
  }

  /**
   * Span counters.
   *
   * @param sent spans made
   * @param suppressed requests of processes that make spans themselves
   * @param shed spans beyond the bounds
   */
  public record Counts(long sent, long suppressed, long shed) {}

  /** Present numbers. */
  public Counts counts() {
    return counts;
  }
}
