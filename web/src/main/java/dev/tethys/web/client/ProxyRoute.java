package dev.tethys.web.client;

import dev.tethys.config.Secret;
import dev.tethys.config.UrlHost;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connects through proxies in ways that the JDK's client does not support.
 *
 * <p>These are: SOCKS 5 with a user (RFC 1928, 1929), a proxy reached over TLS, tunnels with
 * additional headers, and hosts with underscores in their names. As in Go's client, {@code socks5}
 * and {@code socks5h} both leave name resolution to the proxy, and the TLS settings of the target
 * also apply to the proxy.
 */
final class ProxyRoute {
  private static final int SOCKS_VERSION = 5;
  private static final int SOCKS_PORT = 1080;
  private static final int NO_AUTHENTICATION = 0;
  private static final int USER_AND_PASSWORD = 2;

  private final URI proxy;
  private final URI target;
  private final @Nullable String authorization;
  private final Map<String, List<Secret>> connectHeader;
  private final ClientTls.Setup tls;

  /**
   * @param authorization credentials for an HTTP proxy, or null
   */
  ProxyRoute(
      URI proxy,
      URI target,
      @Nullable String authorization,
      Map<String, List<Secret>> connectHeader,
      ClientTls.Setup tls) {
    this.proxy = proxy;
    this.target = target;
    this.authorization = authorization;
    this.connectHeader = connectHeader;
    this.tls = tls;
  }

  /** Whether the JDK's client does not support this route itself. */
  static boolean isNeeded(URI proxy, URI target, Map<String, List<Secret>> connectHeader) {
    return !isScheme(proxy, "http")
        || isScheme(target, "https") && !connectHeader.isEmpty()
        || proxy.getHost() == null // the JDK's client refuses names with an underscore
        || target.getHost() == null;
  }

  private static boolean isScheme(URI uri, String scheme) {
    return scheme.equalsIgnoreCase(uri.getScheme());
  }

  private boolean isSocks() {
    return String.valueOf(proxy.getScheme()).toLowerCase(Locale.ROOT).startsWith("socks");
  }

  /** Whether the proxy receives the whole URL, instead of a tunnel. */
  boolean forwards() {
    return !isSocks() && isScheme(target, "http");
  }

  /** Opens a connection to the target for HTTP, including TLS. */
  ConnectionStreams dial(Consumer<Closeable> opened) throws IOException {
    Socket plain = new Socket();
    opened.accept(plain);
    Socket socket = open(plain, System.nanoTime() + ConnectionStreams.CONNECT_TIMEOUT.toNanos());
    if (isScheme(target, "https")) {
      socket = HostTls.secured(tls, socket, UrlHost.bare(target), UrlPort.of(target));
    }
    return ConnectionStreams.of(socket, plain);
  }

  /**
   * A connection that leads to the target, over which its TLS would begin.
   *
   * @param plain unconnected socket
   * @param deadline deadline for finding the proxy, as a {@link System#nanoTime} value
   */
  Socket open(Socket plain, long deadline) throws IOException {
    Socket socket = plain;
    String host = UrlHost.bare(proxy);
    int port = UrlHost.port(proxy) < 0 && isSocks() ? SOCKS_PORT : UrlPort.of(proxy);
    InetAddress address;
    try {
      address = NameLookup.all(host, deadline).getFirst();
    } catch (UnknownHostException e) {
      throw new IOException("proxyconnect tcp: lookup " + host + ": no such host", e);
    }
    try {
      socket.connect(
          new InetSocketAddress(address, port), (int) ConnectionStreams.CONNECT_TIMEOUT.toMillis());
      socket.setTcpNoDelay(true);
      if (isScheme(proxy, "https")) {
        socket = HostTls.secured(tls, socket, host, port);
      }
      if (isSocks()) {
        socks(socket);
      } else if (!forwards()) {
        tunnel(socket);
      }
    } catch (SocketException e) {
      throw e;
    } catch (IOException e) {
      String reason = e instanceof EOFException ? "unexpected EOF" : e.getMessage();
      throw new IOException("proxyconnect tcp: " + reason, e);
    }
    return socket;
  }

  private void tunnel(Socket socket) throws IOException {
    String authority = UrlHost.of(target) + ":" + UrlPort.of(target);
    StringBuilder sb = new StringBuilder();
    sb.append("CONNECT ").append(authority).append(" HTTP/1.1\r\n");
    sb.append("Host: ").append(authority).append("\r\n");
    if (authorization != null && !connectHeader.containsKey("Proxy-Authorization")) {
      sb.append("Proxy-Authorization: ").append(authorization).append("\r\n");
    }
    connectHeader.forEach(
        (name, values) -> {
          for (Secret v : values) {
            sb.append(name).append(": ").append(v.value()).append("\r\n");
          }
        });
    OutputStream out = socket.getOutputStream();
    out.write(sb.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    out.flush();
    int status = Http1Reader.readHead(socket.getInputStream()).status();
    if (status / 100 != 2) {
      throw new IOException("the proxy refuses the tunnel with status " + status);
    }
  }

  private void socks(Socket socket) throws IOException {
    OutputStream out = socket.getOutputStream();
    DataInputStream in = new DataInputStream(socket.getInputStream());
    String user = proxy.getUserInfo();
    int method = user == null ? NO_AUTHENTICATION : USER_AND_PASSWORD;
    out.write(
        user == null
            ? new byte[] {SOCKS_VERSION, 1, NO_AUTHENTICATION}
            : new byte[] {SOCKS_VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD});
    out.flush();
    if (in.readUnsignedByte() != SOCKS_VERSION) {
      throw new IOException("the SOCKS proxy does not support version 5");
    }
    int chosen = in.readUnsignedByte();
    if (chosen == USER_AND_PASSWORD && method == USER_AND_PASSWORD) {
      authenticate(out, in, user == null ? "" : user);
    } else if (chosen != NO_AUTHENTICATION) {
      throw new IOException("the SOCKS proxy accepts none of the offered authentication methods");
    }
    byte[] name = UrlHost.bare(target).getBytes(StandardCharsets.US_ASCII);
    if (name.length > 255) {
      throw new IOException("the name of the host is too long for SOCKS");
    }
    byte[] request = new byte[5 + name.length + 2];
    request[0] = SOCKS_VERSION;
    request[1] = 1; // connect
    request[3] = 3; // by name
    request[4] = (byte) name.length;
    System.arraycopy(name, 0, request, 5, name.length);
    request[5 + name.length] = (byte) (UrlPort.of(target) >> 8);
    request[6 + name.length] = (byte) UrlPort.of(target);
    out.write(request);
    out.flush();
    in.readUnsignedByte();
    int reply = in.readUnsignedByte();
    in.readUnsignedByte();
    int kind = in.readUnsignedByte();
    int bound =
        switch (kind) {
          case 1 -> 4;
          case 3 -> in.readUnsignedByte();
          case 4 -> 16;
          default -> throw new IOException("malformed answer of the SOCKS proxy");
        };
    in.readFully(new byte[bound + 2]);
    if (reply != 0) {
      throw new IOException("the SOCKS proxy answered: " + socksReason(reply));
    }
  }

  private static void authenticate(OutputStream out, DataInputStream in, String userInfo)
      throws IOException {
    int colon = userInfo.indexOf(':');
    byte[] user =
        (colon < 0 ? userInfo : userInfo.substring(0, colon)).getBytes(StandardCharsets.UTF_8);
    byte[] password =
        (colon < 0 ? "" : userInfo.substring(colon + 1)).getBytes(StandardCharsets.UTF_8);
    if (user.length > 255 || password.length > 255) {
      throw new IOException("user or password are too long for SOCKS");
    }
    byte[] b = new byte[3 + user.length + password.length];
    b[0] = 1;
    b[1] = (byte) user.length;
    System.arraycopy(user, 0, b, 2, user.length);
    b[2 + user.length] = (byte) password.length;
    System.arraycopy(password, 0, b, 3 + user.length, password.length);
    out.write(b);
    out.flush();
    in.readUnsignedByte();
    if (in.readUnsignedByte() != 0) {
      throw new IOException("the SOCKS proxy does not know this user and password");
    }
  }

  private static String socksReason(int reply) {
    return switch (reply) {
      case 1 -> "general failure";
      case 2 -> "connection not allowed by its rules";
      case 3 -> "network unreachable";
      case 4 -> "host unreachable";
      case 5 -> "connection refused";
      case 6 -> "time to live expired";
      case 7 -> "command not supported";
      case 8 -> "kind of address not supported";
      default -> "reply " + reply;
    };
  }
}
