package dev.tethys.app.collector;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.config.OwnLogsPush;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.log.LogSetup;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends log records of the process over OTLP. Records wait in a bounded queue; a batch that cannot
 * be sent is tried again with the next one, and newer records are dropped while the queue is full.
 * Records of this class itself are not sent.
 */
final class LogsPusher implements AutoCloseable {
  private static final String NAME = LogsPusher.class.getName();
  private static final System.Logger LOG = JulLogger.of(NAME);

  /** Maximum time for the last records at the end. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final OwnLogsPush settings;
  private final Map<String, String> resource;
  private final OwnTelemetrySender sender;
  private final ArrayBlockingQueue<LogSetup.Entry> queue;
  private final List<LogSetup.Entry> pending = new ArrayList<>(); // of the thread alone
  private volatile boolean ended;
  private @Nullable Thread thread;
  private boolean failing;

  LogsPusher(OwnLogsPush settings, Map<String, String> resource, PrintStream console) {
    this.settings = settings;
    this.resource = resource;
    this.sender =
        new OwnTelemetrySender(OtlpSignal.LOGS, settings.otlp(), settings.timeout(), console);
    this.queue = new ArrayBlockingQueue<>(settings.queue());
  }

  void start() {
    thread =
        Thread.ofVirtual().name("logs-pusher").start(SupervisedLoop.of("logs_pusher", this::run));
  }

  /** Takes a record; drops it while the queue is full. */
  void take(LogSetup.Entry e) {
    if (!e.logger().equals(NAME)) {
      queue.offer(e);
    }
  }

  private void run() {
    try {
      while (!ended) {
        gather();
        push();
      }
      for (int tries = 0; tries <= settings.queue() / settings.batch(); tries++) {
        queue.drainTo(pending, settings.batch() - pending.size());
        if (pending.isEmpty() || !push()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the next batch to be full, or for its time. */
  private void gather() throws InterruptedException {
    long delay = Math.max(settings.delay().toNanos(), failing ? 1_000_000_000L : 0);
    long until = System.nanoTime() + delay;
    while (!ended) {
      queue.drainTo(pending, settings.batch() - pending.size());
      long left = until - System.nanoTime();
      boolean full = pending.size() >= settings.batch();
      if (full && !failing || left <= 0 && !pending.isEmpty()) {
        return;
      }
      LogSetup.Entry next =
          full
              ? null
              : queue.poll(
                  pending.isEmpty() || left <= 0 ? 100_000_000L : Math.min(left, 100_000_000L),
                  TimeUnit.NANOSECONDS);
      if (next != null) {
        pending.add(next);
      } else if (full) {
        TimeUnit.NANOSECONDS.sleep(Math.min(left, 100_000_000L));
      }
    }
  }

  private boolean push() throws InterruptedException {
    if (pending.isEmpty()) {
      return true;
    }
    String problem = null;
    boolean sent = false;
    try {
      problem = sender.send(new OtlpWriter().write(request()));
      sent = true;
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    if (sent) {
      pending.clear();
    }
    if (problem != null && !failing) {
      LOG.log(Level.WARNING, "Log records of the process not sent, retrying reason={0}", problem);
    }
    if (problem == null && failing) {
      LOG.log(Level.INFO, "Log records of the process are sent again");
    }
    failing = problem != null;
    return sent;
  }

  private LogsData request() {
    Map<String, ScopeGroup<LogRecord>> scopes = new LinkedHashMap<>();
    for (LogSetup.Entry e : pending) {
      ScopeGroup<LogRecord> scope =
          scopes.computeIfAbsent(
              e.logger(),
              name -> {
                ScopeGroup<LogRecord> s = new ScopeGroup<>();
                s.scope().setName(name);
                s.scope().setVersion(BuildInfo.current().version());
                return s;
              });
      LogRecord r = new LogRecord();
      long nanos = e.time().getEpochSecond() * 1_000_000_000L + e.time().getNano();
      r.setTimeUnixNano(nanos);
      r.setObservedTimeUnixNano(nanos);
      r.setSeverityText(e.level());
      r.setSeverityNumber(
          switch (e.level()) {
            case "ERROR" -> 17;
            case "WARN" -> 13;
            case "INFO" -> 9;
            default -> 5;
          });
      r.setBody(e.message());
      if (!e.thrown().isEmpty()) {
        r.attributes().put("exception.stacktrace", e.thrown());
      }
      scope.items().add(r);
    }
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    resource.forEach((k, v) -> group.resource().attributes().put(k, v));
    group.scopes().addAll(scopes.values());
    LogsData data = new LogsData();
    data.resources().add(group);
    return data;
  }

  @Override
  public void close() {
    ended = true;
    Thread t = thread;
    if (t != null) {
      try {
        if (!t.join(LAST)) {
          t.interrupt();
          t.join(LAST);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    sender.close();
  }
}
