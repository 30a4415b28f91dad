package dev.tethys.pipeline.server;

import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A receiver with a listener. The response is sent once its batch has been settled: success means
 * that every destination has it, or has it on disk.
 */
public final class PushReceiver implements Receiver {
  private final @Nullable GrpcServerEndpoint grpcEndpoint;
  private final @Nullable HttpServerEndpoint httpEndpoint;
  private final LongSupplier nanos;
  private final List<SocketServerEndpoint> sockets;
  private @Nullable ServedPort grpc;
  private @Nullable ServedPort http;

  /**
   * Creates a receiver.
   *
   * @param grpc null without gRPC
   * @param http null without HTTP
   * @param nanos monotonic clock
   */
  public PushReceiver(
      @Nullable GrpcServerEndpoint grpc, @Nullable HttpServerEndpoint http, LongSupplier nanos) {
    this(grpc, http, nanos, List.of());
  }

  /** Creates a receiver with additional socket endpoints. */
  public PushReceiver(
      @Nullable GrpcServerEndpoint grpc,
      @Nullable HttpServerEndpoint http,
      LongSupplier nanos,
      List<SocketServerEndpoint> sockets) {
    this.grpcEndpoint = grpc;
    this.httpEndpoint = http;
    this.nanos = nanos;
    this.sockets = List.copyOf(sockets);
  }

  /** Sets the counter of rejected items over HTTP and gRPC. */
  public PushReceiver countRefused(RefusedItems by) {
    if (grpcEndpoint != null) {
      grpcEndpoint.countRefused(by);
    }
    if (httpEndpoint != null) {
      httpEndpoint.countRefused(by);
    }
    return this;
  }

  @Override
  public void start() throws IOException {
    try {
      if (grpcEndpoint != null) {
        grpc = grpcEndpoint.open(nanos);
      }
      if (httpEndpoint != null) {
        http = httpEndpoint.open(nanos);
      }
      for (SocketServerEndpoint s : sockets) {
        s.open();
      }
    } catch (IOException | RuntimeException e) {
      stop(Duration.ZERO);
      throw e;
    }
  }

  /** Returns the gRPC port, once started. */
  public int grpcPort() {
    return grpc == null ? -1 : grpc.port();
  }

  /** Returns the HTTP port, once started. */
  public int httpPort() {
    return http == null ? -1 : http.port();
  }

  /** Returns the port of a socket, once started. */
  public int socketPort(int index) {
    return sockets.get(index).port();
  }

  @Override
  public List<Object> sockets() {
    List<Object> all = new ArrayList<>();
    for (SocketServerEndpoint s : sockets) {
      Object o = s.settings();
      if (o != null) {
        all.add(o);
      }
    }
    return all;
  }

  @Override
  public boolean passesPorts() {
    return true;
  }

  @Override
  public void stop(Duration timeLimit) {
    if (grpc != null) {
      grpc.stop();
    }
    if (http != null) {
      http.stop();
    }
    sockets.forEach(SocketServerEndpoint::close);
  }
}
