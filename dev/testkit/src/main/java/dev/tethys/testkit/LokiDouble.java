package dev.tethys.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.airlift.compress.v3.snappy.SnappyJavaDecompressor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Loki for tests: keeps all pushed entries, or rejects them with 503. It reads protobuf pushes with
 * its own reader (fields of Loki's push.proto), so that it checks the product's writer.
 */
public final class LokiDouble implements AutoCloseable {
  /** Strings of all entries in order of arrival. */
  public final List<String> lines = Collections.synchronizedList(new ArrayList<>());

  /** Labels of the stream of each line, such as {@code {app="a"}}. */
  public final List<String> streams = Collections.synchronizedList(new ArrayList<>());

  /** Tenant of each line; "null" without one. */
  public final List<String> tenants = Collections.synchronizedList(new ArrayList<>());

  private final HttpServer server;
  private volatile boolean away;

  public LokiDouble() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/loki/api/v1/push", this::pushed);
    server.start();
  }

  private void pushed(HttpExchange x) throws IOException {
    byte[] sent = x.getRequestBody().readAllBytes();
    if (away) {
      x.sendResponseHeaders(503, -1);
      x.close();
      return;
    }
    String tenant = String.valueOf(x.getRequestHeaders().getFirst("X-Scope-OrgID"));
    SnappyJavaDecompressor snappy = new SnappyJavaDecompressor();
    byte[] b = new byte[snappy.getUncompressedLength(sent, 0)];
    int length = snappy.decompress(sent, 0, sent.length, b, 0, b.length);
    for (ByteBuffer stream : fields(ByteBuffer.wrap(b, 0, length), 1)) {
      String labels = text(stream, 1);
      for (ByteBuffer entry : fields(stream, 2)) {
        // The line last: a test that waits for it finds the rest.
        streams.add(labels);
        tenants.add(tenant);
        lines.add(text(entry, 2));
      }
    }
    x.sendResponseHeaders(204, -1);
    x.close();
  }

  private static String text(ByteBuffer message, int number) {
    List<ByteBuffer> values = fields(message, number);
    return values.isEmpty() ? "" : StandardCharsets.UTF_8.decode(values.getLast()).toString();
  }

  /** Contents of the length-delimited fields of that number. */
  private static List<ByteBuffer> fields(ByteBuffer message, int number) {
    ByteBuffer in = message.slice();
    List<ByteBuffer> out = new ArrayList<>();
    while (in.hasRemaining()) {
      long tag = varint(in);
      switch ((int) (tag & 7)) {
        case 0 -> varint(in);
        case 1 -> in.position(in.position() + 8);
        case 2 -> {
          int length = Math.toIntExact(varint(in));
          if (tag >>> 3 == number) {
            out.add(in.slice(in.position(), length));
          }
          in.position(in.position() + length);
        }
        case 5 -> in.position(in.position() + 4);
        default -> throw new IllegalStateException("wire type " + (tag & 7));
      }
    }
    return out;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalStateException("varint of more than ten bytes");
  }

  /** Whether pushes are rejected with 503. */
  public void setUnavailable(boolean now) {
    away = now;
  }

  /** Returns the URL for pushes. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/loki/api/v1/push";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
