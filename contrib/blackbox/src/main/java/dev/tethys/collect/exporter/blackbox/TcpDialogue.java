package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.web.client.TlsSockets;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Waits for lines and sends lines by the steps of a module. */
final class TcpDialogue {
  /** Maximum line length, as in Go's scanner. */
  private static final int MAX_LINE = 64 << 10;

  private static final String REGEX = "probe_failed_due_to_regex";
  private static final String REGEX_HELP = "Indicates if probe failed due to regex";
  private static final String BYTES = "probe_failed_due_to_bytes";
  private static final String BYTES_HELP = "Indicates if probe failed due to bytes";

  /** The two directions of a connection, and the socket on which TLS may start. */
  record Connection(InputStream in, OutputStream out, Socket socket) {}

  private final ProbeAttempt attempt;
  private final TlsConfig tls;
  private final String serverName;
  private Connection connection;
  private InputStream in;

  /**
   * @param serverName TLS server name unless the configuration sets one
   */
  TcpDialogue(Connection connection, TlsConfig tls, String serverName, ProbeAttempt attempt) {
    this.connection = connection;
    this.tls = tls;
    this.serverName = serverName;
    this.attempt = attempt;
    this.in = new BufferedInputStream(connection.in);
  }

  boolean run(List<QueryResponse> steps) throws IOException {
    attempt.found.gauge(REGEX, REGEX_HELP, 0);
    attempt.found.gauge(BYTES, BYTES_HELP, 0);
    if (connection.socket instanceof SSLSocket s) {
      secured(s);
    }
    for (int i = 0; i < steps.size(); i++) {
      attempt.debug("Processing query response entry", "entry_number", i);
      if (!step(steps.get(i))) {
        return false;
      }
    }
    return true;
  }

  private void secured(SSLSocket s) throws IOException {
    TlsFacts facts = new TlsFacts(s.getSession());
    facts.common(attempt.found);
    facts.chain(attempt.found, tls);
  }

  private boolean step(QueryResponse step) throws IOException {
    Matcher match = null;
    Pattern expect = step.expect();
    if (expect != null) {
      String last = "";
      for (String line = line(); line != null && match == null; ) {
        attempt.debug("Read line", "line", line);
        last = line;
        Matcher m = expect.matcher(line);
        if (m.find()) {
          match = m;
        } else {
          line = line();
        }
      }
      if (match == null) {
        attempt.found.gauge(REGEX, REGEX_HELP, 1);
        return attempt.fails("Regexp did not match", "regexp", expect.pattern(), "line", last);
      }
      attempt.debug("Regexp matched", "regexp", expect.pattern(), "line", last);
      attempt.found.gauge(REGEX, REGEX_HELP, 0);
      if (!step.labels().isEmpty()) {
        info(step, match);
      }
    }
    if (!step.expectBytes().isEmpty()) {
      byte[] wanted = step.expectBytes().getBytes(StandardCharsets.ISO_8859_1);
      byte[] came = in.readNBytes(wanted.length);
      if (came.length < wanted.length) {
        return attempt.fails("Read less data than expected", "bytes", came.length);
      }
      boolean equal = java.util.Arrays.equals(wanted, came);
      attempt.found.gauge(BYTES, BYTES_HELP, equal ? 0 : 1);
      if (!equal) {
        return attempt.fails("Bytes did not match");
      }
    }
    byte[] sent = step.sent(match);
    if (sent.length > 0) {
      attempt.debug("Sending line", "line", new String(sent, StandardCharsets.ISO_8859_1));
      byte[] line = java.util.Arrays.copyOf(sent, sent.length + 1);
      line[sent.length] = '\n';
      connection.out.write(line);
      connection.out.flush();
    }
    return !step.startTls() || startTls();
  }

  private void info(QueryResponse step, Matcher m) {
    Map<String, String> labels = new HashMap<>();
    step.labels().forEach((k, v) -> labels.put(k, QueryResponse.expand(v, m, g -> g)));
    attempt.found.set(
        MetricType.GAUGE, "probe_expect_info", "Explicit content matched", Labels.of(labels), 1);
  }

  private boolean startTls() throws IOException {
    Socket plain = connection.socket;
    SSLSocket s = TlsSockets.secure(tls, plain, serverName, plain.getPort());
    attempt.debug("TLS Handshake (client) succeeded.");
    connection = new Connection(s.getInputStream(), s.getOutputStream(), s);
    in = new BufferedInputStream(connection.in);
    secured(s);
    return true;
  }

  /** Reads the next line without its terminator; returns null at the end of the stream. */
  private @Nullable String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return line.size() == 0 ? null : text(line);
      }
      if (line.size() == MAX_LINE) {
        throw new IOException("token too long: a line has more than " + MAX_LINE + " bytes");
      }
      line.write(b);
    }
    return text(line);
  }

  private static String text(ByteArrayOutputStream line) {
    String s = line.toString(StandardCharsets.UTF_8);
    return s.endsWith("\r") ? s.substring(0, s.length() - 1) : s;
  }
}
