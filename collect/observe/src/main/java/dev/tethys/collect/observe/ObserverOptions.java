package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.IpPrefix;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.container.ContainerOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * Machine observation settings.
 *
 * @param containers selection of containers, and where the files of the machine are
 * @param publicNetworks public networks whose connections are counted
 * @param ephemeral ports that the kernel gives to clients
 * @param programs whether eBPF programs may be loaded
 * @param requests whether payloads are captured and parsed
 * @param tls whether TLS libraries of processes may be probed
 * @param javaTls whether an agent may be loaded into Java programs that use TLS
 * @param maxDomains names of domains of a container, beyond which they are counted as one
 */
public record ObserverOptions(
    ContainerOptions containers,
    List<IpPrefix> publicNetworks,
    PortRanges ephemeral,
    boolean programs,
    boolean requests,
    boolean tls,
    boolean javaTls,
    int maxDomains) {
  /** Usual number of names of domains of a container. */
  public static final int MAX_DOMAINS = 50;

  /** The usual settings. */
  public static ObserverOptions standard() {
    return new ObserverOptions(
        ContainerOptions.standard(Path.of("/proc")),
        List.of(IpPrefix.parse("0.0.0.0/0")),
        PortRanges.LINUX,
        true,
        true,
        true,
        false,
        MAX_DOMAINS);
  }

  /** Mount point of /proc. */
  Path proc() {
    return containers.proc();
  }
}
