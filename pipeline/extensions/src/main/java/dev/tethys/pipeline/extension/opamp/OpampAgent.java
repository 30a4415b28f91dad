package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.AgentToServer.Available;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.model.UuidV7;
import dev.tethys.pipeline.component.ConfigWatcher;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.HealthWatcher;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.extension.health.GraphHealth;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * OpAMP agent extension: collects state changes from the graph and reports them on its own threads
 * once all components run. An unreachable server is retried indefinitely and blocks no component.
 */
final class OpampAgent
    implements Extension, PipelineWatcher, GraphWatcher, HealthWatcher, ConfigWatcher {
  /** Maximum size of a message. */
  static final int MAX_MESSAGE = 16 << 20;

  /** Owner of an instance ID. */
  interface Turn {
    /** Registers this agent and returns the previous one; returns null if none. */
    @Nullable OpampAgent take(OpampAgent now);
  }

  private final OpampSettings settings;
  private final Context context;
  private final ReconnectBackoff pace;
  private final OpampLink link;
  private final Turn turn;
  private final Runnable fatal;
  private final GraphHealth health;
  private final UUID made;
  private final Reports reports;
  private final CountDownLatch over = new CountDownLatch(1);
  private final String version;

  @GuardedBy("this")
  private @Nullable SequencedMap<String, String> facts;

  private volatile UUID base;
  private volatile boolean begun;
  private volatile boolean stopped;

  /**
   * @param fatal ends the process
   */
  OpampAgent(
      OpampSettings settings,
      Context context,
      ReconnectBackoff pace,
      OpampLink link,
      Available available,
      String version,
      Turn turn,
      Runnable fatal) {
    this.settings = settings;
    this.context = context;
    this.pace = pace;
    this.link = link;
    this.version = version;
    this.turn = turn;
    this.fatal = fatal;
    this.health = new GraphHealth(null, context.clock()::millis);
    this.made =
        settings.uid() == null
            ? UuidV7.at(context.clock().millis(), new SecureRandom())
            : settings.uid();
    this.base = made;
    this.reports =
        new Reports(
            made,
            settings.capabilities(),
            available,
            pace.heartbeat(),
            context.clock()::nanos,
            context.logger(),
            null);
  }

  @Override
  public void start() {
    if (settings.parent() != 0) {
      watch(ProcessHandle.of(settings.parent()).orElse(null));
    }
  }

  /** Checks the parent process periodically; after its end, its id may be reused. */
  private void watch(@Nullable ProcessHandle parent) {
    if (stopped) {
      return;
    }
    if (parent == null || !parent.isAlive()) {
      context
          .logger()
          .log(
              Level.ERROR,
              "{0}: the process {1} of ppid runs no longer, so this one ends",
              context.name(),
              Long.toString(settings.parent()));
      fatal.run();
      return;
    }
    context.clock().schedule(settings.parentInterval(), () -> watch(parent));
  }

  @Override
  public void holds(ConfigWatcher.Effective now) {
    Map<String, String> resource = now.resource();
    if (settings.uid() == null && !begun) {
      String instance = resource.getOrDefault("service.instance.id", "");
      UUID uid = InstanceUid.parse(instance);
      if (uid != null) {
        base = uid;
        reports.identify(uid);
      } else if (!instance.isEmpty()) {
        context
            .logger()
            .log(
                Level.WARNING,
                "{0}: service.instance.id \"{1}\" is not a UUID, so this agent uses {2}; set "
                    + "instance_uid",
                context.name(),
                instance,
                made);
      }
    }
    SequencedMap<String, String> identity = new LinkedHashMap<>();
    identity.put("service.name", resource.getOrDefault("service.name", "tethys"));
    identity.put("service.version", resource.getOrDefault("service.version", version));
    SequencedMap<String, String> beside = new TreeMap<>(facts());
    beside.putAll(settings.attributes());
    if (settings.resource()) {
      resource.forEach(
          (k, v) -> {
            if (!identity.containsKey(k) && !k.equals("service.instance.id")) {
              beside.put(k, v);
            }
          });
    }
    reports.describe(identity, beside);
    if (!now.printed().isEmpty()) {
      reports.run(now.printed());
    }
  }

  private synchronized Map<String, String> facts() {
    SequencedMap<String, String> f = facts;
    if (f == null) {
      f = HostFacts.attributes();
      facts = f;
    }
    return f;
  }

  @Override
  public void runs(RunningGraph graph) {
    health.runs(graph);
  }

  @Override
  public void watchExporters(Supplier<List<ExporterHealth>> exporters) {
    health.watchExporters(exporters);
  }

  @Override
  public void ready() {
    health.become(GraphHealth.State.OK);
    reportHealth();
    if (!begun) {
      begun = true;
      context.clock().execute(context.name(), this::runConnection);
      if (settings.reports(Capability.REPORTS_HEALTH)) {
        checkHealth();
      }
    }
  }

  @Override
  public void notReady() {
    health.become(GraphHealth.State.STOPPING);
    reportHealth();
  }

  private void checkHealth() {
    if (!stopped) {
      try {
        health.refresh();
        reportHealth();
      } catch (RuntimeException e) { // the next check may succeed
        context.logger().log(Level.ERROR, context.name() + ": health of exporters not readable", e);
      }
      context
          .clock()
          .schedule(
              pace.checkInterval(),
              () -> context.clock().execute(context.name(), this::checkHealth));
    }
  }

  private void reportHealth() {
    reports.reportHealth(of(health.whole(), health.started()));
  }

  private static ComponentHealth of(GraphHealth.Status s, long started) {
    Map<String, ComponentHealth> parts = new LinkedHashMap<>();
    s.parts().forEach((name, part) -> parts.put(name, of(part, 0)));
    return new ComponentHealth(
        s.state() == GraphHealth.State.OK,
        TimeUnit.MILLISECONDS.toNanos(started),
        s.error(),
        s.state().word,
        TimeUnit.MILLISECONDS.toNanos(s.millis()),
        parts);
  }

  private void runConnection() {
    try {
      succeed();
      new OpampConnection(
              context.name(), settings.server().endpoint(), link, reports, pace, context.logger())
          .run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      over.countDown();
    }
  }

  /**
   * Takes over after a reload: the predecessor sends its last message first, and its ID may come
   * from the server.
   */
  private void succeed() throws InterruptedException {
    OpampAgent before = turn.take(this);
    if (before != null && before != this) {
      if (!before.over.await(pace.request().toMillis(), TimeUnit.MILLISECONDS)) {
        context.logger().log(Level.DEBUG, "{0}: the one before still talks", context.name());
      }
      if (before.base.equals(base)) {
        reports.identify(before.reports.uid());
      }
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    stopped = true;
    reports.stop();
    if (begun && link.isUp()) {
      try {
        Duration most = pace.farewell().compareTo(timeLimit) < 0 ? pace.farewell() : timeLimit;
        over.await(most.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    } else if (!begun) {
      over.countDown();
    }
    link.end();
  }
}
