package dev.tethys.pipeline.exporter.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.config.Secret;
import dev.tethys.config.UrlHost;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/**
 * Writes points as lines. The protocol does not acknowledge accepted points, so a version request
 * follows each request: the server responds to it after it has read everything before and reported
 * errors. An error does not name its point, so the request is halved until the point is found; a
 * point written twice is stored once. Unlike HTTP, this does not confirm that points are in the
 * database.
 */
final class TelnetPutSender implements Sender {
  private static final byte[] VERSION = "version\n".getBytes(StandardCharsets.US_ASCII);

  /** The last line of a response to {@code version}. */
  private static final String LAST = "Built on ";

  /**
   * Prefix of the response sent by servers with an authentication plugin (2.4) to the first line of
   * a connection.
   */
  private static final String AUTH = "AUTH_";

  private static final String LET_IN = "AUTH_SUCCESS";

  private final LineSockets sockets;
  private final LineRequestEncoder encoder;

  TelnetPutSender(LineSockets sockets, LineRequestEncoder encoder) {
    this.sockets = sockets;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException {
    byte[] lines;
    try {
      lines = encoder.open(p).text();
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    String complaint = put(sockets, lines);
    if (complaint.isEmpty()) {
      return SendResult.DELIVERED;
    }
    String c = complaint.toLowerCase(Locale.ROOT);
    boolean busy = c.contains("throttle") || c.contains("timeout") || c.contains("timed out");
    return busy || c.contains("hbase")
        ? new SendResult.Retryable(Duration.ZERO, busy, complaint)
        : encoder.halves(p, complaint);
  }

  /** Connections to the server of the settings. */
  static LineSockets sockets(OpenTsdbSettings s) {
    int port = UrlHost.port(s.base());
    return new LineSockets(
        String.valueOf(UrlHost.of(s.base())),
        port < 0 ? OpenTsdbSettings.PORT : port,
        s.base().getScheme().equals("telnets") ? s.client().client().tls() : null,
        s.delivery().timeout(),
        line -> authenticate(line, s.telnetLogin()));
  }

  private static void authenticate(LineSockets.Line line, Secret login) throws IOException {
    if (!login.isEmpty()) {
      line.write((login.value() + "\n").getBytes(StandardCharsets.UTF_8));
      String reply = line.read();
      if (!reply.startsWith(LET_IN)) {
        throw new IOException("it rejected telnet_login: " + reply);
      }
    }
  }

  /** Sends lines; returns the first error, or "". */
  static String put(LineSockets sockets, byte[] lines) throws IOException {
    return sockets.withConnection(
        line -> {
          line.write(lines);
          line.write(VERSION);
          String complaint = "";
          for (String reply = line.read(); !reply.startsWith(LAST); reply = line.read()) {
            if (reply.startsWith(AUTH)) {
              // Regardless of the plugin's response, the first line was read as a login and not
              // put.
              throw new IOException("the server requires a login: set telnet_login");
            }
            if (complaint.isEmpty() && reply.startsWith("put:")) {
              complaint = reply;
            }
          }
          return complaint;
        });
  }

  @Override
  public void close() {
    sockets.close();
  }
}
