package dev.tethys.pipeline.exporter.clymene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Gateways that take messages by grpc-java, and ones that take them by HTTP. */
final class Gateways implements AutoCloseable {
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

  /** Requests of remote write, whichever way they came. */
  final List<byte[]> metrics = new CopyOnWriteArrayList<>();

  /** Lines in JSON, whichever way they came. */
  final List<byte[]> logs = new CopyOnWriteArrayList<>();

  /** Status that gRPC answers instead of taking a message; null for taking it. */
  volatile @Nullable Status status;

  /** HTTP status of responses; messages are kept only with 204. */
  volatile int answer = 204;

  /** Headers of HTTP's answers. */
  final Map<String, String> answered = new ConcurrentHashMap<>();

  /** {@code Content-Encoding} and {@code User-Agent} of HTTP's requests for metrics. */
  final List<String> seen = new CopyOnWriteArrayList<>();

  private final List<AutoCloseable> open = new ArrayList<>();

  /** Starts a gRPC gateway; returns the keys of its exporter without braces. */
  String grpc() throws IOException {
    return "endpoint: '127.0.0.1:" + port() + "', tls: {insecure: true}";
  }

  /** Port of a new gRPC gateway. */
  int port() throws IOException {
    Server s =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(service("prometheus.ClymeneService", "RequestMetrics", metrics))
            .addService(service("logproto.Gateway", "TransferBatch", logs))
            .build()
            .start();
    open.add(s::shutdownNow);
    return s.getPort();
  }

  private ServerServiceDefinition service(String name, String method, List<byte[]> to) {
    return ServerServiceDefinition.builder(name)
        .addMethod(
            ServerMethodDefinition.create(
                MethodDescriptor.newBuilder(BYTES, BYTES)
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(name + "/" + method)
                    .build(),
                ServerCalls.asyncUnaryCall(
                    (byte[] message, io.grpc.stub.StreamObserver<byte[]> out) -> {
                      Status s = status;
                      if (s != null) {
                        out.onError(s.asRuntimeException());
                        return;
                      }
                      to.add(to == logs ? field(message) : message);
                      out.onNext(new byte[0]);
                      out.onCompleted();
                    })))
        .build();
  }

  private static byte[] field(byte[] message) {
    ProtoReader r = new ProtoReader(message);
    assertThat(r.next()).isTrue();
    return r.readBytes();
  }

  /** Starts an HTTP gateway; returns the keys of its exporter without braces. */
  String http() throws IOException {
    HttpListener l =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            new Routes()
                .post(
                    "/api/metrics",
                    (q, r) -> {
                      seen.add(q.header("Content-Encoding") + " " + q.header("User-Agent"));
                      byte[] b = q.bodyBytes(1 << 20);
                      take(metrics, Compression.SNAPPY.decompress(b, 0, b.length, 1 << 20), r);
                    })
                .post("/api/logs", (q, r) -> take(logs, q.bodyBytes(1 << 20), r)),
            null);
    open.add(l);
    return "endpoint: 'http://127.0.0.1:" + l.port() + "'";
  }

  private void take(List<byte[]> to, byte[] message, HttpResponse r) throws IOException {
    if (answer == 204) {
      to.add(message);
    }
    answered.forEach(r::header);
    r.status(answer).send();
  }

  /** Number of received samples. */
  int samples() {
    int n = 0;
    for (byte[] request : metrics) {
      RequestSlices s = new RequestSlices().reset(request, 0, request.length);
      while (s.next()) {
        n += s.samples();
      }
    }
    return n;
  }

  /** The bodies of the lines that came. */
  List<String> lines(String tenant) {
    List<String> out = new ArrayList<>();
    for (byte[] json : logs) {
      LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
      assertThat(b.tenant()).isEqualTo(tenant);
      b.logs()
          .resources()
          .forEach(
              g ->
                  g.scopes()
                      .forEach(x -> x.items().forEach(r -> out.add(String.valueOf(r.body())))));
    }
    return out;
  }

  /** Clears the received messages. */
  void forget() {
    metrics.clear();
    logs.clear();
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }
}
