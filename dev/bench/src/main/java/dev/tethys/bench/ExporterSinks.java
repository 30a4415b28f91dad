package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.web.Grpc;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * Receivers of requests while a writer is measured, started on demand. Over HTTP and datagrams they
 * read everything and confirm it; otherwise they are real servers. Their cost is not counted.
 */
final class ExporterSinks implements AutoCloseable {
  /** TDengine's response to a statement. */
  private static final String ONE_ROW =
      "{\"code\":0,\"column_meta\":[[\"affected_rows\",\"INT\",4]],\"data\":[[1]],\"rows\":1}";

  private static final int MAX_MESSAGE = 64 << 20;

  private final Path dir;
  private final Map<String, String> addresses = new HashMap<>();
  private final Deque<AutoCloseable> running = new ArrayDeque<>();

  /**
   * @param dir directory for their files; must be accessible to the other processes
   */
  ExporterSinks(Path dir) {
    this.dir = dir;
  }

  /** Replaces {@code {url}}, {@code {kafka}} and so on in a text with addresses. */
  String filled(String text) throws Exception {
    String out = text;
    for (String name :
        List.of("url", "grpc", "kafka", "postgres", "nats", "mqtt", "udp", "lines", "kdb")) {
      String mark = "{" + name + "}";
      if (out.contains(mark)) {
        out = out.replace(mark, address(name));
      }
    }
    return out;
  }

  private String address(String name) throws Exception {
    String known = addresses.get(name);
    if (known == null) {
      known =
          switch (name) {
            case "url" -> http();
            case "grpc" -> grpc();
            case "kafka" -> kafka();
            case "postgres" -> postgres();
            case "nats" -> nats();
            case "mqtt" -> mqtt();
            case "lines" -> listener(ExporterSinks::readAll);
            case "kdb" -> listener(ExporterSinks::tickerplant);
            default -> udp();
          };
      addresses.put(name, known);
    }
    return known;
  }

  private String http() throws IOException {
    HttpServer s =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    s.createContext("/", ExporterSinks::answer);
    s.start();
    running.push(() -> s.stop(0));
    return "http://127.0.0.1:" + s.getAddress().getPort();
  }

  /** Starts a sink for OTLP metrics over gRPC that accepts everything. */
  private String grpc() throws IOException {
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    OtlpSignal.METRICS.grpcPath(),
                    Grpc.unary(MAX_MESSAGE, (message, request) -> new byte[0])),
            null);
    running.push(l);
    return "127.0.0.1:" + l.port();
  }

  /** Reads a request and returns success in the protocol of its sender. */
  private static void answer(HttpExchange x) throws IOException {
    try (x) {
      x.getRequestBody().transferTo(OutputStream.nullOutputStream());
      String path = x.getRequestURI().getPath();
      String say =
          path.contains("_bulk")
              ? "{\"took\":1,\"errors\":false,\"items\":[]}"
              : path.contains("collector")
                  ? "{\"text\":\"Success\",\"code\":0}"
                  : path.contains("index_template")
                      ? "{\"acknowledged\":true}"
                      : path.startsWith("/rest/sql") ? ONE_ROW : "";
      boolean isWrite =
          path.contains("write") || path.contains("/api/put") || path.startsWith("/loki/");
      int status = isWrite ? 204 : path.startsWith("/api/v2") ? 202 : 200;
      byte[] body = say.getBytes(StandardCharsets.UTF_8);
      x.getResponseHeaders()
          .set("Content-Type", "application/" + (path.startsWith("/v1/") ? "x-protobuf" : "json"));
      x.getResponseHeaders().set("X-Elastic-Product", "Elasticsearch");
      x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      x.getResponseBody().write(body);
    }
  }

  private String kafka() throws IOException, InterruptedException {
    KafkaProcess k = new KafkaProcess(Files.createDirectory(dir.resolve("kafka")));
    running.push(k);
    return k.address();
  }

  private String postgres() throws IOException, InterruptedException {
    PostgresProcess p = new PostgresProcess(dir, "secret");
    running.push(p);
    return "127.0.0.1:" + p.port();
  }

  private String nats() throws Exception {
    int port = Ports.free();
    running.push(
        new ServerProcess(
            port,
            dir.resolve("nats.log"),
            Map.of(),
            List.of(
                ServerProcess.find("nats-server").toString(),
                "-a",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-js",
                "-sd",
                dir.resolve("nats").toString())));
    String at = "127.0.0.1:" + port;
    try (Connection c = Nats.connect("nats://" + at)) {
      c.jetStreamManagement()
          .addStream(
              StreamConfiguration.builder()
                  .name("telemetry")
                  .subjects("telemetry.>")
                  .retentionPolicy(RetentionPolicy.Limits)
                  .maxBytes(256L << 20)
                  .build());
    }
    return at;
  }

  private String mqtt() throws IOException, InterruptedException {
    int port = Ports.free();
    Path config =
        Files.writeString(
            dir.resolve("mosquitto.conf"),
            "user root\nlistener %d 127.0.0.1\nallow_anonymous true\n".formatted(port));
    running.push(
        new ServerProcess(
            port,
            dir.resolve("mosquitto.log"),
            Map.of(),
            List.of(ServerProcess.find("mosquitto").toString(), "-c", config.toString())));
    return "127.0.0.1:" + port;
  }

  private String udp() throws IOException {
    DatagramSocket s = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              DatagramPacket p = new DatagramPacket(new byte[65_536], 65_536);
              while (!s.isClosed()) {
                try {
                  s.receive(p);
                } catch (IOException e) {
                  return;
                }
              }
            });
    running.push(s);
    return "127.0.0.1:" + s.getLocalPort();
  }

  /** Reads from a connection. */
  @FunctionalInterface
  private interface SinkConnection {
    void with(InputStream in, OutputStream out) throws IOException;
  }

  private String listener(SinkConnection connection) throws IOException {
    ServerSocket s = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              while (!s.isClosed()) {
                try {
                  Socket c = s.accept();
                  Thread.ofVirtual().start(() -> serve(c, connection));
                } catch (IOException e) {
                  return;
                }
              }
            });
    running.push(s);
    return "127.0.0.1:" + s.getLocalPort();
  }

  private static void serve(Socket c, SinkConnection connection) {
    try (c) {
      connection.with(c.getInputStream(), c.getOutputStream());
    } catch (IOException e) {
      // the writer is done
    }
  }

  private static void readAll(InputStream in, OutputStream out) throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }

  /**
   * Runs a tickerplant that accepts all clients and returns {@code (::)} for each message that
   * requires a response: a message is its byte order, its type (1 requires a response), two more
   * bytes and its length.
   */
  private static void tickerplant(InputStream in, OutputStream out) throws IOException {
    while (in.read() > 0) {
      // a login ends with a zero
    }
    out.write(3);
    while (true) {
      byte[] head = in.readNBytes(8);
      if (head.length < 8) {
        return;
      }
      ByteOrder order = head[0] == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
      in.skipNBytes(ByteBuffer.wrap(head).order(order).getInt(4) - 8L);
      if (head[1] == 1) {
        out.write(new byte[] {1, 2, 0, 0, 10, 0, 0, 0, 101, 0});
      }
    }
  }

  @Override
  public void close() throws Exception {
    while (!running.isEmpty()) {
      running.pop().close();
    }
  }
}
