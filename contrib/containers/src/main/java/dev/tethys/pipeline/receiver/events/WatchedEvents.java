package dev.tethys.pipeline.receiver.events;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.receiver.kubernetes.LogForwarder;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Events of one namespace, or of all. Each state of an event is reported once, even if a list
 * repeats it after a watch was restarted. The watch waits while a batch is in flight and another is
 * full, so that little is buffered that the API itself still has.
 */
final class WatchedEvents implements ResourceCache.Listener<Event> {
  private static final System.Logger LOG = JulLogger.of(WatchedEvents.class.getName());

  private final String name;
  private final String version;
  private final long since;
  private final LogForwarder to;
  private final ResourceCache<Event> known;
  private final Thread thread;
  private final FailureLog failures = new FailureLog(); // of the thread

  /**
   * @param name receiver name used in log lines
   * @param namespace {@code ""} for all
   * @param since events that happened before are not reported
   * @param version version of this program
   */
  WatchedEvents(
      String name,
      String namespace,
      long since,
      String version,
      Consumer to,
      ResourceWatch.Connection means) {
    this.name = name;
    this.version = version;
    this.since = since;
    this.to = new LogForwarder(name, to, namespace, means.pause());
    String path = "/api/v1" + (namespace.isEmpty() ? "" : "/namespaces/" + namespace) + "/events";
    this.known = new ResourceCache<>(new ResourceWatch.Scope(path, "", "", false), means, this);
    this.thread = known.thread(name + " " + path);
  }

  void start() {
    to.thread().start();
    thread.start();
  }

  /** Returns the threads to interrupt on shutdown. */
  List<Thread> threads() {
    return List.of(thread, to.thread());
  }

  @Override
  public Event read(JsonNode object) {
    return Event.of(object, since, version);
  }

  @Override
  public Event retained(Event e) {
    return e.withoutRecord();
  }

  @Override
  public void changed(List<ResourceCache.Change<Event>> changes) {
    failures.succeeded();
    List<Event> fresh = new ArrayList<>();
    for (ResourceCache.Change<Event> c : changes) {
      Event e = c.after();
      if (e != null && isNew(c.before(), e)) {
        fresh.add(e);
      }
    }
    fresh.sort(Comparator.comparingLong(Event::nanos));
    for (int i = 0; i < fresh.size(); i += LogForwarder.MOST) {
      sendEvents(fresh.subList(i, Math.min(fresh.size(), i + LogForwarder.MOST)));
    }
  }

  private static boolean isNew(@Nullable Event was, Event e) {
    return e.group() != null
        && (was == null || !was.uid().equals(e.uid()) || !was.version().equals(e.version()));
  }

  private void sendEvents(Collection<Event> events) {
    List<ResourceGroup<LogRecord>> groups = new ArrayList<>();
    for (Event e : events) {
      var group = e.group();
      if (group != null) {
        groups.add(group);
      }
    }
    try {
      to.add(groups);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the watch ends with its next wait
    }
  }

  @Override
  public void synced() {
    LOG.log(Level.DEBUG, "{0}: {1} events were there before", name, known.objects().size());
  }

  @Override
  public void failed(String what, String reason) {
    if (failures.isNew(reason)) { // it is tried twice a minute
      LOG.log(Level.WARNING, "{0}: cannot {1}, retrying: {2}", name, what, reason);
    }
  }
}
