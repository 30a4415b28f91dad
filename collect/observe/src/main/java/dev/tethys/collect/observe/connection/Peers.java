package dev.tethys.collect.observe.connection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Destinations of owners with their counts. Bounded in all and for each owner, beyond which
 * destinations are counted together; forgotten after an hour without connections. Guarded by the
 * lock of the tracker.
 */
final class Peers {
  private static final String OTHER = "~other";
  private static final int MAX_PEERS = 50_000;
  private static final int MAX_PEERS_OF_OWNER = 1_000;

  /** Time without connections after which a destination is forgotten. */
  private static final long PEER_IDLE_NANOS = 3_600_000_000_000L;

  private record PeerKey(Owner owner, String destination, String actual) {}

  private final ConnectionFilter filter;
  private final DestinationNames names = new DestinationNames();
  private final Map<PeerKey, Peer> peers = new LinkedHashMap<>();
  private final Map<Owner, Integer> peersOfOwner = new HashMap<>();
  private long shed;

  Peers(ConnectionFilter filter) {
    this.filter = filter;
  }

  /** Records the addresses of a domain. */
  void learn(String domain, List<String> addresses) {
    names.learn(domain, addresses);
  }

  /** Whether an address has the name of a domain. */
  boolean isNamed(IpAddress address) {
    return names.isNamed(address);
  }

  /**
   * Counts of a destination, given the flow as seen by the client, and the same flow after address
   * translation.
   *
   * @return null if the destination is in a network that is not counted
   */
  @Nullable Peer of(Owner owner, Flow flow, Flow behind) {
    IpAddress to = flow.destination();
    if (filter.skips(to, behind.destination())) {
      return null;
    }
    DestinationNames.Destination named =
        flow.hasDestinationOf(behind)
            ? names.of(to, flow.destinationPort())
            : new DestinationNames.Destination(
                to.withPort(flow.destinationPort()),
                behind.destination().withPort(behind.destinationPort()));
    String actual = named.actual();
    PeerKey key = new PeerKey(owner, named.destination(), actual);
    Peer p = peers.get(key);
    if (p != null) {
      return p;
    }
    int ofOwner = peersOfOwner.getOrDefault(owner, 0);
    String address = actual.isEmpty() ? "" : behind.destination().toString();
    if (ofOwner >= MAX_PEERS_OF_OWNER || peers.size() >= MAX_PEERS) {
      shed++;
      key = new PeerKey(owner, OTHER, OTHER);
      actual = OTHER;
      address = "";
      p = peers.get(key);
      if (p != null) {
        return p;
      }
    }
    p = new Peer(owner, key.destination(), actual, address);
    peers.put(key, p);
    peersOfOwner.merge(owner, 1, Integer::sum);
    return p;
  }

  /** Starts a pass over all sockets, which adds up their round-trip times. */
  void beginPass() {
    for (Peer p : peers.values()) {
      p.nextRttMicros = 0;
      p.nextRttCount = 0;
    }
  }

  /** Ends a pass, and forgets destinations without connections. */
  void endPass(long time) {
    for (Iterator<Map.Entry<PeerKey, Peer>> i = peers.entrySet().iterator(); i.hasNext(); ) {
      Peer p = i.next().getValue();
      p.rttMicros = p.nextRttMicros;
      p.rttCount = p.nextRttCount;
      if (p.active <= 0 && time - p.lastUsed > PEER_IDLE_NANOS) {
        i.remove();
        peersOfOwner.computeIfPresent(p.owner(), (_, n) -> n == 1 ? null : n - 1);
      }
    }
  }

  /** Present counts. */
  List<ConnectionMetrics.PeerValues> values() {
    List<ConnectionMetrics.PeerValues> out = new ArrayList<>();
    for (Peer p : peers.values()) {
      out.add(new ConnectionMetrics.PeerValues(p));
    }
    return out;
  }

  /** Returns the number of connections counted under a common destination. */
  long shed() {
    return shed;
  }
}
