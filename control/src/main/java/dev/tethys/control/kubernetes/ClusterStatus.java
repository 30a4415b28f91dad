package dev.tethys.control.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.source.Repository;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the status of cluster objects, on its own thread, while this process is the leader. A
 * write has the resource version that was read, so that it never overwrites another one; fields of
 * other writers are preserved.
 */
public final class ClusterStatus {
  private static final System.Logger LOG = JulLogger.of(ClusterStatus.class.getName());

  /**
   * Minimum time between two writes of an object in which only strings differ, such as progress.
   */
  private static final Duration TEXTS = Duration.ofSeconds(5);

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final long MAX_ANSWER = 4 << 20;

  private final ResourceWatch.Connection connection;
  private final BooleanSupplier leads;
  private final LimitedLog failures = new LimitedLog(LOG);
  private final Map<String, ClusterObject> latest = new ConcurrentHashMap<>(); // by path
  private final Thread thread;

  @GuardedBy("this")
  private Map<String, ClusterConditions> wanted = Map.of();

  @GuardedBy("this")
  private boolean isNew;

  private final Map<String, Written> written = new HashMap<>(); // of the thread; by path

  /**
   * Last write of a status.
   *
   * @param sent without times
   * @param stored status as stored by the server; its definition may lack some fields
   */
  private record Written(long nanos, JsonNode sent, JsonNode stored) {}

  /**
   * @param leads whether this process may write
   */
  public ClusterStatus(ResourceWatch.Connection connection, BooleanSupplier leads) {
    this.connection = connection;
    this.leads = leads;
    this.thread = Thread.ofVirtual().name("cluster-status").unstarted(this::run);
  }

  boolean mayWrite() {
    return leads.getAsBoolean();
  }

  void start() {
    thread.start();
  }

  void close() {
    thread.interrupt();
  }

  /** Records the current status of an object. */
  void observed(ClusterObject o) {
    latest.computeIfPresent(o.path(), (path, before) -> o);
  }

  /**
   * Sets the status to write.
   *
   * @param objects objects by path
   * @param leftOut ignored objects, with reasons
   */
  void show(
      Map<String, ClusterObject> objects, Map<String, String> leftOut, Repository.State state) {
    Map<String, ClusterConditions> now = ClusterConditions.of(objects, leftOut, state);
    latest.keySet().retainAll(now.keySet());
    now.keySet()
        .forEach(
            path ->
                latest.merge(
                    path,
                    java.util.Objects.requireNonNull(objects.get(path)),
                    (is, read) -> is.uid().equals(read.uid()) ? is : read));
    synchronized (this) {
      wanted = now;
      isNew = true;
      notifyAll();
    }
  }

  private void run() {
    Duration pause = PAUSE;
    try {
      while (true) {
        Map<String, ClusterConditions> now = next();
        pause = writeAll(now) ? PAUSE : longer(pause);
        if (pause.compareTo(PAUSE) > 0) {
          connection.pause().pause(pause);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }

  private synchronized Map<String, ClusterConditions> next() throws InterruptedException {
    while (!isNew) {
      wait();
    }
    isNew = false;
    return wanted;
  }

  /** Whether no write failed; one failure does not prevent the others. */
  private boolean writeAll(Map<String, ClusterConditions> now) throws InterruptedException {
    boolean good = true;
    written.keySet().retainAll(now.keySet());
    for (Map.Entry<String, ClusterConditions> e : now.entrySet()) {
      if (!mayWrite()) {
        return true;
      }
      ClusterObject o = latest.get(e.getKey());
      if (o == null) {
        continue;
      }
      try {
        write(o, e.getValue());
      } catch (IOException | RuntimeException x) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        failures.failure(Level.WARNING, "Status not written, it is tried again", o.path(), x);
        good = false;
      }
    }
    return good;
  }

  private void write(ClusterObject o, ClusterConditions wanted)
      throws IOException, InterruptedException {
    JsonNode now = wanted.merged(o.status());
    if (now.equals(o.status())) {
      return;
    }
    Written last = written.get(o.path());
    JsonNode sent = ClusterConditions.without("lastTransitionTime", now);
    if (last != null && sent.equals(last.sent) && o.status().equals(last.stored)) {
      return; // the server keeps no more of it
    }
    boolean texts =
        ClusterConditions.without("message", now)
            .equals(ClusterConditions.without("message", o.status()));
    if (texts && last != null && System.nanoTime() - last.nanos < TEXTS.toNanos()) {
      return; // the next look brings it
    }
    ObjectNode body = JsonMapper.shared().createObjectNode();
    body.putObject("metadata").put("resourceVersion", o.version());
    body.set("status", now);
    JsonNode answer = call("PATCH", o.statusPath(), body);
    if (answer == null) { // another write was first
      answer = call("GET", o.kind().list(o.namespace()) + "/" + o.name(), null);
    } else {
      written.put(o.path(), new Written(System.nanoTime(), sent, answer.path("status")));
    }
    if (answer != null) {
      observed(ClusterObject.of(o.kind(), answer));
    }
  }

  /**
   * Calls the API and returns the object; null if there is none, or the version is not the latest.
   */
  private @Nullable JsonNode call(String method, String path, @Nullable ObjectNode body)
      throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>(Map.of("Accept", "application/json"));
    if (body != null) {
      headers.put("Content-Type", "application/merge-patch+json");
    }
    URI uri = URI.create(connection.access().base() + path);
    ClientRequest call =
        new ClientRequest(
            method,
            uri,
            headers,
            body == null ? null : body.toString().getBytes(StandardCharsets.UTF_8),
            TIMEOUT,
            null);
    try (ClientResponse a = connection.sender().send(connection.access().client(), call)) {
      if (a.status() == 404 || a.status() == 409) {
        return null;
      }
      if (a.status() == 401) {
        connection.access().refused();
      }
      if (a.status() != 200) {
        String text = new String(a.bytes(1 << 16), StandardCharsets.UTF_8);
        throw new IOException(
            method + " " + uri + " answered with status " + a.status() + ": " + message(text));
      }
      try (InputStream in = a.decoded(MAX_ANSWER)) {
        return JsonMapper.shared().readTree(in);
      } catch (JacksonException e) {
        throw new IOException(uri + " sent a response that is not JSON: " + e.getMessage(), e);
      }
    }
  }

  private static String message(String body) {
    try {
      return JsonMapper.shared().readTree(body).path("message").asString(body);
    } catch (JacksonException e) {
      return body;
    }
  }
}
