package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebSocketStreams;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** Opens a WebSocket (RFC 6455) and runs a query-response dialogue of text messages. */
final class WebsocketProber implements Prober {
  private static final int MAX_HEAD = 64 << 10;
  private static final int MAX_MESSAGE = 1 << 20;
  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final String DURATION = "probe_websocket_duration_seconds";
  private static final String DURATION_HELP = "Duration of websocket request by phase";
  private static final String MALFORMED = "malformed ws or wss URL";
  private static final String REGEX = "probe_websocket_failed_due_to_regex";

  private final HttpClientFactory clients;

  WebsocketProber(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException {
    WebsocketModule m = module.websocket();
    attempt
        .found
        .gauge("probe_websocket_status_code", "Response HTTP status code", 0)
        .gauge(
            "probe_websocket_connection_upgraded",
            "Indicates if the websocket connection was successfully upgraded",
            0)
        .gauge(REGEX, "Indicates if probe failed due to regex", 0);
    URI uri;
    try {
      uri = UrlText.read(target);
    } catch (URISyntaxException e) {
      return attempt.fails("Could not parse target URL", "err", e.getMessage());
    }
    boolean secure = "wss".equalsIgnoreCase(uri.getScheme());
    String host = UrlHost.of(uri);
    if (host == null || !secure && !"ws".equalsIgnoreCase(uri.getScheme())) {
      return attempt.fails("Error dialing websocket", "err", MALFORMED);
    }
    ProbeAttempt.ResolvedAddress found = attempt.address(host, m.ip());
    if (found.address() == null) {
      return false;
    }
    attempt.found.add(DURATION, DURATION_HELP, "phase", "resolve", found.seconds());
    if (uri.getRawAuthority().indexOf('@') >= 0) { // a user, which such a URL may not name
      attempt.found.add(DURATION, DURATION_HELP, "phase", "processing", 0);
      return attempt.fails("Error dialing websocket", "err", MALFORMED);
    }
    HttpClientConfig client = m.client().withHeaders(m.headers());
    Map<String, List<String>> headers = clients.traced(client).headers(attempt.deadline);
    int port = UrlHost.port(uri) >= 0 ? UrlHost.port(uri) : secure ? 443 : 80;
    try (Socket socket = new Socket()) {
      long dialled = System.nanoTime();
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(found.address(), port), attempt.millisLeft());
      long connected = System.nanoTime();
      attempt.found.add(
          DURATION, DURATION_HELP, "phase", "connect", ProbeAttempt.seconds(connected - dialled));
      Socket s = secure ? attempt.secure(client.tls(), socket, host, port, "http/1.1") : socket;
      return attempt.inTime(socket, () -> runSession(m, uri, headers, s, connected, attempt));
    }
  }

  private static boolean runSession(
      WebsocketModule m,
      URI uri,
      Map<String, List<String>> headers,
      Socket socket,
      long connected,
      ProbeAttempt attempt)
      throws IOException {
    byte[] nonce = new byte[16];
    ThreadLocalRandom.current().nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    OutputStream out = socket.getOutputStream();
    DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out.write(request(uri, headers, key));
    out.flush();
    String problem = answer(in, key, attempt);
    attempt.found.add(
        DURATION,
        DURATION_HELP,
        "phase",
        "processing",
        ProbeAttempt.seconds(System.nanoTime() - connected));
    if (!problem.isEmpty()) {
      return attempt.fails("Error dialing websocket", "err", problem);
    }
    attempt.found.gauge("probe_websocket_connection_upgraded", "", 1);
    if (m.dialogue().isEmpty()) {
      return true;
    }
    long transfer = System.nanoTime();
    try {
      for (QueryResponse step : m.dialogue()) {
        if (!step(step, in, out, attempt)) {
          attempt.found.gauge(REGEX, "", 1);
          return false;
        }
      }
      return true;
    } finally {
      attempt.found.add(
          DURATION,
          DURATION_HELP,
          "phase",
          "transfer",
          ProbeAttempt.seconds(System.nanoTime() - transfer));
    }
  }

  private static byte[] request(URI uri, Map<String, List<String>> headers, String key)
      throws IOException {
    StringBuilder sb = new StringBuilder("GET ");
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    sb.append(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery());
    sb.append(" HTTP/1.1\r\nHost: ").append(uri.getRawAuthority());
    sb.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ").append(key);
    sb.append("\r\nSec-WebSocket-Version: 13\r\n");
    for (Map.Entry<String, List<String>> h : headers.entrySet()) {
      for (String v : h.getValue()) {
        if (v.indexOf('\r') >= 0 || v.indexOf('\n') >= 0) {
          throw new IOException("a header cannot be sent: " + h.getKey());
        }
        sb.append(h.getKey()).append(": ").append(v).append("\r\n");
      }
    }
    return sb.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the head of the response; returns its problem, or "". */
  private static String answer(InputStream in, String key, ProbeAttempt attempt)
      throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = 0;
    while (end < 4) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("unexpected EOF");
      }
      if (head.size() == MAX_HEAD) {
        throw new IOException("the headers of the response are longer than " + MAX_HEAD + " bytes");
      }
      head.write(b);
      end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : b == '\r' ? 1 : 0;
    }
    String[] lines = head.toString(StandardCharsets.ISO_8859_1).split("\r\n");
    String[] first = lines[0].split(" ", 3);
    if (first.length < 2 || !first[0].startsWith("HTTP/1.") || !first[1].matches("\\d{3}")) {
      return "malformed HTTP response \"" + lines[0] + "\"";
    }
    attempt.found.gauge("probe_websocket_status_code", "", Integer.parseInt(first[1]));
    String accepted = "";
    for (String l : lines) {
      int colon = l.indexOf(':');
      if (colon > 0 && l.substring(0, colon).equalsIgnoreCase("Sec-WebSocket-Accept")) {
        accepted = l.substring(colon + 1).strip();
      }
    }
    return first[1].equals("101") && accepted.equals(WebSocketStreams.accept(key))
        ? ""
        : "websocket: bad handshake";
  }

  private static boolean step(
      QueryResponse step, DataInputStream in, OutputStream out, ProbeAttempt attempt)
      throws IOException {
    Pattern expect = step.expect();
    Matcher match = null;
    if (expect != null) {
      String message = message(in, out);
      Matcher m = expect.matcher(message);
      if (!m.find()) {
        return attempt.fails("Regexp did not match", "regexp", expect.pattern(), "line", message);
      }
      match = m;
    }
    byte[] sent = step.sent(match);
    if (sent.length > 0) {
      frame(out, TEXT, sent);
    }
    return true;
  }

  /** Reads the next message, assembled from its frames, and replies to pings. */
  private static String message(DataInputStream in, OutputStream out) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    while (true) {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      long length = second & 127;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      if ((second & MASKED) != 0 || length < 0 || length + all.size() > MAX_MESSAGE) {
        throw new IOException("websocket: a frame that is masked, or too large");
      }
      byte[] payload = in.readNBytes((int) length);
      if (payload.length < length) {
        throw new IOException("unexpected EOF");
      }
      switch (first & 15) {
        case PING -> frame(out, PONG, payload);
        case PONG -> {
          // not requested
        }
        case CLOSE -> throw new IOException("websocket: close " + code(payload));
        default -> {
          all.write(payload);
          if ((first & FIN) != 0) {
            return all.toString(StandardCharsets.UTF_8);
          }
        }
      }
    }
  }

  private static String code(byte[] payload) {
    return payload.length < 2
        ? "without a reason"
        : String.valueOf((payload[0] & 0xff) << 8 | payload[1] & 0xff);
  }

  private static void frame(OutputStream out, int kind, byte[] payload) throws IOException {
    ByteArrayOutputStream f = new ByteArrayOutputStream();
    f.write(FIN | kind);
    if (payload.length < 126) {
      f.write(MASKED | payload.length);
    } else if (payload.length < 1 << 16) {
      f.write(MASKED | 126);
      f.write(payload.length >> 8);
      f.write(payload.length);
    } else {
      f.write(MASKED | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        f.write((int) ((long) payload.length >> shift));
      }
    }
    byte[] mask = new byte[4];
    ThreadLocalRandom.current().nextBytes(mask);
    f.write(mask);
    for (int i = 0; i < payload.length; i++) {
      f.write(payload[i] ^ mask[i % 4]);
    }
    out.write(f.toByteArray());
    out.flush();
  }
}
