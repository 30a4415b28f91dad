package dev.tethys.config;

/**
 * Listen address as written in a configuration: {@code host:port}, {@code :port} for all addresses,
 * or {@code [IPv6 address]:port}. Names are not resolved, so that a configuration can be checked
 * anywhere.
 *
 * @param host empty for all addresses; an IPv6 address without its brackets
 */
public record ListenAddressConfig(String host, int port) {
  /** An address in a configuration, unparsed. */
  public static final Type<String> TYPE =
      Type.of(
          "address to listen on",
          null,
          n ->
              n.parse(
                  text -> {
                    parse(text);
                    return text;
                  }));

  /**
   * Parses an address.
   *
   * @throws IllegalArgumentException if the text is not an address
   */
  public static ListenAddressConfig parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (colon < 0 || host.indexOf(':') >= 0 && !bracketed) {
      throw new IllegalArgumentException(
          "listen address \"" + text + "\" must be host:port, :port or [IPv6 address]:port");
    }
    int port = UrlText.MAX_PORT + 1;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      // reported below
    }
    if (port < 0 || port > UrlText.MAX_PORT) {
      throw new IllegalArgumentException(
          "listen address \"" + text + "\": the port must be a number from 0 to 65535");
    }
    return new ListenAddressConfig(bracketed ? host.substring(1, host.length() - 1) : host, port);
  }
}
