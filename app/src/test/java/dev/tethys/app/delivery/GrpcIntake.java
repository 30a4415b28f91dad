package dev.tethys.app.delivery;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server of gRPC's own with one method, which says yes to every request and keeps it. It can be
 * ended at any moment, and continues with what it has.
 */
final class GrpcIntake implements AutoCloseable {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream in) {
          try {
            return in.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final String service;
  private final String method;
  private final Queue<byte[]> taken = new ConcurrentLinkedQueue<>();
  private final int port;
  private Server server;
  private volatile @Nullable Status refusal;

  /** Starts it. */
  GrpcIntake(String service, String method) throws IOException {
    this.service = service;
    this.method = method;
    server = listen(0);
    port = server.getPort();
  }

  private Server listen(int at) throws IOException {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), at))
        .addService(
            ServerServiceDefinition.builder(service)
                .addMethod(
                    MethodDescriptor.newBuilder(BYTES, BYTES)
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(service + "/" + method)
                        .build(),
                    ServerCalls.asyncUnaryCall(
                        (request, to) -> {
                          Status no = refusal;
                          if (no != null) {
                            to.onError(no.asRuntimeException());
                            return;
                          }
                          taken.add(request);
                          to.onNext(new byte[0]); // a response in which nothing is said
                          to.onCompleted();
                        }))
                .build())
        .build()
        .start();
  }

  /**
   * Answers with this from now on.
   *
   * @param status null to take everything
   */
  void refuse(@Nullable Status status) {
    refusal = status;
  }

  int port() {
    return port;
  }

  /** The requests, in the order of arrival. */
  List<byte[]> bodies() {
    return List.copyOf(taken);
  }

  /** Ends it with its connections, and listens again. */
  void restart() throws InterruptedException {
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
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
    server.shutdownNow();
  }
}
