package dev.tethys.pipeline.exporter.nats;

import dev.tethys.model.GoJson;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.LineSockets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Publishes messages and waits for their outcome. With JetStream the stream responds to an inbox;
 * without it, a ping follows each message and receives its reply once the server has read the
 * message. Thread-safe; each thread uses its own connection.
 */
final class NatsClient implements AutoCloseable {
  private static final String NO_STREAM =
      "no JetStream stream accepts the subject: create one, set create_stream, or set jetstream:"
          + " false to deliver to subscribers only";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_ANSWER = 1 << 20;

  /** Stream errors for messages that will never be accepted. */
  private static final int MESSAGE_TOO_LARGE = 10054;

  private final NatsSettings settings;
  private final List<LineSockets> servers = new ArrayList<>();
  private final AtomicInteger current = new AtomicInteger();
  private final AtomicLong number = new AtomicLong();
  private final String inbox = "_INBOX." + UUID.randomUUID().toString().replace("-", "");
  private volatile String about = "";

  NatsClient(NatsSettings settings) {
    this(settings, settings.delivery().timeout());
  }

  NatsClient(NatsSettings settings, Duration timeout) {
    this.settings = settings;
    NatsLogin login = new NatsLogin(settings);
    for (NatsSettings.Server s : settings.servers()) {
      servers.add(
          new LineSockets(
              s.host(),
              s.port(),
              s.secured() ? settings.tls() : null,
              timeout,
              line -> handshake(login, s, line)));
    }
  }

  private void handshake(NatsLogin login, NatsSettings.Server server, LineSockets.Line line)
      throws IOException {
    JsonNode info = login.handshake(line, server);
    about =
        "NATS "
            + info.path("version").asString("of a version that it does not say")
            + (info.path("jetstream").asBoolean(false) ? " with JetStream" : " without JetStream")
            + ", messages of at most "
            + info.path("max_payload").asLong(0)
            + " bytes";
    if (settings.jetStream()) {
      line.write(("SUB " + inbox + ".* 1\r\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Connects and returns the server's description of itself. */
  String connect() throws IOException {
    over(
        line -> {
          line.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
          return await(line, "");
        });
    return about;
  }

  /** Performs an operation on a connection to a server. */
  <T> T over(LineSockets.Session<T> session) throws IOException {
    int at = current.get();
    try {
      return servers.get(at % servers.size()).withConnection(session);
    } catch (IOException e) {
      current.compareAndSet(at, (at + 1) % servers.size()); // the next attempt is at the next one
      throw e;
    }
  }

  /**
   * Publishes one message.
   *
   * @param headers message headers; must not contain line feeds
   */
  SendResult publish(String subject, Map<String, String> headers, byte[] body) throws IOException {
    StringBuilder head = new StringBuilder("NATS/1.0\r\n");
    headers.forEach((k, v) -> head.append(k).append(": ").append(v).append("\r\n"));
    byte[] h = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    String reply = settings.jetStream() ? inbox + "." + number.incrementAndGet() : "";
    ByteArrayOutputStream out = new ByteArrayOutputStream(h.length + body.length + 200);
    out.writeBytes(
        "HPUB %s %s%d %d\r\n"
            .formatted(
                subject, reply.isEmpty() ? "" : reply + " ", h.length, h.length + body.length)
            .getBytes(StandardCharsets.UTF_8));
    out.writeBytes(h);
    out.writeBytes(body);
    out.writeBytes((reply.isEmpty() ? "\r\nPING\r\n" : "\r\n").getBytes(StandardCharsets.US_ASCII));
    try {
      return over(
          line -> {
            line.write(out.toByteArray());
            return await(line, reply);
          });
    } catch (SocketTimeoutException e) {
      if (reply.isEmpty()) {
        throw e;
      }
      throw new IOException(
          e.getMessage()
              + " before a JetStream stream answered; if no stream has "
              + subject
              + " but another client subscribes to it, nothing answers",
          e);
    }
  }

  /**
   * Checks that a stream accepts a subject.
   *
   * @throws IOException if there is none; not if the lookup is forbidden
   */
  void seekStream(String subject) throws IOException {
    JsonNode found;
    try {
      found =
          request(
              "$JS.API.STREAM.NAMES",
              "{\"subject\":" + GoJson.append(new StringBuilder(), subject) + "}");
    } catch (IOException e) {
      return; // publishing reports more
    }
    if (found.path("error").isMissingNode() && found.path("streams").isEmpty()) {
      throw new IOException(NO_STREAM + " (" + subject + ")");
    }
  }

  /**
   * Reads until the response to a message arrives.
   *
   * @param reply the inbox of the response; "" where a sign of life is it
   */
  private static SendResult await(LineSockets.Line line, String reply) throws IOException {
    SendResult complaint = null;
    while (true) {
      String response = line.read();
      String word =
          response.contains(" ") ? response.substring(0, response.indexOf(' ')) : response;
      switch (word.toUpperCase(Locale.ROOT)) {
        case "PING" -> line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
        case "PONG" -> {
          if (reply.isEmpty()) {
            return complaint == null ? SendResult.DELIVERED : complaint;
          }
        }
        case "-ERR" -> {
          SendResult v = complaint(response.substring(4).strip());
          if (!reply.isEmpty() || v instanceof SendResult.Permanent) {
            return v; // no stream will respond; a payload that is too large ends the connection
          }
          complaint = v;
        }
        case "MSG", "HMSG" -> {
          SendResult v = message(line, response.split(" "), reply);
          if (v != null) {
            return v;
          }
        }
        case "INFO", "+OK" -> {
          // the cluster has changed, or all is well
        }
        default -> throw new IOException("unexpected message of NATS: " + word);
      }
    }
  }

  /**
   * Sends a request to the JetStream API.
   *
   * @param body "" for none
   * @throws IOException if there is no response or it is not JSON
   */
  JsonNode request(String subject, String body) throws IOException {
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    String reply = inbox + "." + number.incrementAndGet();
    ByteArrayOutputStream out = new ByteArrayOutputStream(b.length + 200);
    out.writeBytes(
        "PUB %s %s %d\r\n".formatted(subject, reply, b.length).getBytes(StandardCharsets.UTF_8));
    out.writeBytes(b);
    out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    return over(
        line -> {
          line.write(out.toByteArray());
          while (true) {
            String response = line.read();
            String word = response.toUpperCase(Locale.ROOT);
            if (word.equals("PING")) {
              line.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
            } else if (word.startsWith("-ERR")) {
              throw new IOException("NATS: " + response.substring(4).strip());
            } else if (word.startsWith("MSG ") || word.startsWith("HMSG ")) {
              Message m = read(line, response.split(" "));
              if (m.subject.equals(reply)) {
                return answered(m);
              }
            }
          }
        });
  }

  private static JsonNode answered(Message m) throws IOException {
    if (m.body.length == m.head) {
      throw new IOException(
          "JetStream does not respond; it may be disabled on the server or for this account");
    }
    try {
      return JSON.readTree(m.body, m.head, m.body.length - m.head);
    } catch (JacksonException e) {
      throw new IOException("the response of JetStream is not valid JSON", e);
    }
  }

  private static SendResult complaint(String error) {
    return error.toLowerCase(Locale.ROOT).contains("maximum payload")
        ? new SendResult.Permanent(
            "NATS: " + error + ": set max_message_bytes to the server's limit")
        : new SendResult.Retryable(Duration.ZERO, false, "NATS: " + error);
  }

  /**
   * A message.
   *
   * @param head number of bytes that are headers
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Message(String subject, int head, byte[] body) {}

  /** Reads the message that a line announces. */
  static Message read(LineSockets.Line line, String[] words) throws IOException {
    boolean headers = words[0].equalsIgnoreCase("HMSG");
    int total;
    int head;
    try {
      total = Integer.parseInt(words[words.length - 1]);
      head = headers ? Integer.parseInt(words[words.length - 2]) : 0;
    } catch (NumberFormatException e) {
      throw new IOException("it sends a message without its size", e);
    }
    if (words.length < 4 || total < 0 || total > MAX_ANSWER || head < 0 || head > total) {
      throw new IOException("it sent a message of " + total + " bytes");
    }
    byte[] body = line.read(total);
    line.read(); // the end of its line
    return new Message(words[1], head, body);
  }

  @org.jspecify.annotations.Nullable
  private static SendResult message(LineSockets.Line line, String[] words, String reply)
      throws IOException {
    Message m = read(line, words);
    if (!m.subject.equals(reply)) {
      return null; // an answer to an abandoned request
    }
    String status = new String(m.body, 0, m.head, StandardCharsets.UTF_8);
    if (status.startsWith("NATS/1.0 503")) {
      return new SendResult.Retryable(Duration.ZERO, false, NO_STREAM);
    }
    return answer(new String(m.body, m.head, m.body.length - m.head, StandardCharsets.UTF_8));
  }

  private static SendResult answer(String text) {
    JsonNode n;
    try {
      n = JSON.readTree(text);
    } catch (JacksonException e) {
      return new SendResult.Retryable(
          Duration.ZERO, false, "the response of JetStream is not " + "valid JSON");
    }
    JsonNode error = n.path("error");
    if (error.isMissingNode()) {
      return n.path("stream").isString()
          ? SendResult.DELIVERED
          : new SendResult.Retryable(Duration.ZERO, false, "the response is not from a stream");
    }
    String reason = "JetStream: " + error.path("description").asString("an error without a name");
    return error.path("err_code").asInt(0) == MESSAGE_TOO_LARGE
        ? new SendResult.Permanent(reason)
        : new SendResult.Retryable(Duration.ZERO, error.path("code").asInt(0) == 429, reason);
  }

  @Override
  public void close() {
    servers.forEach(LineSockets::close);
  }
}
