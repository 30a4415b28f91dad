package dev.tethys.runtime.cli;

import dev.tethys.web.ListenAddress;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.List;

/** Listen address flags, common to all of Prometheus's programs. */
public final class ListenFlags {
  /** Whether the socket is systemd's. */
  public static final Flag SYSTEMD =
      Flag.of(
          "web.systemd-socket",
          Flag.Kind.BOOLEAN,
          "false",
          "Take connections over the socket that systemd passes, and listen on no address.");

  private static final String WEB_CONFIG = "web.config.file";

  private ListenFlags() {}

  /** Starts a listener. */
  @FunctionalInterface
  public interface Start<T> {
    T start() throws IOException;
  }

  /**
   * Starts a listener whose address a flag sets; the error of an address that is not available
   * names the flag.
   *
   * @param flag flag name without dashes
   */
  public static <T> T listening(String flag, Start<T> start) throws IOException {
    try {
      return start.start();
    } catch (IOException e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof BindException) {
          throw new IOException(e.getMessage() + "; choose another address with --" + flag, e);
        }
      }
      throw e;
    }
  }

  /**
   * Limits the default of an address to loopback, unless it is given or a web configuration can
   * authenticate clients.
   */
  public static void keepToLoopback(FlagSet flags, String name) {
    if (!flags.isGiven(name) && flags.get(WEB_CONFIG).isEmpty()) {
      String address = flags.get(name);
      flags.setDefault(name, "127.0.0.1" + address.substring(address.lastIndexOf(':')));
    }
  }

  /**
   * Logs a warning if other machines reach a listener without authentication.
   *
   * @param name name of the flag that sets the address
   * @param content data and actions that are open
   */
  public static void warnIfOpen(
      System.Logger log,
      FlagSet flags,
      String name,
      List<InetSocketAddress> addresses,
      String content) {
    List<InetSocketAddress> open =
        addresses.stream().filter(a -> !a.getAddress().isLoopbackAddress()).toList();
    if (!open.isEmpty() && flags.get(WEB_CONFIG).isEmpty()) {
      log.log(
          Level.WARNING,
          "Listening for other machines without authentication address={0} open=\"{1}\"; set"
              + " --web.config.file, or --{2} to a loopback address",
          open,
          content,
          name);
    }
  }

  /**
   * Logs a warning if other machines reach a listener of a protocol that has no authentication.
   *
   * @param name name of the flag that sets the address
   * @param address value of the flag
   * @param content data that senders can write
   */
  public static void warnIfOpen(System.Logger log, String name, String address, String content) {
    InetSocketAddress at = ListenAddress.parse(address).address();
    if (at.getAddress() == null || !at.getAddress().isLoopbackAddress()) {
      log.log(
          Level.WARNING,
          "Listening for other machines without authentication address={0} open=\"{1}\"; set"
              + " --{2} to a loopback address if senders are on this machine",
          address,
          content,
          name);
    }
  }

  /**
   * Returns the addresses for a listener.
   *
   * @throws UsageException if one of them is invalid
   */
  public static String[] addresses(FlagSet flags) {
    if (flags.bool(SYSTEMD.name())) {
      return new String[] {ListenAddress.SYSTEMD};
    }
    List<String> addresses = flags.list("web.listen-address");
    for (String a : addresses) {
      try {
        ListenAddress.check(a);
      } catch (IllegalArgumentException e) {
        throw new UsageException("--web.listen-address: " + e.getMessage());
      }
    }
    return addresses.toArray(String[]::new);
  }
}
