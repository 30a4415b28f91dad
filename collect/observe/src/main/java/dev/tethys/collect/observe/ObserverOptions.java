package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.IpPrefix;
import java.nio.file.Path;
import java.util.List;

/**
 * Settings of the observation of a machine.
 *
 * @param proc mount point of /proc
 * @param publicNetworks public networks whose connections are counted
 * @param firstEphemeral first port that the kernel gives to clients
 * @param lastEphemeral last port that the kernel gives to clients
 * @param programs whether eBPF programs may be loaded
 * @param requests whether payloads are captured and parsed
 * @param tls whether TLS libraries of processes may be probed
 * @param maxDomains names of domains of a container, beyond which they are counted as one
 */
public record ObserverOptions(
    Path proc,
    List<IpPrefix> publicNetworks,
    int firstEphemeral,
    int lastEphemeral,
    boolean programs,
    boolean requests,
    boolean tls,
    int maxDomains) {
  /** Linux's default of net.ipv4.ip_local_port_range. */
  public static final int FIRST_EPHEMERAL = 32768;

  public static final int LAST_EPHEMERAL = 60999;

  /** Usual number of names of domains of a container. */
  public static final int MAX_DOMAINS = 50;

  /** The usual settings. */
  public static ObserverOptions standard() {
    return new ObserverOptions(
        Path.of("/proc"),
        List.of(IpPrefix.parse("0.0.0.0/0")),
        FIRST_EPHEMERAL,
        LAST_EPHEMERAL,
        true,
        true,
        true,
        MAX_DOMAINS);
  }
}
