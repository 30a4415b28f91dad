package dev.tethys.collect.logs.push;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceThreads;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pulls log entries from Pub/Sub. A message is acknowledged when its entry is delivered; until then
 * its lease is extended, however long that takes. Undelivered messages are returned at the end.
 *
 * <p>A message that is redelivered while it is held, or shortly after it was acknowledged, is not
 * passed on again: the service promises at-least-once delivery.
 */
final class GcpPullSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(GcpPullSource.class.getName());

  /** Maximum number of held messages, as in Google's libraries; pulling waits at this limit. */
  static final int MAX_HELD = 1000;

  /** Maximum number of their bytes. */
  private static final long MAX_HELD_BYTES = 64L << 20;

  /** Maximum number of acknowledged messages remembered. */
  private static final int MAX_DONE = 10_000;

  /** Lease duration of messages, and renewal interval. */
  private static final Duration LEASE = Duration.ofSeconds(60);

  /** Interval over which acknowledgements are batched. */
  private static final Duration TOGETHER = Duration.ofMillis(100);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);
  private static final Duration END_PATIENCE = Duration.ofSeconds(5);

  private final class Held implements LogEntry.Origin {
    private final String id;
    private final int bytes;
    private String ackId; // guarded by the source

    Held(PubSub.Message m) {
      this.id = m.id();
      this.ackId = m.ackId();
      this.bytes = m.data().length;
    }

    @Override
    public void settled() {
      done(this);
    }
  }

  private final GcpConfig config;
  private final PubSub api;
  private final SourceContext context;
  private final Duration renewal;
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final CountDownLatch stopped = new CountDownLatch(1);

  @GuardedBy("this")
  private final Map<String, Held> held = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, Boolean> doneIds = BoundedMap.byAge(MAX_DONE);

  @GuardedBy("this")
  private final Deque<String> toAcknowledge = new ArrayDeque<>();

  @GuardedBy("this")
  private final List<String> toReturn = new ArrayList<>();

  @GuardedBy("this")
  private long heldBytes;

  @GuardedBy("this")
  private int most = MAX_HELD;

  @GuardedBy("this")
  private int acknowledging;

  @GuardedBy("this")
  private boolean closed;

  private volatile String problem = "";
  private @Nullable Thread puller;
  private @Nullable Thread leaseThread;

  GcpPullSource(GcpConfig config, PubSub api, SourceContext context) {
    this(config, api, context, LEASE.dividedBy(3));
  }

  /**
   * @param renewal how often the deadlines of held messages are extended
   */
  GcpPullSource(GcpConfig config, PubSub api, SourceContext context, Duration renewal) {
    this.config = config;
    this.api = api;
    this.context = context;
    this.renewal = renewal;
    this.entries =
        context
            .metrics()
            .counters(
                "promtail_gcplog_target_entries_total",
                "Help number of successful entries sent to the gcplog target",
                "project")
            .with(config.project());
    this.errors =
        context
            .metrics()
            .counters(
                "promtail_gcplog_target_parsing_errors_total",
                "Total number of parsing errors while receiving gcplog messages",
                "project")
            .with(config.project());
  }

  @Override
  public void start() {
    leaseThread =
        Thread.ofVirtual()
            .name("pubsub-keep-" + context.job())
            .start(SupervisedLoop.of("log_pubsub", this::keep));
    puller =
        Thread.ofVirtual()
            .name("pubsub-" + context.job())
            .start(SupervisedLoop.of("log_pubsub", this::pull));
  }

  private void pull() {
    Duration pause = FIRST_PAUSE;
    try {
      while (stopped.getCount() > 0) {
        int room = room();
        try {
          List<PubSub.Message> messages = api.pull(room);
          problem = "";
          synchronized (this) {
            most = Math.min(MAX_HELD, 2 * most);
          }
          take(messages);
          pause = FIRST_PAUSE;
          continue;
        } catch (ClientResponse.TooLargeException e) {
          synchronized (this) {
            most = Math.max(1, room / 2);
          }
        } catch (IOException e) {
          logFailure(e);
        }
        if (stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        pause = pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void logFailure(IOException e) {
    String what = String.valueOf(e.getMessage());
    if (!what.equals(problem)) {
      LOG.log(Level.WARNING, "{0}: {1}", config.subscription(), what);
    }
    errors.inc();
    problem = what;
  }

  /** Number of further messages that fit; waits until there is space. */
  private synchronized int room() throws InterruptedException {
    while (held.size() >= MAX_HELD || heldBytes >= MAX_HELD_BYTES) {
      wait();
    }
    return Math.min(most, MAX_HELD - held.size());
  }

  private void take(List<PubSub.Message> messages) throws InterruptedException {
    List<Held> fresh = new ArrayList<>();
    List<PubSub.Message> wanted = new ArrayList<>();
    synchronized (this) {
      for (PubSub.Message m : messages) {
        Held known = held.get(m.id());
        if (known != null) {
          known.ackId = m.ackId(); // the newest counts
        } else if (doneIds.containsKey(m.id())) {
          toAcknowledge.add(m.ackId());
        } else {
          Held h = new Held(m);
          held.put(m.id(), h);
          heldBytes += h.bytes;
          fresh.add(h);
          wanted.add(m);
        }
      }
    }
    try {
      renew(); // at once: a subscription may leave as little as ten seconds
    } catch (IOException e) {
      logFailure(e); // redelivered messages are recognized by id
    }
    int i = 0;
    try {
      for (; i < fresh.size(); i++) {
        forward(wanted.get(i), fresh.get(i));
      }
    } finally {
      release(fresh.subList(i, fresh.size()));
    }
  }

  /** Queues unforwarded messages for return to the server. */
  private synchronized void release(List<Held> unread) {
    for (Held h : unread) {
      if (held.remove(h.id, h)) {
        heldBytes -= h.bytes;
        toReturn.add(h.ackId);
      }
    }
  }

  private void forward(PubSub.Message m, Held h) throws InterruptedException {
    GcpEntry entry = GcpEntry.of(m.data(), config.wholeEntry());
    LabelsBuilder b = config.labels().toBuilder();
    entry.addLabels(b);
    Labels labels = context.relabeled(b.build());
    if (labels == null || m.data().length == 0) {
      h.settled();
      return;
    }
    long time = config.keepTimes() ? entry.time(context::now) : context.now();
    context.accept(new LogEntry(labels, time, entry.line(), h));
    entries.inc();
  }

  private synchronized void done(Held h) {
    if (held.remove(h.id, h)) {
      heldBytes -= h.bytes;
      toAcknowledge.add(h.ackId);
      doneIds.put(h.id, true);
      notifyAll();
    }
  }

  /** Acknowledges delivered messages in batches, and extends the leases of others. */
  private void keep() {
    long renewed = System.nanoTime();
    Duration pause = TOGETHER;
    try {
      while (!isClosed()) {
        Thread.sleep(pause);
        try {
          if (System.nanoTime() - renewed >= renewal.toNanos()) {
            renewed = System.nanoTime();
            renew();
          }
          acknowledge();
          pause = TOGETHER;
        } catch (IOException e) {
          logFailure(e);
          pause = FIRST_PAUSE;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void renew() throws IOException, InterruptedException {
    for (List<String> ids : parts(heldIds())) {
      try {
        api.extend(ids, LEASE);
      } catch (PubSub.RefusedException e) {
        if (!e.isLasting()) {
          throw e;
        }
        logFailure(e); // what cannot be kept comes again, and is known by its id
      }
    }
  }

  private synchronized List<String> heldIds() {
    return held.values().stream().map(h -> h.ackId).toList();
  }

  private static List<List<String>> parts(List<String> ids) {
    List<List<String>> out = new ArrayList<>();
    for (int i = 0; i < ids.size(); i += PubSub.MAX_IDS) {
      out.add(ids.subList(i, Math.min(ids.size(), i + PubSub.MAX_IDS)));
    }
    return out;
  }

  private void acknowledge() throws IOException, InterruptedException {
    while (true) {
      List<String> ids = new ArrayList<>();
      synchronized (this) {
        while (ids.size() < PubSub.MAX_IDS && !toAcknowledge.isEmpty()) {
          ids.add(toAcknowledge.remove());
        }
        acknowledging = ids.size();
      }
      boolean answered = ids.isEmpty();
      try {
        if (answered) {
          return;
        }
        api.acknowledge(ids);
        answered = true;
      } catch (PubSub.RefusedException e) {
        if (!e.isLasting()) {
          throw e;
        }
        answered = true;
        logFailure(e); // they come again, and are acknowledged then
      } finally {
        synchronized (this) {
          acknowledging = 0;
          if (!answered) {
            toAcknowledge.addAll(ids);
          }
        }
      }
    }
  }

  @Override
  public void stop() {
    stopped.countDown();
    SourceThreads.interrupt(puller, STOP_PATIENCE);
    puller = null;
  }

  @Override
  public void close() {
    stop();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      notifyAll();
    }
    SourceThreads.interrupt(leaseThread, STOP_PATIENCE);
    Thread last =
        Thread.ofVirtual().name("pubsub-end-" + context.job()).start(this::returnMessages);
    try {
      if (!last.join(END_PATIENCE)) {
        last.interrupt();
      }
    } catch (InterruptedException e) {
      last.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void returnMessages() {
    try {
      acknowledge();
      List<String> all = new ArrayList<>(heldIds());
      synchronized (this) {
        all.addAll(toReturn);
      }
      for (List<String> ids : parts(all)) {
        api.extend(ids, Duration.ZERO);
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "{0}: messages will be redelivered: {1}",
          config.subscription(),
          e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized boolean isDelivered() {
    return held.isEmpty() && toAcknowledge.isEmpty() && acknowledging == 0;
  }

  @Override
  public Labels labels() {
    return config.labels();
  }

  @Override
  public synchronized Map<String, String> details() {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("subscription", config.subscription());
    m.put("held", Integer.toString(held.size()));
    m.put("error", problem);
    return m;
  }
}
