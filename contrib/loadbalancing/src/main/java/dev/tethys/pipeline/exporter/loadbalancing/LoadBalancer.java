package dev.tethys.pipeline.exporter.loadbalancing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.QueuePart;
import dev.tethys.pipeline.component.QueueParts;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.otlp.OtlpGrpcSender;
import dev.tethys.pipeline.exporter.otlp.OtlpRequestEncoder;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends all items with one key to one backend, using a {@link HashRing} of the backends known to
 * its source. Each backend has its own queue, so one that is down does not delay the others.
 *
 * <p>Invariants, under the monitor of {@code changes}: a target is active, leaving, or unknown. The
 * queue of a leaving backend transfers its requests to the backends on the ring and is removed when
 * empty; if the backend returns, its queue continues. Threads that accept batches read only {@code
 * members}, once per batch. No caller waits for space in a queue under the monitor: space may
 * require other backends, which are added under it.
 */
final class LoadBalancer implements Exporter, BackendSource.Listener {
  /** Reason of items that OTLP cannot represent when Prometheus series become metrics. */
  private static final String RECODED = "recoded";

  /** Interval at which leaving queues are checked. */
  private static final Duration SWEEP = Duration.ofSeconds(1);

  /**
   * Current backends.
   *
   * @param byName backends by name on the ring, excluding backends that could not be opened
   * @param users number of calls in flight that use these backends
   */
  record Members(HashRing ring, Map<String, Backend> byName, AtomicInteger users) {
    Members(HashRing ring, Map<String, Backend> byName) {
      this(ring, byName, new AtomicInteger());
    }

    boolean isEmpty() {
      return byName.isEmpty();
    }

    /** Called by users of {@link LoadBalancer#members} when they are done. */
    void release() {
      users.decrementAndGet();
    }

    @Nullable Backend only() {
      return byName.size() == 1 ? byName.values().iterator().next() : null;
    }
  }

  private final Context context;
  private final LoadBalancingSettings settings;
  private final BackendSource source;
  private final RandomGenerator random;
  private final PartRouting routing;
  private final @Nullable ClientAuth auth;
  private final OtlpRequestEncoder encoder;
  private final QueueParts queues;
  private final ItemAccounting account;
  private final BalancerMetrics metrics;
  private final Object changes = new Object();

  @GuardedBy("changes")
  private final Map<String, Backend> active = new LinkedHashMap<>();

  @GuardedBy("changes")
  private final Map<String, Backend> leaving = new LinkedHashMap<>();

  @GuardedBy("changes")
  private final Map<String, String> leftOut = new HashMap<>(); // and why

  @GuardedBy("changes")
  private boolean scannedDisk;

  @GuardedBy("changes")
  private boolean stopped;

  @GuardedBy("changes")
  private Scheduler.@Nullable Timer sweep;

  @GuardedBy("changes")
  private final List<Members> former = new ArrayList<>(); // in use still

  private volatile Members members = new Members(HashRing.EMPTY, Map.of());
  private volatile String trouble = "";

  LoadBalancer(
      Context context,
      LoadBalancingSettings settings,
      Signal signal,
      BackendSource source,
      RandomGenerator random) {
    this.context = context;
    this.settings = settings;
    this.source = source;
    RoutingKey key = settings.key() == null ? RoutingKey.of(signal) : settings.key();
    this.random = random;
    this.routing = new PartRouting(key, settings.attributes(), random);
    this.auth = ClientAuth.of(settings.client().auth(), context);
    this.encoder = OtlpRequestEncoder.grpc(settings.client(), signal, auth);
    this.queues = context.parts(settings.delivery(), signal);
    this.account = context.account(signal);
    this.metrics =
        new BalancerMetrics(
            context.metrics(),
            context.id().toString(),
            signal.name().toLowerCase(java.util.Locale.ROOT),
            source.name());
  }

  @Override
  public void start() throws IOException {
    if (settings.namesEndpoint()) {
      context
          .logger()
          .log(
              Level.WARNING,
              "{0}: protocol.otlp.endpoint has no effect, because resolver finds the backends; "
                  + "remove it",
              context.name());
    }
    source.start(this);
  }

  /** Acquires the current members, whose queues are not removed before release. */
  Members members() {
    while (true) {
      Members now = members;
      now.users.incrementAndGet();
      if (now == members) {
        return now;
      }
      now.release();
    }
  }

  /** Returns the reason why nothing can be sent. */
  String noBackendReason() {
    String t = trouble;
    return context.name()
        + " knows no backend of "
        + source.address()
        + (t.isEmpty() ? "" : ": " + t);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    Members now = members();
    try {
      consume(batch, ack, now);
    } finally {
      now.release();
    }
  }

  private void consume(Batch batch, AckCallback ack, Members now) {
    if (now.isEmpty()) {
      account.take(batch.items());
      account.returnItems(batch.items());
      ack.complete(new Outcome.Unavailable(noBackendReason(), Duration.ZERO));
      return;
    }
    Map<Backend, Batch> parts;
    try {
      parts = part(batch, now);
    } catch (CodecException e) {
      account.take(batch.items());
      account.drop(Drops.NOT_ENCODABLE, batch.items());
      ack.complete(new Outcome.Rejected(context.name() + ": " + e.getMessage(), batch.items()));
      return;
    }
    int lost = batch.items() - parts.values().stream().mapToInt(Batch::items).sum();
    if (lost > 0) {
      account.take(lost);
      account.drop(RECODED, lost);
    }
    if (parts.isEmpty()) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    AckCallback each = AckCallback.parts(ack, parts.size());
    long begin = context.clock().nanos();
    parts.forEach(
        (to, b) ->
            to.queue()
                .consume(
                    b,
                    outcome -> {
                      metrics.settled(
                          to.target(),
                          (context.clock().nanos() - begin) / 1_000_000,
                          outcome instanceof Outcome.Accepted);
                      each.complete(outcome);
                    }));
  }

  /**
   * Splits a batch by owner.
   *
   * @param now current backends; at least one
   * @throws CodecException if the batch cannot be decoded
   */
  private Map<Backend, Batch> part(Batch batch, Members now) {
    return part(batch, now, routing);
  }

  /**
   * Splits a batch, but sends items without a key to one backend together, so that a part is not
   * split repeatedly.
   */
  Map<Backend, Batch> splitKeylessTogether(Batch batch, Members now) {
    long draw = random.nextLong();
    return part(batch, now, routing.with(() -> draw));
  }

  private Map<Backend, Batch> part(Batch batch, Members now, PartRouting by) {
    Backend only = now.only();
    if (only != null) {
      return Map.of(only, batch);
    }
    Telemetry<?> tree = batch.takeTree();
    Map<Backend, Batch> out = new LinkedHashMap<>();
    Map<Backend, List<Batch>> several = new HashMap<>();
    by.part(tree, now.ring()::owner)
        .forEach(
            (name, t) -> {
              Backend to = now.byName().get(name);
              if (to != null) {
                Batch b = batch.with(batch.signal(), t);
                several.computeIfAbsent(to, _ -> new ArrayList<>()).add(b);
              }
            });
    several.forEach((to, all) -> out.put(to, Batch.join(all, batch.lane(), batch.metadata())));
    return out;
  }

  @Override
  public void failed(String why) {
    metrics.countResolution(false);
    if (!why.equals(trouble)) {
      context.logger().log(Level.WARNING, "{0}: {1}; the last backends stay", context.name(), why);
    }
    trouble = why;
  }

  @Override
  public void found(List<String> names) {
    metrics.countResolution(true);
    trouble = "";
    synchronized (changes) {
      if (stopped) {
        return;
      }
      change(new TreeSet<>(names));
    }
  }

  @GuardedBy("changes")
  private void change(Collection<String> names) {
    Map<String, String> targets = new TreeMap<>(); // by name
    names.forEach(n -> targets.put(n, LoadBalancingSettings.target(n)));
    if (members.byName().keySet().equals(targets.keySet())) {
      return;
    }
    leftOut.keySet().retainAll(targets.values());
    Map<String, Backend> byName = new LinkedHashMap<>();
    targets.forEach(
        (name, target) -> {
          Backend b = active.get(target);
          if (b == null) {
            b = open(target);
          }
          if (b != null) {
            byName.put(name, b);
          }
        });
    if (byName.equals(members.byName())) {
      return; // new backends cannot be opened yet
    }
    former.removeIf(m -> m.users.get() == 0);
    former.add(members);
    members = new Members(HashRing.of(List.copyOf(byName.keySet())), byName);
    metrics.changed(byName.size());
    for (Backend b : List.copyOf(active.values())) {
      if (!targets.containsValue(b.target())) {
        active.remove(b.target());
        leaving.put(b.target(), b);
        b.queue().leave(transfer());
        forwardSoon(b);
        context.logger().log(Level.INFO, "{0}: {1} is gone", context.name(), b.target());
      }
    }
    if (!scannedDisk && !byName.isEmpty()) {
      scannedDisk = true;
      findLeft();
    }
    sweepLater();
  }

  /** Runs asynchronously: a full queue waits for space that other backends may have to free. */
  private void forwardSoon(Backend b) {
    context.clock().execute(context.name() + " to " + b.target(), b.queue()::forward);
  }

  private BackendHandoff transfer() {
    return new BackendHandoff(this, encoder, account);
  }

  private Sender sender(GrpcClientSettings client) {
    return new OtlpGrpcSender(
        encoder, client, auth, settings.delivery().timeout(), context.logger());
  }

  /** Starts sending to a target; null if that is impossible. */
  @GuardedBy("changes")
  private @Nullable Backend open(String target) {
    try {
      Sender s = sender(settings.client().at(target));
      Backend before = leaving.remove(target);
      if (before != null) {
        before.queue().replaceSender(s);
        forwardSoon(before);
        active.put(target, before);
        return before;
      }
      QueuePart q = queues.part(target, encoder, s);
      return opened(target, q) ? active.get(target) : null;
    } catch (IllegalArgumentException e) {
      logSkipped(target, "it cannot be called: " + e.getMessage());
      return null;
    }
  }

  /** Logs a skipped target once, not at every occurrence. */
  @GuardedBy("changes")
  private void logSkipped(String target, String why) {
    if (!why.equals(leftOut.put(target, why))) {
      context.logger().log(Level.ERROR, "{0}: skipping \"{1}\", {2}", context.name(), target, why);
    }
  }

  @GuardedBy("changes")
  private boolean opened(String target, QueuePart q) {
    try {
      q.start();
      active.put(target, new Backend(target, q));
      metrics.opened(target);
      leftOut.remove(target);
      return true;
    } catch (IOException e) {
      logSkipped(target, "its queue cannot be opened: " + e.getMessage());
      q.stop(Duration.ZERO);
      return false;
    }
  }

  /** Transfers the requests that an earlier process has left for removed backends. */
  @GuardedBy("changes")
  private void findLeft() {
    try {
      for (String target : queues.onDisk()) {
        if (!active.containsKey(target) && !leaving.containsKey(target)) {
          BackendHandoff others = transfer();
          QueuePart q = queues.part(target, encoder, others);
          q.leave(others);
          if (opened(target, q)) {
            Backend b = active.remove(target);
            if (b != null) {
              leaving.put(target, b);
            }
          }
        }
      }
    } catch (IOException e) {
      context
          .logger()
          .log(
              Level.ERROR,
              "{0}: cannot list queues left on disk: {1}",
              context.name(),
              e.getMessage());
    }
  }

  @GuardedBy("changes")
  private void sweepLater() {
    if (sweep == null && !leaving.isEmpty() && !stopped) {
      sweep =
          context
              .clock()
              .schedule(
                  SWEEP, () -> context.clock().execute(context.name() + " sweep", this::sweep));
    }
  }

  /** Removes empty queues of leaving backends. */
  private void sweep() {
    List<Backend> empty = new ArrayList<>();
    Members then;
    synchronized (changes) {
      sweep = null;
      if (stopped) {
        return;
      }
      then = members;
      former.removeIf(m -> m.users.get() == 0);
      for (Backend b : leaving.values()) {
        if (former.stream().anyMatch(m -> m.byName.containsValue(b))) {
          continue; // a caller may still add to it
        }
        OutboxStatus s = b.queue().status();
        if (isEmpty(s)) {
          empty.add(b);
        } else {
          metrics.left(b.target(), s.items());
        }
      }
    }
    empty.forEach(b -> b.queue().forward()); // move waiting batches to the queue
    synchronized (changes) {
      if (stopped) {
        return;
      }
      // If the members changed meanwhile, one of these may have returned and may have more.
      if (members == then) {
        empty.forEach(this::forgetIfEmpty);
      }
      sweepLater();
    }
  }

  private static boolean isEmpty(OutboxStatus s) {
    return s.requests() == 0 && s.deadLetters() == 0;
  }

  @GuardedBy("changes")
  private void forgetIfEmpty(Backend b) {
    if (leaving.get(b.target()) == b && isEmpty(b.queue().status())) {
      leaving.remove(b.target());
      b.queue().stop(Duration.ZERO);
      b.queue().forget();
      metrics.forget(b.target());
    }
  }

  @Override
  public void forward() {
    members.byName().values().forEach(b -> b.queue().forward());
  }

  @Override
  public boolean isExclusive() {
    return settings.delivery().storage() != null;
  }

  @Override
  public void stop(Duration timeLimit) {
    source.stop();
    List<Backend> first;
    List<Backend> then;
    synchronized (changes) {
      stopped = true;
      if (sweep != null) {
        sweep.cancel();
      }
      first = List.copyOf(leaving.values());
      then = List.copyOf(active.values());
    }
    long begin = System.nanoTime();
    // Transferred requests go into queues that still take some.
    stopAll(first, timeLimit.dividedBy(2));
    Duration rest = timeLimit.minusNanos(System.nanoTime() - begin);
    stopAll(then, rest.isNegative() ? Duration.ZERO : rest);
  }

  private static void stopAll(List<Backend> all, Duration timeLimit) {
    List<Thread> threads = new ArrayList<>();
    for (Backend b : all) {
      threads.add(Thread.ofVirtual().start(() -> b.queue().stop(timeLimit)));
    }
    boolean interrupted = false;
    for (Thread t : threads) {
      while (true) {
        try {
          t.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true; // each ends within its timeLimit
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
