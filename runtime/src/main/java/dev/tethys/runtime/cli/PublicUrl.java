package dev.tethys.runtime.cli;

import dev.tethys.web.ExternalUrl;

/** External URL of a role, from its web flags. */
public final class PublicUrl {
  private PublicUrl() {}

  /**
   * Reads {@code web.external-url} and {@code web.route-prefix}; by default the URL has the listen
   * port.
   *
   * @param command command name used in error messages: {@code tethys server}
   * @throws UsageException if the URL is invalid
   */
  public static ExternalUrl of(FlagSet flags, String command) {
    String first = flags.list("web.listen-address").getFirst();
    String port = first.substring(first.lastIndexOf(':') + 1);
    try {
      return ExternalUrl.of(
          flags.get("web.external-url"),
          flags.isGiven("web.route-prefix") ? flags.get("web.route-prefix") : null,
          port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0,
          false);
    } catch (IllegalArgumentException e) {
      throw new UsageException(command + ": --web.external-url: " + e.getMessage());
    }
  }
}
