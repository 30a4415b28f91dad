package dev.tethys.alert.manager.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cluster options from command-line flags.
 *
 * @param listen host and port
 * @param advertise advertised host and port; "" for the listen address
 * @param name "" for a random name
 * @param peers host and port of possible members
 * @param peerTimeout how long each member waits for the previous one to notify
 * @param resolveTimeout timeout for resolving the names of peers
 * @param streamTimeout timeout of each stream operation
 * @param settleTimeout maximum time to wait until the members are known
 * @param reconnectInterval interval of reconnect attempts to lost members; 0 for never
 * @param reconnectTimeout time after which reconnect attempts end
 * @param tls the file of TLS on both sides; null if none
 * @param label distinguishes clusters
 * @param publicAddress whether a public address may be advertised if there is no private one
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

  /** Returns the interval between member checks while the cluster settles. */
  Duration settleInterval() {
    return gossipInterval.multipliedBy(10);
  }
}
