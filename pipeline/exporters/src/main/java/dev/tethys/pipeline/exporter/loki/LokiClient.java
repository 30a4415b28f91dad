package dev.tethys.pipeline.exporter.loki;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends entries to one Loki: batches them by tenant ({@link TenantBatcher} decides how long) and
 * puts each request into a queue in memory or on disk. Thread-safe.
 *
 * <p>Entries of a tenant are sent in order, one request after the other, so streams keep their
 * order; tenants do not wait for each other. An entry is settled when its request was delivered, is
 * safe on disk, was rejected permanently, or is dropped after the configured attempts. While the
 * queue is full, callers wait.
 *
 * <p>Invariants: {@link #lanes} and its contents are guarded by {@link #lock}; requests are put
 * into the outbox under the lock, so they are in the order of their entries.
 */
public final class LokiClient implements AutoCloseable {
  private static final int FEW_LANES = 64;

  /**
   * Interval at which a batch is offered again to a full disk queue, which sends no notification.
   */
  private static final Duration DISK_LOOK = Duration.ofMillis(100);

  /** Pause after a queue rejected a request. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Interval at which a closing client checks for pending deliveries. */
  private static final Duration CHECK_INTERVAL = Duration.ofMillis(20);

  /** Time for in-flight requests to complete when settings change. */
  private static final Duration TURN = Duration.ofSeconds(10);

  private static final System.Logger LOG = JulLogger.of(LokiClient.class.getName());

  /** Configuration and the state derived from it. */
  private static final class Settings {
    final LokiClientConfig config;
    final LokiLimits limits;
    final RequestQueue queue;
    final EntryStreams streams; // guarded by lock
    final String host;

    Settings(LokiClientConfig config, LokiLimits limits, RequestQueue queue) {
      this.config = config;
      this.limits = limits;
      this.queue = queue;
      this.streams = new EntryStreams(config.externalLabels(), config.tenant());
      this.host = config.host();
    }

    OutboxOptions options() {
      LokiClientConfig.Backoff b = config.backoff();
      return queue
          .options()
          .withRetry(
              new OutboxOptions.Retry(
                  true, b.first(), 2, b.longest(), 0.5, Duration.ZERO, b.attempts()));
    }
  }

  private final LokiMetrics metrics;
  private final Scheduler clock;
  private final Outbox outbox;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, TenantBatcher> lanes = new HashMap<>();
  private volatile Settings settings;

  @GuardedBy("this")
  private Sender sender;

  private int lanesToKeep = FEW_LANES; // above this number, idle tenants are removed
  private @Nullable TenantBatcher lastLane; // batcher of the previous entry
  private @Nullable PushWriter spare; // with the buffer of an earlier request
  private volatile boolean closing;
  private volatile boolean abandoned; // sources will not resend waiting entries

  /**
   * Opens a client, and continues with the requests found in its folder.
   *
   * @param client HTTP client for the requests, created from {@link LokiClientConfig#client()}
   * @throws IOException if the folder cannot be used
   */
  public LokiClient(
      LokiClientConfig config,
      LokiLimits limits,
      WebClient client,
      RequestQueue queue,
      Outboxes outboxes,
      ItemAccounting account,
      LokiMetrics metrics,
      Scheduler clock)
      throws IOException {
    this.metrics = metrics;
    this.clock = clock;
    this.settings = new Settings(config, limits, queue);
    metrics.begin(config.host());
    this.sender = sender(config, client);
    this.outbox = outboxes.open("client " + config.id(), settings.options(), sender, account);
  }

  private Sender sender(LokiClientConfig config, WebClient client) {
    return new LokiSender(
        config.url(),
        config::headers,
        config.timeout(),
        config.dropRateLimited(),
        () -> client,
        clock::millis,
        new Counting(config.host()));
  }

  /** Whether it can continue with other settings, so that waiting requests stay in their queue. */
  public boolean canBecome(RequestQueue queue) {
    return Objects.equals(settings.queue.folder(), queue.folder());
  }

  /**
   * Continues with new settings. Waiting requests are sent immediately, without their remaining
   * backoff, because the destination may have changed. If the destination is the same, they
   * continue with their attempt counts.
   *
   * @param client HTTP client for the requests
   * @param queue queue that uses the client's folder
   */
  public synchronized void become(
      LokiClientConfig config, LokiLimits limits, WebClient client, RequestQueue queue) {
    Settings was = settings;
    if (config.equals(was.config) && limits.equals(was.limits) && queue.equals(was.queue)) {
      return;
    }
    Settings next = new Settings(config, limits, queue);
    if (config.sendsAs(was.config) && queue.equals(was.queue)) {
      settings = next;
      return;
    }
    Sender former = sender;
    metrics.begin(config.host());
    sender = sender(config, client);
    settings = next;
    outbox.replaceSender(next.options(), sender);
    outbox.retire(former, TURN);
  }

  private final class Counting implements LokiSender.Listener {
    private final String host;

    Counting(String host) {
      this.host = host;
    }

    @Override
    public void answered(int status, double seconds) {
      metrics.duration.with(Integer.toString(status), host).observe(seconds);
    }

    @Override
    public void sent(EncodedRequest p) {
      metrics.sentBytes.with(host).add(p.body().length);
      metrics.sentEntries.with(host).add(p.items());
    }

    @Override
    public void dropped(EncodedRequest p, String reason) {
      metrics.dropped(host, tenant(p), reason, p.items(), p.body().length);
    }

    @Override
    public void retried(EncodedRequest p) {
      metrics.retries.with(host, tenant(p)).inc();
    }
  }

  private static String tenant(EncodedRequest p) {
    return p.headers().getOrDefault(LokiSender.TENANT, "");
  }

  /** Returns the name used in metrics and logs. */
  public String name() {
    return settings.config.id();
  }

  /** Returns the URL of the destination. */
  public URI url() {
    return settings.config.url();
  }

  /** Returns the queue status. */
  public OutboxStatus status() {
    return outbox.status();
  }

  /** Returns the number of tenants with state. */
  int tenants() {
    lock.lock();
    try {
      return lanes.size();
    } finally {
      lock.unlock();
    }
  }

  /** Takes over an entry, which now belongs to the client. Blocks while the queue is full. */
  public void accept(LogEntry entry) {
    lock.lock();
    try {
      entry.text((utf8, from, length) -> take(entry, utf8, from, length));
    } finally {
      lock.unlock();
    }
  }

  private void take(LogEntry entry, byte[] utf8, int from, int size) {
    Settings now = settings;
    String host = now.host;
    LokiLimits limits = now.limits;
    EntryStreams.Stream s = now.streams.of(entry.labels());
    int length = size;
    int most = (int) Math.min(limits.maxLineBytes(), Integer.MAX_VALUE);
    if (most > 0 && length > most) {
      if (!limits.truncate()) {
        metrics.dropped(host, s.tenant(), LokiMetrics.LINE_TOO_LONG, 1, length);
        entry.settle();
        return;
      }
      length = most;
      while (length > 0 && (utf8[from + length] & 0xc0) == 0x80) {
        length--; // not within a character
      }
      metrics.mutatedEntries.with(host, s.tenant(), LokiMetrics.LINE_TOO_LONG).inc();
      metrics.mutatedBytes.with(host, s.tenant(), LokiMetrics.LINE_TOO_LONG).add(size - length);
    }
    Labels metadata = entry.metadata();
    long bytes = length + metadata.canonicalBytes().length;
    TenantBatcher lane = lastLane;
    if (lane == null || !lane.tenant.equals(s.tenant())) {
      lane = lane(s.tenant());
      lastLane = lane;
    }
    EntryBatch p = lane.batch;
    if (p != null && p.bytes() + bytes > now.config.batchBytes()) {
      send(lane, p);
      p = null;
    }
    if (p == null) {
      p = begin(lane);
    } else if (limits.maxStreams() > 0
        && p.writer().streams() >= limits.maxStreams()
        && !p.writer().hasStream(s.text())) {
      metrics.dropped(host, s.tenant(), LokiMetrics.STREAM_LIMITED, 1, bytes);
      entry.settle();
      return;
    }
    p.add(entry, s.text(), utf8, from, length);
  }

  private TenantBatcher lane(String tenant) {
    TenantBatcher known = lanes.get(tenant);
    if (known != null) {
      return known;
    }
    if (lanes.size()
        >= lanesToKeep) { // tenants may be derived from lines, so their number is unbounded
      long now = clock.nanos();
      lanes.values().removeIf(l -> l.isIdle(now));
      lanesToKeep = Math.max(FEW_LANES, 2 * lanes.size());
    }
    TenantBatcher lane = new TenantBatcher(tenant);
    lanes.put(tenant, lane);
    metrics.begin(settings.host, tenant);
    return lane;
  }

  private EntryBatch begin(TenantBatcher lane) {
    PushWriter w = spare;
    spare = null;
    EntryBatch p = new EntryBatch(lane.tenant, w);
    later(lane, p, lane.begin(p, settings.config, clock.nanos()));
    return p;
  }

  private void later(TenantBatcher lane, EntryBatch p, long nanos) {
    p.timer(clock.schedule(Duration.ofNanos(nanos), () -> scheduleSend(lane, p)));
  }

  /** Checks on a separate thread, which may wait for the lock, whether a batch is due. */
  private void scheduleSend(TenantBatcher lane, @Nullable EntryBatch only) {
    clock.execute("loki-" + name(), () -> sendIfDue(lane, only));
  }

  /**
   * Sends the waiting batch if it is due.
   *
   * @param only the expected batch; null for any
   */
  private void sendIfDue(TenantBatcher lane, @Nullable EntryBatch only) {
    lock.lock();
    try {
      EntryBatch p = lane.batch;
      if (p == null || (only != null && only != p)) {
        return;
      }
      long now = clock.nanos();
      if (lane.isDue(now) && (lane.remaining(now) <= 0 || !queueOnDisk())) {
        send(lane, p);
      } else if (only != null) {
        long left = lane.remaining(now);
        later(lane, p, isOnDisk() ? Math.min(left, DISK_LOOK.toNanos()) : left);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isOnDisk() {
    return settings.queue.folder() != null;
  }

  /** Whether requests wait on disk: they count as delivered, as their entries are safe there. */
  private boolean queueOnDisk() {
    return isOnDisk() && outbox.status().requests() > 0;
  }

  private void send(TenantBatcher lane, EntryBatch p) {
    String tenant = p.tenant();
    lane.sent(clock.nanos());
    p.cancelTimer();
    PushWriter w = p.detachWriter();
    ProtoWriter plain = w.write();
    byte[] body = SnappyBlock.encode(plain.buffer(), 0, plain.size());
    int entries = w.entries();
    w.clear();
    if (!w.isLarge()) {
      spare = w;
    }
    metrics.encodedBytes.with(settings.host).add(body.length);
    Map<String, String> headers = tenant.isEmpty() ? Map.of() : Map.of(LokiSender.TENANT, tenant);
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    long order = Labels.hash64(name, 0, name.length) | 1; // 0 means no order
    put(lane, p, new EncodedRequest(Signal.LOGS, body, entries, order, headers));
  }

  /**
   * Adds a request to the queue. While the queue is full, all callers wait to keep the order. An
   * interrupted caller keeps waiting, because the entries also belong to other sources.
   */
  private void put(TenantBatcher lane, EntryBatch p, EncodedRequest request) {
    boolean interrupted = false;
    while (!offer(lane, p, request)) {
      interrupted |= Thread.interrupted();
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the queue accepted it, or callers must stop waiting. */
  private boolean offer(TenantBatcher lane, EntryBatch p, EncodedRequest request) {
    AtomicBoolean refused = new AtomicBoolean();
    long self = Thread.currentThread().threadId();
    AckCallback ack =
        outcome -> {
          if (outcome instanceof Outcome.Unavailable
              && !closing
              && Thread.currentThread().threadId() == self) {
            refused.set(true); // said by the queue; before put returns
            return;
          }
          handleOutcome(request, outcome, p);
          if (lane.answered()) {
            scheduleSend(lane, null);
          }
        };
    outbox.put(request, ack);
    return !refused.get();
  }

  /** Handles the outcome of a request. */
  private void handleOutcome(EncodedRequest p, Outcome outcome, EntryBatch batch) {
    if (outcome instanceof Outcome.Unavailable u) {
      Settings now = settings;
      if (!abandoned && !u.expired()) {
        return; // not sent because something ends: its sources bring it again
      }
      boolean limited = u.reason().contains("HTTP status 429");
      metrics.dropped(
          now.host,
          tenant(p),
          limited ? LokiMetrics.RATE_LIMITED : LokiMetrics.GENERIC,
          p.items(),
          p.body().length);
      LOG.log(
          System.Logger.Level.WARNING,
          "client {0}: {1} entries dropped: {2}",
          now.config.id(),
          p.items(),
          u.expired()
              ? u.reason()
              : "the client was removed from the configuration before they were sent");
    }
    batch.settle();
  }

  /** Moves all collected data into the queue. */
  public void flush() {
    lock.lock();
    try {
      for (TenantBatcher lane : List.copyOf(lanes.values())) {
        EntryBatch p = lane.batch;
        if (p != null) {
          send(lane, p);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops callers from waiting: entries without space are not settled, and their sources send them
   * again.
   */
  public void failBlockedProducers() {
    closing = true;
    outbox.failBlockedProducers();
  }

  /**
   * Closes a client whose entries also go to others. Undelivered entries are dropped and counted
   * after the time limit instead of being resent, because the others would receive them twice.
   * Entries on disk stay. {@link #failBlockedProducers} ends the wait.
   */
  public void abandon(Duration timeLimit) {
    abandoned = true;
    long until = System.nanoTime() + timeLimit.toNanos();
    Thread flushing = Thread.ofVirtual().start(this::flush); // the queue may be full
    try {
      while ((flushing.isAlive() || outbox.status().requests() > 0)
          && !closing
          && System.nanoTime() - until < 0) {
        Thread.sleep(CHECK_INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close(Duration.ZERO);
  }

  /**
   * Sends as much as possible within the time limit. The rest stays on disk; without a disk queue
   * its entries are not settled, so their sources resend them.
   */
  public void close(Duration timeLimit) {
    Thread flushing = Thread.ofVirtual().start(this::flush); // the queue may be full
    try {
      flushing.join(timeLimit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closing = true;
    outbox.close(timeLimit);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
