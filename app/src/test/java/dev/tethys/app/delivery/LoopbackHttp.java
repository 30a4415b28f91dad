package dev.tethys.app.delivery;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The HTTP server of a double, which can be ended at any moment and continues at its port. */
final class LoopbackHttp implements AutoCloseable {
  private final HttpHandler handler;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final int port;
  private HttpServer server;

  LoopbackHttp(HttpHandler handler) throws IOException {
    this.handler = handler;
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int at) throws IOException {
    HttpServer s =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 50);
    s.setExecutor(threads);
    s.createContext("/", handler);
    s.start();
    return s;
  }

  int port() {
    return port;
  }

  /** Ends its connections wherever they are, and listens again. */
  void restart() throws InterruptedException {
    server.stop(0);
    TestPipeline.await(
        "its port is free",
        ExporterContract.TIME_LIMIT,
        () -> {
          try {
            server = listen(port);
            return true;
          } catch (IOException e) {
            return false;
          }
        });
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
