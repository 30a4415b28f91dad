package dev.tethys.insight.graph.stored;

import dev.tethys.insight.graph.CountTable;
import dev.tethys.insight.graph.SeriesRoom;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Samples;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.traces.SpanBatch;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Addresses of databases in the spans of their clients, one series of value 1 for each client,
 * database and address. They join a name in spans with the process that listens at the address.
 *
 * <p>Bounds: {@link #MAX_ADDRESSES} by edge, the maximum number of series, and the memory of
 * series. Addresses beyond them are left out. Ports that kernels give to clients are left out as
 * well: each connection might have another. Guarded by its owner.
 */
final class CalleeAddresses {
  static final String NAME = "traces_service_graph_address_info";

  /** The most addresses of an edge. */
  static final int MAX_ADDRESSES = 8;

  private static final int MAX_HOST = 253; // a DNS name
  private static final int MAX_ID = 64; // of a machine

  /** Linux's default of ip_local_port_range. */
  private static final int FIRST_EPHEMERAL = 32_768;

  private static final int LAST_EPHEMERAL = 60_999;
  private static final int LABELS = 7;

  private final CountTable<Callee, Info> table;
  private final Map<Callee, Integer> counts = new HashMap<>(); // by edge, without an address

  /**
   * Database with an address.
   *
   * @param address host and port by name or number; "" if unknown
   * @param peer address and port of the connection; "" if unknown
   * @param host id of the client's machine if the address is of loopback; "" otherwise
   */
  private record Callee(
      String tenant, String client, String server, String address, String peer, String host) {
    Callee edge() {
      return new Callee(tenant, client, server, "", "", "");
    }

    long bytes() {
      long text = (long) client.length() + server.length() + address.length() + peer.length();
      return SeriesMemory.seriesBytes(text + host.length()) + SeriesMemory.LABEL_BYTES * LABELS;
    }
  }

  private final class Info extends StoredCounts {
    private final Callee edge;
    private final StoredSeries series;

    Info(Callee c, long now) {
      super(now);
      edge = c.edge();
      LabelsBuilder b =
          new LabelsBuilder()
              .set("client", c.client)
              .set("server", c.server)
              .set("connection_type", "database")
              .set("address", c.address)
              .set("peer", c.peer)
              .set("host_id", c.host);
      series = new StoredSeries(NAME, labels(b, c.tenant));
      counts.merge(edge, 1, Integer::sum);
    }

    @Override
    void write(Appender a, long start, long time) {
      series.write(a, 0, time, 1, null);
    }

    @Override
    void end(Appender a, long time) {
      series.write(a, 0, time, Samples.STALE, null);
      counts.computeIfPresent(edge, (_, n) -> n > 1 ? n - 1 : null);
    }
  }

  /** Attributes of a batch that have addresses. */
  static final class Attributes {
    private final SpanBatch batch;
    private final SpanBatch.Lookup address;
    private final SpanBatch.Lookup port;
    private final SpanBatch.Lookup oldAddress;
    private final SpanBatch.Lookup oldPort;
    private final SpanBatch.Lookup peer;
    private final SpanBatch.Lookup peerPort;
    private final SpanBatch.Lookup oldPeer;
    private final SpanBatch.Lookup oldPeerPort;
    private final SpanBatch.Lookup host;

    Attributes(SpanBatch b) {
      batch = b;
      address = b.attribute(b.attributes, "server.address");
      port = b.attribute(b.attributes, "server.port");
      oldAddress = b.attribute(b.attributes, "net.peer.name");
      oldPort = b.attribute(b.attributes, "net.peer.port");
      peer = b.attribute(b.attributes, "network.peer.address");
      peerPort = b.attribute(b.attributes, "network.peer.port");
      oldPeer = b.attribute(b.attributes, "net.sock.peer.addr");
      oldPeerPort = b.attribute(b.attributes, "net.sock.peer.port");
      host = b.attribute(b.resources, "host.id");
    }

    private @Nullable String first(int span, SpanBatch.Lookup... lookups) {
      for (SpanBatch.Lookup l : lookups) {
        String text = l.text(span);
        if (text != null && !text.isEmpty()) {
          return text;
        }
      }
      return null;
    }

    private @Nullable Callee callee(String tenant, String client, String server, int span) {
      String serverPort = first(span, port, oldPort);
      String connected = first(span, peerPort, oldPeerPort, port, oldPort);
      String name = withPort(first(span, address, oldAddress), serverPort);
      String ip = withPort(first(span, peer, oldPeer), connected);
      if (name.isEmpty() && ip.isEmpty()) {
        return null;
      }
      String id = "";
      if (isLoopback(ip) || ip.isEmpty() && isLoopback(name)) {
        String text = host.text(batch.resource(span));
        id = text == null || text.length() > MAX_ID ? "" : text;
      }
      return new Callee(tenant, client, server, name, ip, id);
    }
  }

  /**
   * @param max most series
   */
  CalleeAddresses(int max, SeriesMemory memory) {
    table = new CountTable<>(new SeriesRoom(max, memory));
  }

  private static String withPort(@Nullable String host, @Nullable String port) {
    if (host == null || host.length() > MAX_HOST || port == null || !isServerPort(port)) {
      return "";
    }
    String known = host.equalsIgnoreCase("localhost") ? "127.0.0.1" : host;
    return known.indexOf(':') >= 0 && !known.startsWith("[")
        ? "[" + known + "]:" + port
        : known + ":" + port;
  }

  private static boolean isServerPort(String port) {
    if (!port.matches("[1-9][0-9]{0,4}")) {
      return false;
    }
    int number = Integer.parseInt(port);
    return number < FIRST_EPHEMERAL || number > LAST_EPHEMERAL && number < 65_536;
  }

  private static boolean isLoopback(String address) {
    return address.startsWith("127.") || address.startsWith("[::1]");
  }

  /** Records the address that a client's span has, if it has one. */
  void add(String tenant, String client, String server, Attributes attributes, int span, long now) {
    Callee c = attributes.callee(tenant, client, server, span);
    if (c == null) {
      return;
    }
    Info info = table.get(c);
    if (info == null && counts.getOrDefault(c.edge(), 0) < MAX_ADDRESSES) {
      info = table.add(c, 1, c.bytes(), () -> new Info(c, now));
    }
    if (info != null) {
      info.seen(now);
    }
  }

  /** Number of series. */
  int size() {
    return table.size();
  }

  /** Appends all series; those without spans for a time end. */
  void write(Object lock, Appender a, long now, long interval, long stale) {
    StoredCounts.write(table, lock, a, now, interval, stale);
  }
}
