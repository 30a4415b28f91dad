package dev.tethys.runtime.cli;

import dev.tethys.web.ListenAddress;
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

  private ListenFlags() {}

  /**
   * The addresses for a listener.
   *
   * @throws UsageException when one of them is none
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
