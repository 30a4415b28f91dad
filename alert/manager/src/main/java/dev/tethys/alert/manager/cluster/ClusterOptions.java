package dev.tethys.alert.manager.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What flags say about a cluster.
 *
 * @param listen host and port
 * @param advertise host and port that others are told; "" for where it listens
 * @param name "" for one made by chance
 * @param peers host and port of members that may be there
 * @param peerTimeout how long each member waits for the one before it to notify
 * @param resolveTimeout how long names of peers are looked up
 * @param streamTimeout how long a step of a stream may take
 * @param settleTimeout how long to wait at most until the members are known
 * @param reconnectInterval how often those that are gone are looked for; 0 for never
 * @param reconnectTimeout for how long
 * @param tls the file of TLS on both sides; null for none
 * @param label tells clusters apart
 * @param publicAddress whether a public address may be advertised when there is no private one
 */
public record ClusterOptions(
    String listen,
    String advertise,
    String name,
    List<String> peers,
    Duration peerTimeout,
    Duration resolveTimeout,
    Duration gossipInterval,
    Duration pushPullInterval,
    Duration streamTimeout,
    Duration probeTimeout,
    Duration probeInterval,
    Duration settleTimeout,
    Duration reconnectInterval,
    Duration reconnectTimeout,
    @Nullable Path tls,
    String label,
    boolean publicAddress) {
  public ClusterOptions {
    peers = List.copyOf(peers);
  }

  /** How long a first look at the members, and each further one, takes. */
  Duration settleInterval() {
    return gossipInterval.multipliedBy(10);
  }
}
