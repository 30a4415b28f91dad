package dev.tethys.web.kubernetes;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Leader election by a Lease of the cluster's API, compatible with the Kubernetes client for Go, so
 * that both can compete for one lease.
 *
 * <p>The process whose identity is in the lease is the leader and renews the time in it. A lease of
 * another process is free once it has not changed for its duration, measured by the local clock:
 * clocks of machines are not compared. Writes carry the version that was read; the server accepts
 * one of them. The leader steps down when its last accepted write began longer ago than the
 * deadline, which is less than the duration, whether or not the server is reachable; and
 * immediately when it reads another identity.
 *
 * <p>Not thread-safe, except {@link #leads}, which any thread may call, and {@link #release}, which
 * is called after that thread has ended.
 */
public final class LeaseElection {
  /** The longest lease that is read. */
  private static final long MAX_BYTES = 1 << 20;

  /** Maximum random addition to the wait of a non-leader, so that requests are spread. */
  private static final double JITTER = 0.2;

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Election settings.
   *
   * @param identity unique name of this process
   * @param duration time after which an unchanged lease is free; whole seconds only
   * @param deadline time within which a renewal must be accepted; less than the duration
   * @param retry interval between attempts
   */
  public record Terms(
      String namespace,
      String name,
      String identity,
      Duration duration,
      Duration deadline,
      Duration retry) {}

  /**
   * Clocks, replaceable in tests.
   *
   * @param nanos monotonic clock
   */
  public record Clocks(LongSupplier nanos, InstantSource wall) {
    /** The system's. */
    public static final Clocks SYSTEM = new Clocks(System::nanoTime, InstantSource.system());
  }

  /** Listener of leadership changes; never blocks. */
  public interface Listener {
    /** Reports that this process became the leader, or lost that role. */
    void leads(boolean is);

    /** An attempt failed, and another follows. */
    void failed(String reason);
  }

  private final Terms terms;
  private final ResourceWatch.Connection means;
  private final Clocks clocks;
  private final Listener listener;
  private volatile boolean leading;
  private volatile long renewedAt; // when the write began that was taken last
  private @Nullable JsonNode observed; // the lease's spec, as it was seen last
  private long observedAt; // when it was first seen so

  public LeaseElection(
      Terms terms, ResourceWatch.Connection means, Clocks clocks, Listener listener) {
    this.terms = terms;
    this.means = means;
    this.clocks = clocks;
    this.listener = listener;
  }

  /**
   * Whether this process leads now. False from the deadline on, also before the thread of the
   * election has seen that it passed, such as after a process was stopped and continues.
   */
  public boolean leads() {
    return leading && beforeDeadline(terms.deadline).isPositive();
  }

  /** Competes for the lease until the thread is interrupted, then resigns. */
  public void run() throws InterruptedException {
    try {
      while (true) {
        tryAcquire();
        means.pause().pause(leading ? beforeDeadline(terms.retry) : jittered());
      }
    } finally {
      lose();
    }
  }

  private Duration jittered() {
    double more = 1 + JITTER * ThreadLocalRandom.current().nextDouble();
    return Duration.ofNanos((long) (terms.retry.toNanos() * more));
  }

  /** A time, shortened to the deadline. */
  private Duration beforeDeadline(Duration d) {
    long remaining = terms.deadline.toNanos() - (clocks.nanos.getAsLong() - renewedAt);
    return Duration.ofNanos(Math.max(0, Math.min(d.toNanos(), remaining)));
  }

  /** Runs one attempt. */
  void tryAcquire() throws InterruptedException {
    long began = clocks.nanos.getAsLong();
    boolean held = false;
    try {
      held = attempt();
    } catch (IOException e) {
      listener.failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      listener.failed(e.toString()); // of what the server or the credentials say, which may change
    }
    if (held) {
      renewedAt = began; // before the other, so that no thread sees a former time
      if (!leading) {
        leading = true;
        listener.leads(true);
      }
    } else if (leading && (isHeldByOther() || !beforeDeadline(terms.deadline).isPositive())) {
      lose();
    }
  }

  private void lose() {
    if (leading) {
      leading = false;
      listener.leads(false);
    }
  }

  private boolean isHeldByOther() {
    String holder = observed == null ? "" : observed.path("holderIdentity").asString("");
    return !holder.isEmpty() && !holder.equals(terms.identity);
  }

  /** Whether the lease was acquired or renewed. */
  private boolean attempt() throws IOException, InterruptedException {
    JsonNode lease = call("GET", path(), null);
    if (lease == null) {
      return write("POST", collection(), fresh());
    }
    JsonNode spec = lease.path("spec");
    if (!spec.equals(observed)) {
      observed = spec;
      observedAt = clocks.nanos.getAsLong();
    }
    if (isHeldByOther() && clocks.nanos.getAsLong() - observedAt < duration(spec).toNanos()) {
      return false;
    }
    return write("PUT", path(), taken(lease));
  }

  /** Lease duration according to the holder, which may have other settings. */
  private Duration duration(JsonNode spec) {
    long seconds = spec.path("leaseDurationSeconds").asLong(0);
    return seconds > 0 ? Duration.ofSeconds(seconds) : terms.duration;
  }

  private ObjectNode fresh() {
    ObjectNode lease = JsonNodeFactory.instance.objectNode();
    lease.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    lease.putObject("metadata").put("name", terms.name).put("namespace", terms.namespace);
    String now = now();
    lease
        .putObject("spec")
        .put("holderIdentity", terms.identity)
        .put("leaseDurationSeconds", terms.duration.toSeconds())
        .put("acquireTime", now)
        .put("renewTime", now)
        .put("leaseTransitions", 0);
    return lease;
  }

  /** The lease with this process's name; fields of others are preserved. */
  private ObjectNode taken(JsonNode lease) {
    ObjectNode changed = (ObjectNode) lease.deepCopy();
    ObjectNode spec = changed.get("spec") instanceof ObjectNode s ? s : changed.putObject("spec");
    String now = now();
    if (!spec.path("holderIdentity").asString("").equals(terms.identity)) {
      spec.put("holderIdentity", terms.identity)
          .put("acquireTime", now)
          .put("leaseTransitions", spec.path("leaseTransitions").asLong(0) + 1);
    }
    spec.put("leaseDurationSeconds", terms.duration.toSeconds()).put("renewTime", now);
    return changed;
  }

  private String now() {
    Instant t = clocks.wall.instant();
    return MICROS.format(t);
  }

  private boolean write(String method, String path, ObjectNode lease)
      throws IOException, InterruptedException {
    JsonNode written = call(method, path, lease);
    if (written == null) {
      return false; // another was first
    }
    observed = written.path("spec");
    observedAt = clocks.nanos.getAsLong();
    return true;
  }

  /**
   * Releases a held lease, so that other candidates need not wait for its expiry. Called after all
   * work of the leader has ended.
   */
  public void release(Duration timeLimit) throws IOException, InterruptedException {
    JsonNode lease = call("GET", path(), null, timeLimit);
    if (lease == null
        || !lease.path("spec").path("holderIdentity").asString("").equals(terms.identity)) {
      return;
    }
    ObjectNode free = taken(lease);
    ((ObjectNode) free.get("spec")).put("holderIdentity", "").put("leaseDurationSeconds", 1);
    call("PUT", path(), free, timeLimit);
  }

  private String collection() {
    return "/apis/coordination.k8s.io/v1/namespaces/" + terms.namespace + "/leases";
  }

  private String path() {
    return collection() + "/" + terms.name;
  }

  private @Nullable JsonNode call(String method, String path, @Nullable ObjectNode body)
      throws IOException, InterruptedException {
    Duration remaining = leading ? beforeDeadline(terms.deadline) : terms.deadline;
    if (!remaining.isPositive()) {
      throw new IOException(
          "the lease was not renewed within " + terms.deadline.toMillis() + " ms");
    }
    return call(method, path, body, remaining);
  }

  /** Response body; null if the object does not exist or another process was first. */
  private @Nullable JsonNode call(
      String method, String path, @Nullable ObjectNode body, Duration timeout)
      throws IOException, InterruptedException {
    URI uri = URI.create(means.access().base() + path);
    byte[] sent = body == null ? null : JSON.writeValueAsBytes(body);
    Map<String, String> headers =
        sent == null
            ? Map.of("Accept", "application/json")
            : Map.of("Accept", "application/json", "Content-Type", "application/json");
    ClientRequest call = new ClientRequest(method, uri, headers, sent, timeout, null);
    try (ClientResponse a = means.sender().send(means.access().client(), call)) {
      int status = a.status();
      if ((status == 404 && body == null) || status == 409) {
        return null;
      }
      if (status == 401) {
        means.access().refused();
      }
      if (status != 200 && status != 201) {
        throw new IOException(method + " " + uri + " answered with status " + status);
      }
      try (InputStream in = a.decoded(MAX_BYTES)) {
        JsonNode n = JSON.readTree(in);
        if (!n.isObject()) {
          throw new IOException(uri + " sent a response that is not a JSON object");
        }
        return n;
      } catch (JacksonException e) {
        throw new IOException(uri + " sent an invalid response: " + JsonFailures.describe(e), e);
      }
    }
  }
}
