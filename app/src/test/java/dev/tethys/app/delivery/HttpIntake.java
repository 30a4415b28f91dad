package dev.tethys.app.delivery;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What vendors have that only take: an HTTP server that keeps each body that it said yes to. It can
 * be ended at any moment, and continues with what it has.
 */
final class HttpIntake implements AutoCloseable {
  /** What a vendor says to a request. */
  record Reply(int status, String body) {
    boolean isTaken() {
      return status / 100 == 2;
    }
  }

  /** What a vendor makes of a request, its body as it was before compression. */
  @FunctionalInterface
  interface Vendor {
    Reply judge(HttpExchange request, byte[] body) throws IOException;
  }

  private final Vendor vendor;
  private final String kept;

  @GuardedBy("itself")
  private final List<byte[]> bodies = new ArrayList<>();

  private final LoopbackHttp server;
  private volatile @Nullable Reply refusal;

  /**
   * Starts it.
   *
   * @param kept the path whose bodies are kept
   */
  HttpIntake(String kept, Vendor vendor) throws IOException {
    this.kept = kept;
    this.vendor = vendor;
    server = new LoopbackHttp(this::answer);
  }

  private void answer(HttpExchange x) throws IOException {
    try (x) {
      byte[] body = x.getRequestBody().readAllBytes();
      if ("gzip".equals(x.getRequestHeaders().getFirst("Content-Encoding"))) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
          body = in.readAllBytes();
        }
      }
      Reply full = refusal;
      Reply r =
          full == null || !x.getRequestURI().getPath().equals(kept) ? vendor.judge(x, body) : full;
      if (r.isTaken() && x.getRequestURI().getPath().equals(kept)) {
        synchronized (bodies) {
          bodies.add(body);
        }
      }
      byte[] say = r.body().getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(r.status(), say.length == 0 ? -1 : say.length);
      x.getResponseBody().write(say);
    }
  }

  /**
   * Answers what it would keep with this from now on.
   *
   * @param as null for what the vendor says
   */
  void refuse(@Nullable Reply as) {
    refusal = as;
  }

  int port() {
    return server.port();
  }

  /** The bodies, in the order of arrival. */
  List<byte[]> bodies() {
    synchronized (bodies) {
      return List.copyOf(bodies);
    }
  }

  /** Ends its connections wherever they are, and listens again. */
  void restart() throws InterruptedException {
    server.restart();
  }

  @Override
  public void close() {
    server.close();
  }
}
