package dev.tethys.pipeline.receiver.jaeger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.GrpcJava;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import io.grpc.StatusRuntimeException;
import io.jaegertracing.thrift.internal.senders.HttpSender;
import io.jaegertracing.thrift.internal.senders.ThriftSender;
import io.jaegertracing.thrift.internal.senders.UdpSender;
import io.jaegertracing.thriftjava.Log;
import io.jaegertracing.thriftjava.Process;
import io.jaegertracing.thriftjava.SpanRef;
import io.jaegertracing.thriftjava.SpanRefType;
import io.jaegertracing.thriftjava.Tag;
import io.jaegertracing.thriftjava.TagType;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JaegerReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final Registry registry = new Registry();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private PushReceiver start(String protocols) throws IOException {
    PushReceiver r =
        JaegerReceiverFactory.receiver(
            TestPipeline.read(
                new JaegerReceiverFactory().settings(), "{protocols: " + protocols + "}"),
            pipeline.of(Signal.TRACES),
            null,
            null,
            Scheduler.system(),
            "receiver jaeger",
            registry);
    r.start();
    receiver = r;
    return r;
  }

  private static Tag tag(String key, TagType type) {
    return new Tag(key, type);
  }

  private static Process process() {
    return new Process("shop").setTags(List.of(tag("hostname", TagType.STRING).setVStr("h1")));
  }

  private static io.jaegertracing.thriftjava.Span span() {
    return new io.jaegertracing.thriftjava.Span(
            5L, 6L, 7L, 0L, "pay", 1, 1_600_000_000_000_000L, 250L)
        .setTags(
            List.of(
                tag("span.kind", TagType.STRING).setVStr("client"),
                tag("error", TagType.BOOL).setVBool(true),
                tag("ok", TagType.BOOL).setVBool(false),
                tag("n", TagType.LONG).setVLong(-3),
                tag("d", TagType.DOUBLE).setVDouble(1.5),
                tag("b", TagType.BINARY).setVBinary(new byte[] {1, 2}),
                tag("otel.library.name", TagType.STRING).setVStr("lib")))
        .setReferences(
            List.of(
                new SpanRef(SpanRefType.CHILD_OF, 5, 6, 9),
                new SpanRef(SpanRefType.FOLLOWS_FROM, 1, 2, 3)))
        .setLogs(
            List.of(
                new Log(
                    1_600_000_000_000_100L,
                    List.of(
                        tag("event", TagType.STRING).setVStr("retry"),
                        tag("attempt", TagType.LONG).setVLong(2)))));
  }

  private TracesData taken(int index) {
    Batch b = pipeline.batches.get(index);
    return new OtlpReader().traces(b.body(), 0, b.body().length);
  }

  private static void isRight(TracesData t) {
    assertThat(t.itemCount()).isEqualTo(1);
    assertThat(t.resources().getFirst().resource().attributes().toString())
        .isEqualTo("{service.name=shop, host.name=h1}");
    assertThat(t.resources().getFirst().scopes().getFirst().scope().name()).isEqualTo("lib");
    Span s = t.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(s.name()).isEqualTo("pay");
    assertThat(s.traceIdHigh()).isEqualTo(6);
    assertThat(s.traceIdLow()).isEqualTo(5);
    assertThat(s.spanId()).isEqualTo(7);
    assertThat(s.parentSpanId()).isEqualTo(9);
    assertThat(s.kind()).isEqualTo(3);
    assertThat(s.statusCode()).isEqualTo(2);
    assertThat(s.startTimeUnixNano()).isEqualTo(1_600_000_000_000_000_000L);
    assertThat(s.endTimeUnixNano()).isEqualTo(1_600_000_000_000_250_000L);
    assertThat(s.attributes().toString()).isEqualTo("{ok=false, n=-3, d=1.5, b=[1, 2]}");
    assertThat(s.links()).hasSize(1);
    assertThat(s.links().getFirst().spanId()).isEqualTo(3);
    assertThat(s.events().getFirst().name()).isEqualTo("retry");
    assertThat(s.events().getFirst().attributes().toString()).isEqualTo("{attempt=2}");
    assertThat(s.events().getFirst().timeUnixNano()).isEqualTo(1_600_000_000_000_100_000L);
  }

  @Test
  void boundsDatagrams() throws Exception {
    PushReceiver r =
        start(
            "{thrift_compact: {endpoint: '127.0.0.1:0', max_packet_size: 50, socket_buffer_size:"
                + " 100000, queue_size: 5, workers: 2}}");
    UdpSender udp = new UdpSender("127.0.0.1", r.socketPort(0), 0);
    udp.send(process(), List.of(span()));
    Samples.until(
        () ->
            registry.gather().stream()
                .filter(f -> f.name().equals("tethys_receiver_refused_items_total"))
                .anyMatch(f -> !f.metrics().isEmpty()));
    assertThat(pipeline.batches).isEmpty();
    ((ThriftSender) udp).close();
  }

  @Test
  void receivesThriftFromJaegersClient() throws Exception {
    PushReceiver r =
        start(
            "{thrift_http: {endpoint: '127.0.0.1:0'}, thrift_compact: {endpoint: '127.0.0.1:0'},"
                + " thrift_binary: {endpoint: '127.0.0.1:0'}}");
    HttpSender http =
        new HttpSender.Builder("http://127.0.0.1:" + r.httpPort() + "/api/traces").build();
    http.send(process(), List.of(span()));
    isRight(taken(0));
    UdpSender udp = new UdpSender("127.0.0.1", r.socketPort(0), 0);
    udp.send(process(), List.of(span()));
    Samples.until(() -> pipeline.batches.size() == 2);
    isRight(taken(1));
    // The same call in the binary protocol, as Node's and C#'s clients send it.
    org.apache.thrift.transport.TMemoryBuffer buffer =
        new org.apache.thrift.transport.TMemoryBuffer(1000);
    new io.jaegertracing.agent.thrift.Agent.Client(
            new org.apache.thrift.protocol.TBinaryProtocol(buffer))
        .emitBatch(new io.jaegertracing.thriftjava.Batch(process(), List.of(span())));
    byte[] message = java.util.Arrays.copyOf(buffer.getArray(), buffer.length());
    try (java.net.DatagramSocket d = new java.net.DatagramSocket()) {
      d.send(
          new java.net.DatagramPacket(
              message,
              message.length,
              java.net.InetAddress.getByName("127.0.0.1"),
              r.socketPort(1)));
    }
    Samples.until(() -> pipeline.batches.size() == 3);
    isRight(taken(2));
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(1));
    assertThatThrownBy(() -> http.send(process(), List.of(span())))
        .isInstanceOf(io.jaegertracing.internal.exceptions.SenderException.class);
    ((ThriftSender) udp).close();
    http.close();
  }

  private static void tagField(ProtoWriter w, int field, String key, int type, int at, String v) {
    int m = w.begin(field);
    w.stringUnlessEmpty(1, key);
    w.int64Unless0(2, type);
    w.stringUnlessEmpty(at, v);
    w.end(m);
  }

  private static byte[] id(int length, int last) {
    byte[] b = new byte[length];
    b[length - 1] = (byte) last;
    return b;
  }

  @Test
  void receivesSpansOverGrpcAndRejectsOnlyTheInvalidOne() throws Exception {
    PushReceiver r = start("{grpc: {endpoint: '127.0.0.1:0'}}");
    ProtoWriter w = new ProtoWriter(100);
    int batch = w.begin(1);
    for (int i = 0; i < 2; i++) {
      int span = w.begin(1);
      w.bytes(1, id(16, i), 0, 16); // the first has no id
      w.bytes(2, id(8, 7), 0, 8);
      w.stringUnlessEmpty(3, "op");
      int start = w.begin(6);
      w.int64Unless0(1, 1_600_000_000L);
      w.int64Unless0(2, 5);
      w.end(start);
      int duration = w.begin(7);
      w.int64Unless0(2, 1000);
      w.end(duration);
      tagField(w, 8, "k", 0, 3, "v");
      w.end(span);
    }
    int process = w.begin(2);
    w.stringUnlessEmpty(1, "svc");
    w.end(process);
    w.end(batch);
    try (GrpcJava grpc = new GrpcJava(r.grpcPort())) {
      assertThatThrownBy(
              () -> grpc.call("jaeger.api_v2.CollectorService/PostSpans", w.toByteArray()))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("the trace id is zero");
    }
    TracesData t = taken(0);
    assertThat(t.itemCount()).isEqualTo(1);
    Span s = t.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(s.traceIdLow()).isEqualTo(1);
    assertThat(s.endTimeUnixNano()).isEqualTo(1_600_000_000_000_001_005L);
    assertThat(s.attributes().toString()).isEqualTo("{k=v}");
  }

  @Test
  void requiresAProtocol() {
    assertThatThrownBy(() -> start("{}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("at least one protocol");
  }
}
