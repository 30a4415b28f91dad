package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends changes of databases as log records by OTLP over HTTP, as Coroot's cluster agent does.
 * Changes wait in memory, at most {@link #MAX_WAITING}; then the oldest is dropped and counted.
 */
final class ChangeSender implements ChangeSink, AutoCloseable {
  /** Most changes that wait. */
  static final int MAX_WAITING = 1000;

  private static final System.Logger LOG = JulLogger.of(ChangeSender.class.getName());
  private static final String SERVICE = "DatabaseChanges";
  private static final String SCOPE = "coroot-cluster-agent";
  private static final int INFO = 9;
  private static final int MAX_BATCH = 50;
  private static final int MAX_ANSWER = 64 << 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long FIRST_PAUSE_MILLIS = 1000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;

  private final URI url;
  private final Map<String, String> headers;
  private final HttpClientFactory clients;
  private final WebClient client;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Registry.Vector<Registry.Counter> outcomes;
  private final Thread thread;

  @GuardedBy("this")
  private final ArrayDeque<LogRecord> waiting = new ArrayDeque<>();

  /**
   * Starts to send.
   *
   * @param url of the receiver of logs
   * @param apiKey header X-Api-Key, empty if none
   * @throws IOException if a file of the settings cannot be read
   */
  ChangeSender(
      URI url,
      String apiKey,
      boolean insecureSkipVerify,
      String caFile,
      String userAgent,
      Registry registry)
      throws IOException {
    this.url = url;
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Content-Type", "application/x-protobuf");
    all.put("Content-Encoding", "gzip");
    if (!apiKey.isEmpty()) {
      all.put("X-Api-Key", apiKey);
    }
    this.headers = Map.copyOf(all);
    this.clients = new HttpClientFactory(userAgent);
    TlsConfig tls =
        new TlsConfig("", caFile, "", "", Secret.NONE, "", "", insecureSkipVerify, null, null);
    this.client =
        clients.client(
            new HttpClientConfig(
                null,
                null,
                null,
                tls,
                false,
                true,
                new ProxyConfig(null, "", true, Map.of()),
                Map.of()));
    this.outcomes =
        registry.counters(
            "tethys_cluster_agent_changes_total",
            "Changes of schemas and settings, by outcome.",
            "outcome");
    this.thread =
        Thread.ofVirtual()
            .name("database-changes")
            .start(SupervisedLoop.of("database_changes", this::run));
  }

  @Override
  public void changed(DatabaseTarget target, DatabaseChange change, long millis) {
    LogRecord r = record(target, change, millis);
    synchronized (this) {
      waiting.addLast(r);
      if (waiting.size() > MAX_WAITING) {
        waiting.removeFirst();
        outcomes.with("dropped").inc();
      }
      notifyAll();
    }
  }

  /** Log record of a change. */
  static LogRecord record(DatabaseTarget target, DatabaseChange change, long millis) {
    LogRecord r = new LogRecord();
    r.setTimeUnixNano(millis * 1_000_000);
    r.setSeverityNumber(INFO);
    r.setSeverityText("Info");
    r.setBody(change.difference());
    r.attributes().put("db.system", target.engine().system());
    r.attributes().put("db.target", target.server().address());
    r.attributes().put("db.name", change.database());
    r.attributes().put("db_change.object", change.object());
    r.attributes().put("db_change.type", DatabaseChange.TYPE);
    return r;
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    try {
      while (true) {
        List<LogRecord> batch = next();
        if (send(batch)) {
          pause = FIRST_PAUSE_MILLIS;
          continue;
        }
        synchronized (this) {
          batch.reversed().forEach(waiting::addFirst);
          while (waiting.size() > MAX_WAITING) {
            waiting.removeFirst();
            outcomes.with("dropped").inc();
          }
        }
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized List<LogRecord> next() throws InterruptedException {
    while (waiting.isEmpty()) {
      wait();
    }
    List<LogRecord> out = new ArrayList<>();
    while (!waiting.isEmpty() && out.size() < MAX_BATCH) {
      out.add(waiting.removeFirst());
    }
    return out;
  }

  private static byte[] request(List<LogRecord> batch) {
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().setName(SCOPE);
    scope.items().addAll(batch);
    ResourceGroup<LogRecord> resource = new ResourceGroup<>();
    resource.resource().attributes().put("service.name", SERVICE);
    resource.scopes().add(scope);
    LogsData data = new LogsData();
    data.resources().add(resource);
    byte[] body = new OtlpWriter().write(data);
    return Compression.GZIP.compress(body, 0, body.length, Compression.DEFAULT_LEVEL);
  }

  /** False if the batch is to be sent again. */
  private boolean send(List<LogRecord> batch) throws InterruptedException {
    String problem;
    boolean later = true;
    try (ClientResponse a =
        client.send(new ClientRequest("POST", url, headers, request(batch), TIMEOUT, null))) {
      a.body().readNBytes(MAX_ANSWER);
      if (a.status() / 100 == 2) {
        outcomes.with("sent").add((long) batch.size());
        return true;
      }
      problem = "HTTP status " + a.status();
      later = a.status() == 429 || a.status() >= 500;
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    if (!later) {
      outcomes.with("refused").add((long) batch.size());
    }
    failures.failure(
        Level.WARNING,
        "Changes of databases could not be sent url=" + url.getHost(),
        "changes",
        new IOException(problem));
    return !later;
  }

  @Override
  public void close() {
    thread.interrupt();
    clients.close();
  }
}
