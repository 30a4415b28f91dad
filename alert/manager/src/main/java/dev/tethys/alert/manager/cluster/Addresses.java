package dev.tethys.alert.manager.cluster;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Addresses in flags: own address and addresses of possible members. */
final class Addresses {
  private Addresses() {}

  /** A host, "" for every one, and a port. */
  record HostPort(String host, int port) {
    /**
     * Reads {@code host:port}, {@code :port} and {@code [v6]:port}.
     *
     * @throws IOException with the flag, when it is something else
     */
    static HostPort of(String flag, String text) throws IOException {
      int colon = text.lastIndexOf(':');
      String host = colon < 0 ? text : text.substring(0, colon);
      boolean bracketed = host.startsWith("[") && host.endsWith("]");
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (colon < 0 || port < 0 || port > 0xffff || host.contains(":") && !bracketed) {
          throw new NumberFormatException();
        }
        return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
      } catch (NumberFormatException e) {
        throw new IOException(
            "--" + flag + "=" + text + ": expected a host and a port, such as 10.0.0.1:9094", e);
      }
    }
  }

  /**
   * Returns the address advertised to other members.
   *
   * @param advertise value of the flag, or null
   * @param bound listen address
   * @throws IOException if there is no address that other members could reach
   */
  static InetSocketAddress advertised(
      @Nullable HostPort advertise, InetSocketAddress bound, boolean publicAddress)
      throws IOException {
    if (advertise != null) {
      int port = advertise.port == 0 ? bound.getPort() : advertise.port;
      try {
        return new InetSocketAddress(InetAddress.getByName(advertise.host), port);
      } catch (UnknownHostException e) {
        throw new IOException(
            "--cluster.advertise-address: the name " + advertise.host + " is unknown", e);
      }
    }
    if (!bound.getAddress().isAnyLocalAddress()) {
      return bound;
    }
    InetAddress found = null;
    for (InetAddress a : own()) {
      if (a.isSiteLocalAddress() || isPrivateToo(a)) {
        return new InetSocketAddress(a, bound.getPort());
      }
      if (found == null && a instanceof Inet4Address) {
        found = a;
      }
    }
    if (found != null && publicAddress) {
      return new InetSocketAddress(found, bound.getPort());
    }
    throw new IOException(
        "no private address found to advertise; set"
            + " --cluster.advertise-address, or disable clustering with --cluster.listen-address=");
  }

  /** Whether an address is in 100.64.0.0/10 or fc00::/7, which also count as private. */
  private static boolean isPrivateToo(InetAddress a) {
    byte[] b = a.getAddress();
    return b.length == 4 ? b[0] == 100 && (b[1] & 0xc0) == 64 : (b[0] & 0xfe) == 0xfc;
  }

  private static List<InetAddress> own() throws SocketException {
    List<InetAddress> all = new ArrayList<>();
    for (NetworkInterface i : NetworkInterface.networkInterfaces().toList()) {
      if (i.isUp() && !i.isLoopback()) {
        i.inetAddresses().filter(a -> !a.isLinkLocalAddress()).forEach(all::add);
      }
    }
    all.sort(java.util.Comparator.comparing(a -> a instanceof Inet4Address ? 0 : 1));
    return all;
  }

  /**
   * Resolves the members given in flags, each address once; names that cannot be resolved now are
   * kept unresolved.
   */
  static List<InetSocketAddress> peers(List<String> peers, Duration timeout)
      throws IOException, InterruptedException {
    Set<InetSocketAddress> all = new LinkedHashSet<>();
    for (String p : peers) {
      HostPort hp = HostPort.of("cluster.peer", p);
      CompletableFuture<InetAddress[]> lookup = new CompletableFuture<>();
      Thread.ofVirtual()
          .name("cluster-names")
          .start(
              () -> {
                try {
                  lookup.complete(InetAddress.getAllByName(hp.host));
                } catch (UnknownHostException e) {
                  lookup.completeExceptionally(e);
                }
              });
      try {
        for (InetAddress a : lookup.get(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
          all.add(new InetSocketAddress(a, hp.port));
        }
      } catch (ExecutionException | TimeoutException e) {
        all.add(InetSocketAddress.createUnresolved(hp.host, hp.port));
      }
    }
    return new ArrayList<>(all);
  }
}
