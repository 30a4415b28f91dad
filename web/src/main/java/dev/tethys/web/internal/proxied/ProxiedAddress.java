package dev.tethys.web.internal.proxied;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * End of a proxied connection, with the corresponding end of the client's connection. It equals the
 * real address, by which a connection is identified.
 */
public final class ProxiedAddress extends InetSocketAddress {
  private static final long serialVersionUID = 1L;

  private static final InetSocketAddress OF_THIS_MACHINE =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final transient @Nullable Supplier<@Nullable InetSocketAddress> meant;

  /**
   * Creates the address of a proxied connection.
   *
   * @param meant provides the address when needed; null for the real one
   */
  ProxiedAddress(InetSocketAddress real, Supplier<@Nullable InetSocketAddress> meant) {
    super(real.getAddress(), real.getPort());
    this.meant = meant;
  }

  /**
   * Returns the address meant by a connection's address: usually the same; for a local socket, the
   * loopback address.
   */
  public static InetSocketAddress target(SocketAddress address) {
    if (!(address instanceof InetSocketAddress a)) {
      return OF_THIS_MACHINE;
    }
    if (a instanceof ProxiedAddress p && p.meant != null) {
      InetSocketAddress other = p.meant.get();
      return other == null ? a : other;
    }
    return a;
  }
}
