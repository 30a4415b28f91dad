package dev.tethys.insight.graph;

import dev.tethys.model.guard.SeriesMemory;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Request between two services, reconstructed from its known spans. Guarded by its owner. */
public final class Request {
  /** Connection type of messaging calls. */
  public static final String MESSAGING = "messaging_system";

  /** Connection to a database. */
  public static final String DATABASE = "database";

  /** Connection type of requests with only one side that sends spans. */
  public static final String VIRTUAL = "virtual_node";

  /** Client of requests that no known service sent. */
  public static final String USER = "user";

  /**
   * Trace and span of the client: its id is the parent of the server's span.
   *
   * @param tenant owner of the spans; requests of two tenants are never one
   * @param root true for a server without a parent
   */
  public record Key(String tenant, long traceHigh, long traceLow, long span, boolean root) {}

  /** Name of the service that sent it; "" while unknown. */
  public String client = "";

  /** Name of the service that answered it; "" while unknown. */
  public String server = "";

  /** One of the constants above, "" for a request between services. */
  public String connection = "";

  /** Name of the other side in the attributes of a span. */
  public @Nullable String peer;

  /** True if a span comes from a node agent, which does not pass on contexts. */
  public boolean observed;

  /** Side without spans, {@code client} or {@code server}; "" for none. */
  public String virtual = "";

  public long clientNanos;
  public long serverNanos;
  public boolean failed;

  private Map<String, String> dimensions = Map.of();
  private final long until;
  private long held;

  /**
   * @param until time at which it no longer waits for the other side
   */
  Request(long until) {
    this.until = until;
  }

  /** Adds a label of its edge. */
  public void dimension(String name, String value) {
    if (dimensions.isEmpty()) {
      dimensions = new TreeMap<>();
    }
    dimensions.put(name, value);
  }

  /** Returns the labels of its edge, sorted by name. */
  public Map<String, String> dimensions() {
    return dimensions;
  }

  /** Returns the edge the request belongs to. */
  public Edge edge(String tenant, boolean byOutcome) {
    return new Edge(tenant, client, server, connection, byOutcome && failed, dimensions);
  }

  boolean isComplete() {
    return !client.isEmpty() && !server.isEmpty();
  }

  boolean waitsAt(long now) {
    return until - now > 0;
  }

  /** Returns the additional bytes used by the request. */
  long grown() {
    long text = (long) client.length() + server.length() + connection.length();
    text += peer == null ? 0 : peer.length();
    for (Map.Entry<String, String> d : dimensions.entrySet()) {
      text += d.getKey().length() + d.getValue().length();
    }
    return SeriesMemory.seriesBytes(text) + SeriesMemory.LABEL_BYTES * dimensions.size() - held;
  }

  void hold(long bytes) {
    held += bytes;
  }

  long held() {
    return held;
  }
}
