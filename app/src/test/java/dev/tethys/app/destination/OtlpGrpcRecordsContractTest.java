package dev.tethys.app.destination;

import dev.tethys.pipeline.Signal;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** OTLP over gRPC by a server of gRPC's own. */
class OtlpGrpcRecordsContractTest extends RecordsContract {
  /** What it said yes to. */
  private static final class OtlpServer implements RecordPeer {
    private final Signal signal;
    private final Queue<byte[]> taken = new ConcurrentLinkedQueue<>();
    private Server server;
    private final int port;

    OtlpServer(Signal signal) throws IOException {
      this.signal = signal;
      server = listen(0);
      port = server.getPort();
    }

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

    private ServerServiceDefinition service(String name) {
      return ServerServiceDefinition.builder(name)
          .addMethod(
              MethodDescriptor.newBuilder(BYTES, BYTES)
                  .setType(MethodDescriptor.MethodType.UNARY)
                  .setFullMethodName(name + "/Export")
                  .build(),
              ServerCalls.asyncUnaryCall(
                  (request, to) -> {
                    taken.add(request);
                    to.onNext(new byte[0]); // a response in which nothing is said
                    to.onCompleted();
                  }))
          .build();
    }

    private Server listen(int at) throws IOException {
      return NettyServerBuilder.forAddress(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), at))
          .addService(
              service(
                  signal == Signal.LOGS
                      ? "opentelemetry.proto.collector.logs.v1.LogsService"
                      : "opentelemetry.proto.collector.trace.v1.TraceService"))
          .build()
          .start();
    }

    @Override
    public int port() {
      return port;
    }

    @Override
    public String exporter() {
      return "otlp_grpc";
    }

    @Override
    public String exporterKeys(int at) {
      return "endpoint: '127.0.0.1:" + at + "', tls: {insecure: true}";
    }

    @Override
    public String kept(KnownRecords.Item item) {
      return WholeRecords.text(item);
    }

    @Override
    public boolean isHttp() {
      return false;
    }

    @Override
    public void read(FoundRecords into) {
      taken.forEach(b -> WholeRecords.read(signal, b, into));
    }

    @Override
    public boolean killAndRestart() throws Exception {
      server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      TestPipeline.await(
          "its port is free",
          DestinationContract.PATIENCE,
          () -> {
            try {
              server = listen(port);
              return true;
            } catch (IOException e) {
              return false;
            }
          });
      return true;
    }

    @Override
    public void close() {
      server.shutdownNow();
    }
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    return new OtlpServer(signal);
  }
}
