package dev.tethys.app.cli;

import dev.tethys.web.ListenAddress;

/** Where a program listens, by the flags that all of Prometheus's programs have. */
public final class ListenFlags {
  /** Whether the socket is systemd's. */
  public static final Flag SYSTEMD =
      Flag.of(
          "web.systemd-socket",
          Flag.Kind.BOOLEAN,
          "false",
          "Take connections over the socket that systemd passes, and listen on no address.");

  private ListenFlags() {}

  /** The addresses for a listener. */
  public static String[] addresses(FlagSet flags) {
    return flags.bool(SYSTEMD.name())
        ? new String[] {ListenAddress.SYSTEMD}
        : flags.list("web.listen-address").toArray(String[]::new);
  }
}
