package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.receiver.NotifyException.Reason;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.TlsSockets;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One conversation with an SMTP server: RFC 5321, STARTTLS (RFC 3207) and AUTH (RFC 4954) with
 * PLAIN, LOGIN and CRAM-MD5. A response 4xx, and a connection that breaks, may be retried; 5xx is
 * final.
 */
final class SmtpClient implements Closeable {
  /** The longest line of a response, and the most lines of one. */
  private static final int MAX_LINE = 8192;

  private static final int MAX_LINES = 200;

  /** Server reply. */
  private record Reply(int code, List<String> lines) {
    String text() {
      return code + " " + String.join(" ", lines);
    }
  }

  private final HostPort server;
  private final TlsConfig tls;
  private final long deadline;
  private Socket socket;
  private InputStream in;
  private Map<String, String> extensions = Map.of();

  private SmtpClient(HostPort server, TlsConfig tls, Duration limit, Socket socket)
      throws IOException {
    this.server = server;
    this.tls = tls;
    this.deadline = System.nanoTime() + limit.toNanos();
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * Connects and reads the greeting.
   *
   * @param implicitTls whether the connection starts with TLS
   */
  static SmtpClient connect(HostPort server, TlsConfig tls, boolean implicitTls, Duration limit)
      throws IOException, NotifyException {
    Socket s = new Socket();
    try {
      int millis = (int) Math.min(Math.max(limit.toMillis(), 1), Integer.MAX_VALUE);
      s.connect(new InetSocketAddress(server.host(), Integer.parseInt(server.port())), millis);
      SmtpClient c = new SmtpClient(server, tls, limit, s);
      if (implicitTls) {
        c.secure();
      }
      c.expect(c.read(), 220);
      return c;
    } catch (IOException | RuntimeException | NotifyException e) {
      s.close();
      throw e;
    }
  }

  private void secure() throws IOException {
    String name = tls.serverName().isEmpty() ? server.host() : tls.serverName();
    SSLSocket s =
        (SSLSocket) TlsSockets.factory(tls).createSocket(socket, name, socket.getPort(), true);
    SSLParameters p = s.getSSLParameters();
    p.setProtocols(TlsSockets.protocols(tls).split(" "));
    if (!tls.insecureSkipVerify()) {
      p.setEndpointIdentificationAlgorithm("HTTPS");
    }
    s.setSSLParameters(p);
    s.setSoTimeout(left());
    s.startHandshake();
    socket = s;
    in = new BufferedInputStream(s.getInputStream());
  }

  private int left() throws IOException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("context deadline exceeded");
    }
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }

  private Reply read() throws IOException {
    List<String> lines = new ArrayList<>();
    while (true) {
      String line = line();
      if (line.length() < 3 || !line.substring(0, 3).chars().allMatch(Character::isDigit)) {
        throw new IOException("the server does not support SMTP: \"" + line + "\"");
      }
      lines.add(line.length() > 4 ? line.substring(4) : "");
      if (line.length() == 3 || line.charAt(3) != '-') {
        return new Reply(Integer.parseInt(line.substring(0, 3)), lines);
      }
      if (lines.size() == MAX_LINES) {
        throw new IOException("a response has more than " + MAX_LINES + " lines");
      }
    }
  }

  private String line() throws IOException {
    byte[] b = new byte[MAX_LINE];
    int n = 0;
    while (true) {
      socket.setSoTimeout(left());
      int c = in.read();
      if (c < 0) {
        throw new IOException("the server closed the connection");
      }
      if (c == '\n') {
        int end = n > 0 && b[n - 1] == '\r' ? n - 1 : n;
        return new String(b, 0, end, StandardCharsets.UTF_8);
      }
      if (n == MAX_LINE) {
        throw new IOException("a line of the server is longer than " + MAX_LINE + " bytes");
      }
      b[n++] = (byte) c;
    }
  }

  private Reply command(String line) throws IOException {
    send(line + "\r\n");
    return read();
  }

  private void send(String s) throws IOException {
    left();
    socket.getOutputStream().write(s.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  private void expect(Reply r, int... codes) throws NotifyException {
    if (Arrays.stream(codes).noneMatch(c -> c == r.code)) {
      boolean again = r.code / 100 == 4;
      throw new NotifyException(
          again, again ? Reason.SERVER_ERROR : Reason.CLIENT_ERROR, server + ": " + r.text());
    }
  }

  /** Sends our name, and reads the extensions of the server. */
  void hello(String name) throws IOException, NotifyException {
    Reply r = command("EHLO " + name);
    if (r.code / 100 == 5) {
      expect(command("HELO " + name), 250);
      extensions = Map.of();
      return;
    }
    expect(r, 250);
    Map<String, String> m = new TreeMap<>();
    for (String l : r.lines.subList(1, r.lines.size())) {
      String[] parts = l.split(" ", 2);
      m.put(parts[0].toUpperCase(Locale.ROOT), parts.length > 1 ? parts[1] : "");
    }
    extensions = m;
  }

  /** Starts TLS and continues over it. */
  void startTls(String name) throws IOException, NotifyException {
    if (!extensions.containsKey("STARTTLS")) {
      throw new NotifyException(
          true,
          Reason.OTHER,
          "'require_tls' is true (default) but \""
              + server
              + "\" does not advertise the STARTTLS extension");
    }
    expect(command("STARTTLS"), 220);
    secure();
    hello(name);
  }

  /**
   * Authenticates with the first method that the server offers and for which a secret is
   * configured.
   *
   * @param password password for PLAIN and LOGIN; may be ""
   * @param secret secret for CRAM-MD5; may be ""
   */
  void authenticate(String identity, String user, String password, String secret)
      throws IOException, NotifyException {
    String offered = extensions.get("AUTH");
    if (offered == null) {
      return;
    }
    List<String> problems = new ArrayList<>();
    for (String mechanism : offered.toUpperCase(Locale.ROOT).split(" ")) {
      switch (mechanism) {
        case "CRAM-MD5" -> {
          if (secret.isEmpty()) {
            problems.add("missing secret for CRAM-MD5 auth mechanism");
          } else {
            cramMd5(user, secret);
            return;
          }
        }
        case "PLAIN" -> {
          if (password.isEmpty()) {
            problems.add("missing password for PLAIN auth mechanism");
          } else if (!mayShowPassword()) {
            problems.add("PLAIN is not supported over an unencrypted connection");
          } else {
            String token = identity + "\0" + user + "\0" + password;
            authenticated(command("AUTH PLAIN " + base64(token)));
            return;
          }
        }
        case "LOGIN" -> {
          if (password.isEmpty()) {
            problems.add("missing password for LOGIN auth mechanism");
          } else {
            expect(command("AUTH LOGIN"), 334);
            expect(command(base64(user)), 334);
            authenticated(command(base64(password)));
            return;
          }
        }
        case "" -> {}
        default -> problems.add("unknown auth mechanism: " + mechanism);
      }
    }
    throw new NotifyException(
        true, Reason.AUTH_ERROR, "find auth mechanism: " + String.join("; ", problems));
  }

  private boolean mayShowPassword() {
    InetAddress a = socket.getInetAddress();
    return socket instanceof SSLSocket || a != null && a.isLoopbackAddress();
  }

  private void authenticated(Reply r) throws NotifyException {
    if (r.code != 235) {
      throw new NotifyException(r.code / 100 == 4, Reason.AUTH_ERROR, server + ": " + r.text());
    }
  }

  private void cramMd5(String user, String secret) throws IOException, NotifyException {
    Reply challenge = command("AUTH CRAM-MD5");
    expect(challenge, 334);
    try {
      Mac mac = Mac.getInstance("HmacMD5");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
      byte[] digest = mac.doFinal(Base64.getDecoder().decode(challenge.lines.getFirst().strip()));
      authenticated(command(base64(user + " " + HexFormat.of().formatHex(digest))));
    } catch (NoSuchAlgorithmException | InvalidKeyException | IllegalArgumentException e) {
      throw new NotifyException(false, Reason.AUTH_ERROR, "CRAM-MD5: " + e.getMessage());
    }
  }

  private static String base64(String s) {
    return Base64.getEncoder().encodeToString(s.getBytes(StandardCharsets.UTF_8));
  }

  /** Delivers a message; the server has it when this returns. */
  void deliver(String from, List<String> to, String message) throws IOException, NotifyException {
    String utf8 = extensions.containsKey("SMTPUTF8") && !isAscii(from, to) ? " SMTPUTF8" : "";
    expect(command("MAIL FROM:<" + from + ">" + utf8), 250);
    for (String r : to) {
      expect(command("RCPT TO:<" + r + ">"), 250, 251);
    }
    expect(command("DATA"), 354);
    send(message.replaceAll("(?m)^\\.", "..") + (message.endsWith("\r\n") ? "" : "\r\n") + ".\r\n");
    expect(read(), 250);
  }

  private static boolean isAscii(String from, List<String> to) {
    return (from + String.join("", to)).chars().allMatch(c -> c < 0x80);
  }

  /** Ends the session; delivered messages stay so regardless of the server's response. */
  @Override
  public void close() {
    try {
      if (!socket.isClosed()) {
        @Nullable Reply bye = System.nanoTime() < deadline ? command("QUIT") : null;
        assert bye == null || bye.code > 0;
      }
    } catch (IOException e) {
      // it is over anyway
    } finally {
      try {
        socket.close();
      } catch (IOException e) {
        // it is over anyway
      }
    }
  }
}
