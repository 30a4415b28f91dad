package dev.tethys.collect.kubernetes.event;

import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Sends the events of a cluster, each once for each count it reaches.
 *
 * <p>An event is identified by its UID and count, not by the resource version: the server may have
 * forgotten a version after minutes, and then a list shows all events again. What the receiver has
 * acknowledged is on disk before the next batch is sent, so a restart sends no event twice. If the
 * process dies between an acknowledgement and its record, one batch is repeated.
 *
 * <p>The watch waits while a batch is not acknowledged: what is not sent stays in the API.
 */
public final class EventFeed implements ResourceCache.Listener<ClusterEvent>, AutoCloseable {
  /** Name of the service of all records. */
  public static final String SERVICE = "KubernetesEvents";

  /** API path of the events. */
  public static final String PATH = "/api/v1/events";

  static final int MAX_BATCH = 200;

  /** Most events of the API; more are not sent. */
  static final int MAX_EVENTS = 200_000;

  private static final System.Logger LOG = JulLogger.of(EventFeed.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final Duration TO_STOP = Duration.ofSeconds(5);

  private final SentEvents sent;
  private final LogDestination destination;
  private final ResourceWatch.Pause pause;
  private final long since;
  private final Thread thread;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final AtomicLong sentCount = new AtomicLong();
  private final AtomicLong refusedCount = new AtomicLong();
  private final ResourceCache<ClusterEvent> cache;
  private volatile String problem = "";
  private boolean listed; // of the thread of the watch

  /**
   * @param folder of the file of sent events; null for none, then only events after the start are
   *     sent
   * @param nowMillis Unix milliseconds
   * @throws IOException if the file cannot be read, or another process has it
   */
  public EventFeed(
      ResourceWatch.Connection api,
      LogDestination destination,
      @Nullable Path folder,
      long nowMillis)
      throws IOException {
    this.sent = new SentEvents(folder);
    this.destination = destination;
    this.pause = api.pause();
    this.since = folder == null ? nowMillis / 1000 * 1000 : Long.MIN_VALUE;
    this.cache =
        new ResourceCache<>(new ResourceWatch.Scope(PATH, "", "", false), api, this, MAX_EVENTS);
    this.thread = cache.thread("kubernetes-events");
  }

  /** Starts to watch. */
  public void start() {
    thread.start();
  }

  /** Number of events that were acknowledged. */
  public long sentCount() {
    return sentCount.get();
  }

  /** Number of events that the receiver refused. */
  public long refusedCount() {
    return refusedCount.get();
  }

  /** Last failure of the API or the receiver; empty if none. */
  public String problem() {
    return problem;
  }

  @Override
  public ClusterEvent read(JsonNode object) {
    ClusterEvent e = ClusterEvent.of(object);
    return e.millis() >= since ? e : e.withoutRecord();
  }

  @Override
  public ClusterEvent retained(ClusterEvent e) {
    return e.withoutRecord();
  }

  @Override
  public void changed(List<ResourceCache.Change<ClusterEvent>> changes) {
    List<ClusterEvent> fresh = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    for (ResourceCache.Change<ClusterEvent> c : changes) {
      ClusterEvent before = c.before();
      ClusterEvent after = c.after();
      if (after != null && after.record() != null && !sent.has(after)) {
        fresh.add(after);
      }
      if (before != null && (after == null || !after.uid().equals(before.uid()))) {
        gone.add(before.uid());
      }
    }
    fresh.sort(Comparator.comparingLong(ClusterEvent::millis));
    try {
      for (int i = 0; i < fresh.size(); i += MAX_BATCH) {
        deliver(fresh.subList(i, Math.min(fresh.size(), i + MAX_BATCH)));
      }
      if (!listed) {
        listed = true;
        Set<String> uids = new HashSet<>();
        cache.objects().values().forEach(e -> uids.add(e.uid()));
        sent.retain(uids);
      } else {
        sent.forget(gone);
      }
      problem = "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the watch ends with its next wait
    } catch (IOException e) {
      problem = IoFailures.describe(e);
      failures.failure(Level.WARNING, "Sent events not recorded", SentEvents.FILE, e);
    }
  }

  private void deliver(List<ClusterEvent> events) throws InterruptedException, IOException {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().setName("coroot-cluster-agent");
    for (ClusterEvent e : events) {
      LogRecord r = e.record();
      if (r != null) {
        scope.items().add(r);
      }
    }
    int records = scope.items().size();
    ResourceGroup<LogRecord> resource = new ResourceGroup<>();
    resource.resource().attributes().put("service.name", SERVICE);
    resource.scopes().add(scope);
    LogsData batch = new LogsData();
    batch.resources().add(resource);
    Duration wait = FIRST_PAUSE;
    String refusal = send(batch);
    while (refusal == null) {
      problem = "the receiver of logs does not accept events";
      pause.pause(wait);
      Duration next = wait.multipliedBy(2);
      wait = next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
      refusal = send(batch);
    }
    if (refusal.isEmpty()) {
      sentCount.addAndGet(records);
    } else {
      refusedCount.addAndGet(records);
      LOG.log(
          Level.WARNING,
          "Kubernetes events refused by the receiver events={0} reason=\"{1}\"",
          records,
          refusal);
    }
    sent.sent(events);
  }

  /** Why the batch was refused; empty if it was accepted, null if it is to be sent again. */
  private @Nullable String send(LogsData batch) throws InterruptedException {
    try {
      return destination.send(batch);
    } catch (IOException | RuntimeException e) { // events stay after any failure
      failures.failure(Level.WARNING, "Kubernetes events not sent, retrying", SERVICE, e);
      return null;
    }
  }

  @Override
  public void synced() {
    LOG.log(Level.DEBUG, "Events listed events={0}", cache.objects().size());
  }

  @Override
  public void failed(String what, String reason) {
    if (!reason.equals(problem)) {
      LOG.log(
          Level.WARNING,
          "Kubernetes API request failed, retrying what=\"{0}\" error=\"{1}\"",
          what,
          reason);
    }
    problem = reason;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      if (thread.join(TO_STOP)) {
        sent.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "File of sent events not closed", SentEvents.FILE, e);
    }
  }
}
