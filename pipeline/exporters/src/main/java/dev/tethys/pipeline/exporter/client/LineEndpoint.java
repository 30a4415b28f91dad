package dev.tethys.pipeline.exporter.client;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.libc.SocketCalls;
import dev.tethys.pipeline.client.ClientTlsSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Address and transport of a line protocol without replies.
 *
 * @param address {@code host:port}, or the path of a socket
 * @param tls TLS settings for TCP, or null for no TLS
 * @param confirm whether each request has its own TCP connection, which the server closes after
 *     reading it
 * @param maxDatagram maximum size of a datagram
 */
public record LineEndpoint(
    String address,
    Transport transport,
    @Nullable TlsConfig tls,
    boolean confirm,
    int maxDatagram) {
  /** Transport of a line protocol. */
  public enum Transport {
    TCP,
    UDP,
    /** Datagrams over a socket of the same machine. */
    UNIXGRAM,
    /** A stream socket of the same machine, with lengths before packets. */
    UNIXSTREAM;

    boolean isUnix() {
      return this == UNIXGRAM || this == UNIXSTREAM;
    }
  }

  /** The keys, added to the section of an exporter. */
  public static final class Keys {
    private final Key<String> endpoint;
    private final Key<Transport> transport;
    private final Key<ClientTlsSettings> tls;
    private final Key<Boolean> confirm;
    private final Key<Long> maxDatagram;

    /** Adds the keys. */
    public Keys(
        Section s, String address, Transport usual, EnumSet<Transport> transports, int datagram) {
      endpoint =
          s.key(
              "endpoint",
              Type.STRING,
              address,
              "Address of the server: host:port, or the path of a Unix socket.");
      SequencedMap<String, Transport> words = new LinkedHashMap<>();
      transports.forEach(t -> words.put(t.name().toLowerCase(Locale.ROOT), t));
      transport =
          s.key(
              "transport",
              Type.oneOf("transport", words),
              usual,
              "Transport of lines: " + String.join(", ", words.keySet()) + ".");
      tls =
          s.optional("tls", ClientTlsSettings.TYPE, "TLS settings for TCP; plain text if absent.");
      confirm =
          s.key(
              "confirm",
              Type.BOOL,
              true,
              "If true, each request uses its own TCP connection and counts as "
                  + "delivered when the server closes it; if false, connections are reused "
                  + "and a request counts as delivered when it is written.");
      maxDatagram =
          s.key(
              "max_datagram_bytes",
              Type.INT,
              (long) datagram,
              "Maximum size of a datagram in bytes.");
    }

    /** Reads the keys from a map that may contain others. */
    public LineEndpoint read(YamlObject o) {
      Transport t = o.get(transport);
      String to = o.get(endpoint);
      ClientTlsSettings secured = o.find(tls);
      TlsConfig config = secured == null || secured.insecure() ? null : secured.config();
      if (config != null && t != Transport.TCP) {
        throw o.error(tls, "tls requires transport: tcp");
      }
      if (t.isUnix() ? !isSocket(to) : !isHostPort(to)) {
        throw o.error(
            endpoint,
            t.isUnix()
                ? "endpoint must be the path of a socket, such as /var/run/datadog/dsd.socket, of at most "
                    + SocketCalls.MAX_PATH
                    + " bytes"
                : "endpoint must be host:port, not \"" + to + "\"");
      }
      long most = o.get(maxDatagram);
      if (most < 64 || most > 65_507) {
        throw o.error(maxDatagram, "max_datagram_bytes must be 64 to 65507");
      }
      return new LineEndpoint(to, t, config, o.get(confirm), (int) most);
    }
  }

  /**
   * Converts a URL such as {@code udp://host:8125} or {@code unixgram:///socket} to these keys.
   *
   * @throws IllegalArgumentException if the URL is invalid
   */
  public static Map<String, String> keysOf(String url) {
    int at = url.indexOf("://");
    String word = at < 0 ? "" : url.substring(0, at);
    for (Transport t : Transport.values()) {
      if (t.name().toLowerCase(Locale.ROOT).equals(word)) {
        String rest = url.substring(at + 3);
        return Map.of("transport", word, "endpoint", t.isUnix() ? rest : rest.replace("/", ""));
      }
    }
    throw new IllegalArgumentException(
        "\"" + url + "\" is not of the form TRANSPORT://host:port, such as tcp://localhost:8125");
  }

  private static boolean isSocket(String s) {
    return s.startsWith("/") && s.getBytes(StandardCharsets.UTF_8).length <= SocketCalls.MAX_PATH;
  }

  private static boolean isHostPort(String s) {
    int colon = s.lastIndexOf(':');
    String port = s.substring(colon + 1);
    return colon > 0
        && port.matches("[1-9]\\d{0,4}")
        && Integer.parseInt(port) <= 65_535
        && s.substring(0, colon).matches("[^/@\\s]+");
  }

  /** Whether lines go in datagrams or packets, no longer than {@link #maxDatagram}. */
  public boolean isPacked() {
    return transport != Transport.TCP;
  }

  /**
   * Creates the transport, which connects on the first send.
   *
   * @param timeout timeout of a single request
   */
  public LineTransport open(Duration timeout) {
    if (transport.isUnix()) {
      Path socket = Path.of(address);
      return transport == Transport.UNIXGRAM
          ? new UnixDatagrams(socket, maxDatagram, timeout)
          : new UnixPackets(socket, maxDatagram, timeout);
    }
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = Integer.parseInt(address.substring(colon + 1));
    return transport == Transport.UDP
        ? new Datagrams(host, port, maxDatagram)
        : new Tcp(new LineSockets(host, port, tls, timeout), confirm);
  }

  private record Tcp(LineSockets sockets, boolean confirm) implements LineTransport {
    @Override
    public void send(byte[] lines) throws IOException {
      if (confirm) {
        sockets.deliver(lines);
        return;
      }
      sockets.withConnection(
          line -> {
            line.write(lines);
            return true;
          });
    }

    @Override
    public void close() {
      sockets.close();
    }
  }
}
