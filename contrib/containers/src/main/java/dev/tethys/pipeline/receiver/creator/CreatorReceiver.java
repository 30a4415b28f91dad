package dev.tethys.pipeline.receiver.creator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Follows observers and runs, for each endpoint, exactly the receivers whose rules match it.
 * Receivers not affected by a change of the endpoint keep running.
 */
final class CreatorReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(CreatorReceiver.class.getName());

  /** Rule with the template of receivers for matching endpoints. */
  record Ruled(EndpointRule rule, Template template) {}

  private final String name;
  private final List<EndpointObserver> observers;
  private final List<Ruled> templates;
  private final @Nullable CollectionHints hints;
  private final Function<PlannedReceiver, Receiver> made;
  private final Duration again;
  private final EndpointObserver.Follower follower = this::changed;
  private final Thread thread;

  /** Latest state of each endpoint to process; empty for a removed one. */
  @GuardedBy("itself")
  private final Map<String, Optional<Endpoint>> pending = new LinkedHashMap<>();

  /** Endpoints with ended receivers. */
  @GuardedBy("pending")
  private final Set<String> left = new HashSet<>();

  /** Receivers by endpoint and template name; used only by the thread. */
  private final Map<String, Map<String, CreatedReceiver>> running = new ConcurrentHashMap<>();

  /**
   * Creates a stopped instance.
   *
   * @param hints collection hints from pod annotations, or null to ignore annotations
   * @param again pause before a failed start is retried
   */
  CreatorReceiver(
      String name,
      List<EndpointObserver> observers,
      List<Ruled> templates,
      @Nullable CollectionHints hints,
      Function<PlannedReceiver, Receiver> made,
      Duration again) {
    this.name = name;
    this.observers = observers;
    this.templates = templates;
    this.hints = hints;
    this.made = made;
    this.again = again;
    this.thread =
        Thread.ofVirtual().name(name).unstarted(SupervisedLoop.of("receiver_creator", this::run));
  }

  @Override
  public void start() {
    for (Ruled t : templates) {
      if (t.template.isIdle()) {
        LOG.log(
            Level.WARNING,
            "{0}: {1} supports none of the signals of the pipelines of {0}, so it is not"
                + " created",
            name,
            t.template.id());
      }
    }
    thread.start();
    observers.forEach(o -> o.follow(follower));
  }

  private void changed(Collection<Endpoint> now, Collection<String> gone) {
    synchronized (pending) {
      gone.forEach(id -> pending.put(id, Optional.empty()));
      now.forEach(e -> pending.put(e.id(), Optional.of(e)));
      pending.notifyAll();
    }
  }

  private void run() {
    try {
      while (true) {
        Map<String, Optional<Endpoint>> some;
        Set<String> ended;
        synchronized (pending) {
          while (pending.isEmpty() && left.isEmpty()) {
            pending.wait();
          }
          some = new LinkedHashMap<>(pending);
          pending.clear();
          ended = Set.copyOf(left);
          left.clear();
        }
        for (Map.Entry<String, Optional<Endpoint>> e : some.entrySet()) {
          if (Thread.currentThread().isInterrupted()) {
            return;
          }
          become(e.getKey(), e.getValue().map(this::plannedReceivers).orElse(Map.of()));
        }
        ended.forEach(this::sweep);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is stopped
    }
  }

  /** Receivers to run for an endpoint, by template name. */
  private Map<String, PlannedReceiver> plannedReceivers(Endpoint e) {
    Map<String, PlannedReceiver> out = new HashMap<>();
    if (hints != null) {
      try {
        Optional<Template> t = hints.template(e);
        if (t.isPresent()) {
          put(t.get(), e, out);
          return out;
        }
      } catch (ConfigException | ExpressionException x) {
        LOG.log(Level.ERROR, "{0}: invalid annotations of {1}: {2}", name, e, x.getMessage());
        return out;
      } catch (RuntimeException | StackOverflowError x) {
        logFailure(e, x);
        return out;
      }
    }
    for (Ruled r : templates) {
      try {
        if (r.rule.matches(e)) {
          put(r.template, e, out);
        }
      } catch (ConfigException | ExpressionException x) {
        LOG.log(
            Level.ERROR,
            "{0}: no {1} can be made for {2}: {3}",
            name,
            r.template.id(),
            e,
            x.getMessage());
      } catch (RuntimeException | StackOverflowError x) {
        logFailure(e, x);
      }
    }
    return out;
  }

  /** Logs a failure of one endpoint, which must not delay others. */
  private void logFailure(Endpoint e, Throwable x) {
    LOG.log(Level.ERROR, name + ": cannot create receivers for " + e, x);
  }

  private static void put(Template t, Endpoint e, Map<String, PlannedReceiver> to) {
    if (!t.isIdle()) {
      to.put(t.id().toString(), t.plan(e));
    }
  }

  /** Runs these receivers for an endpoint, and no others. */
  private void become(String endpoint, Map<String, PlannedReceiver> these) {
    Map<String, CreatedReceiver> now = running.getOrDefault(endpoint, new HashMap<>());
    now.forEach(
        (template, r) -> {
          if (!these.containsKey(template)) {
            r.require(null);
          }
        });
    these.forEach(
        (template, w) -> {
          CreatedReceiver is = now.get(template);
          if (is == null || !is.require(w)) {
            CreatedReceiver r = new CreatedReceiver(w, made, again, () -> ended(endpoint));
            now.put(template, r);
            r.start();
          }
        });
    if (!now.isEmpty()) {
      running.put(endpoint, now);
    }
  }

  private void ended(String endpoint) {
    synchronized (pending) {
      left.add(endpoint);
      pending.notifyAll();
    }
  }

  /** Removes ended receivers of an endpoint. */
  private void sweep(String endpoint) {
    Map<String, CreatedReceiver> now = running.get(endpoint);
    if (now != null) {
      now.values().removeIf(CreatedReceiver::isGone);
      if (now.isEmpty()) {
        running.remove(endpoint);
      }
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    observers.forEach(o -> o.leave(follower));
    if (thread.getState() == Thread.State.NEW) {
      return;
    }
    long end = System.nanoTime() + timeLimit.plus(Duration.ofSeconds(1)).toNanos();
    thread.interrupt();
    try {
      thread.join();
      running.values().forEach(m -> m.values().forEach(r -> r.end(timeLimit)));
      for (Map<String, CreatedReceiver> m : running.values()) {
        for (Map.Entry<String, CreatedReceiver> e : m.entrySet()) {
          if (!e.getValue().join(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
            LOG.log(Level.WARNING, "{0}: {1} has not ended in time", name, e.getKey());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
