package dev.tethys.collect.observe.request;

import dev.tethys.collect.observe.connection.ConnectionTracker;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.Direction;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.collect.observe.protocol.ProtocolConnection;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** UDP sockets connected to name servers: the most recently used ones. Not thread-safe. */
final class DnsSockets {
  private static final int MAX_SOCKETS = 4096;

  private record DnsSession(long ports, ProtocolConnection parser) {}

  private final DnsMetrics metrics;
  private final ConnectionTracker tracker;
  private final ProtocolCounters counters;
  private final LinkedHashMap<Long, DnsSession> sockets = new LinkedHashMap<>(64, 0.75f, true);

  DnsSockets(DnsMetrics metrics, ConnectionTracker tracker, ProtocolCounters counters) {
    this.metrics = metrics;
    this.tracker = tracker;
    this.counters = counters;
  }

  /** Returns the parser for a socket. */
  ProtocolConnection parser(long socket, long ports, Owner owner) {
    DnsSession e = sockets.get(socket);
    if (e == null || e.ports() != ports || !e.parser().wantsPayloads()) {
      close(sockets.remove(socket));
      e =
          new DnsSession(
              ports,
              new ProtocolConnection(
                  r -> {
                    if (r.protocol() == Protocol.DNS) {
                      metrics.add(owner, r);
                      tracker.learn(r.target(), r.answers());
                    }
                  },
                  counters,
                  Direction.SENT));
      sockets.put(socket, e);
      if (sockets.size() > MAX_SOCKETS) {
        Map.Entry<Long, DnsSession> oldest = sockets.pollFirstEntry();
        close(oldest == null ? null : oldest.getValue());
      }
    }
    return e.parser();
  }

  /** Reports questions without a response. */
  void flushIdle(long now) {
    sockets.values().forEach(e -> e.parser().flushIdle(now));
  }

  /** Discards open queries, because their responses may be among the lost events. */
  void lost() {
    sockets.values().forEach(e -> e.parser().resynchronise());
  }

  private static void close(@Nullable DnsSession e) {
    if (e != null) {
      e.parser().close();
    }
  }
}
