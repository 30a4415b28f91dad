package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends log records about databases. They wait in memory, at most {@link #MAX_WAITING} with {@link
 * #MAX_CHARACTERS} in all; then the oldest are dropped and counted.
 */
final class RecordSender implements RecordSink, AutoCloseable {
  /** Most records that wait. */
  static final int MAX_WAITING = 1000;

  /** Most characters of the records that wait. */
  static final long MAX_CHARACTERS = 16 << 20;

  private static final System.Logger LOG = JulLogger.of(RecordSender.class.getName());
  private static final String SCOPE = "coroot-cluster-agent";
  private static final int MAX_BATCH = 50;
  private static final long MAX_BATCH_CHARACTERS = 1 << 20;
  private static final long FIRST_PAUSE_MILLIS = 1000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;

  private record Waiting(String service, LogRecord log, long characters) {}

  private final LogDestination destination;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Registry.Vector<Registry.Counter> outcomes;
  private final Thread thread;

  @GuardedBy("this")
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  @GuardedBy("this")
  private long characters;

  /** Starts to send. */
  RecordSender(LogDestination destination, Registry registry) {
    this.destination = destination;
    this.outcomes =
        registry.counters(
            "tethys_cluster_agent_records_total",
            "Log records about changes and statements of databases, by outcome.",
            "outcome");
    this.thread =
        Thread.ofVirtual()
            .name("database-records")
            .start(SupervisedLoop.of("database_records", this::run));
  }

  @Override
  public void take(String service, LogRecord log) {
    Waiting w = new Waiting(service, log, String.valueOf(log.body()).length());
    synchronized (this) {
      waiting.addLast(w);
      characters += w.characters;
      trim();
      notifyAll();
    }
  }

  @GuardedBy("this")
  private void trim() {
    while (waiting.size() > MAX_WAITING || characters > MAX_CHARACTERS) {
      characters -= waiting.removeFirst().characters;
      outcomes.with("dropped").inc();
    }
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    try {
      while (true) {
        List<Waiting> batch = next();
        if (send(batch)) {
          pause = FIRST_PAUSE_MILLIS;
          continue;
        }
        synchronized (this) {
          for (Waiting w : batch.reversed()) {
            waiting.addFirst(w);
            characters += w.characters;
          }
          trim();
        }
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized List<Waiting> next() throws InterruptedException {
    while (waiting.isEmpty()) {
      wait();
    }
    List<Waiting> out = new ArrayList<>();
    long sum = 0;
    while (!waiting.isEmpty() && out.size() < MAX_BATCH && sum < MAX_BATCH_CHARACTERS) {
      Waiting w = waiting.removeFirst();
      characters -= w.characters;
      sum += w.characters;
      out.add(w);
    }
    return out;
  }

  private static LogsData request(List<Waiting> batch) {
    Map<String, ScopeGroup<LogRecord>> scopes = new LinkedHashMap<>();
    LogsData data = new LogsData();
    for (Waiting w : batch) {
      scopes
          .computeIfAbsent(
              w.service,
              service -> {
                ScopeGroup<LogRecord> scope = new ScopeGroup<>();
                scope.scope().setName(SCOPE);
                ResourceGroup<LogRecord> resource = new ResourceGroup<>();
                resource.resource().attributes().put("service.name", service);
                resource.scopes().add(scope);
                data.resources().add(resource);
                return scope;
              })
          .items()
          .add(w.log);
    }
    return data;
  }

  /** False if the batch is to be sent again. */
  private boolean send(List<Waiting> batch) throws InterruptedException {
    String problem;
    boolean later = false;
    try {
      problem = destination.send(request(batch));
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
      later = true;
    }
    if (problem.isEmpty()) {
      outcomes.with("sent").add((long) batch.size());
      return true;
    }
    if (!later) {
      outcomes.with("refused").add((long) batch.size());
    }
    failures.failure(
        Level.WARNING,
        "Records about databases could not be sent to=" + destination,
        "records",
        new IOException(problem));
    return !later;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
