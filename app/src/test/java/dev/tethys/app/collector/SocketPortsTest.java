package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.libc.SocketCalls;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.log.LogContext;
import dev.tethys.pipeline.server.PortExchange;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Receivers over sockets without responses, replaced by a change while a sender writes. */
@Tag("contrib")
@Tag("slow")
class SocketPortsTest {
  private static final int ITEMS = 600;
  private static final Components COMPONENTS = BuiltIn.components();

  private final TestPipeline pipeline = new TestPipeline();
  private final int port = Ports.free();
  private @TempDir Path dir;

  private Receiver receiver(String type, String yaml) {
    return receiver(
        (ReceiverFactory<?>) COMPONENTS.find(ComponentKind.RECEIVER, type).orElseThrow(), yaml);
  }

  private <S> Receiver receiver(ReceiverFactory<S> f, String yaml) {
    S s = TestPipeline.read(f.settings(), yaml.replace("PORT", "127.0.0.1:" + port));
    return f.create(s, pipeline.of(Signal.LOGS, Signal.METRICS), new LogContext("x", dir));
  }

  /**
   * A receiver.
   *
   * @param change a number by which its settings differ, but not those of its sockets
   */
  private Receiver receiver(String kind, boolean udp, int change) {
    return switch (kind) {
      case "carbon" ->
          receiver("carbon", "{endpoint: 'PORT', transport: " + (udp ? "udp" : "tcp") + "}");
      case "statsd" ->
          receiver(
              "statsd",
              "{endpoint: 'PORT', transport: %s, aggregation_interval: %dms}"
                  .formatted(udp ? "udp" : "tcp", 10 + change));
      case "opentsdb" -> receiver("opentsdb", "{endpoint: '127.0.0.1:0', telnet_endpoint: 'PORT'}");
      case "pickle" -> receiver("carbon", "{endpoint: '127.0.0.1:0', pickle_endpoint: 'PORT'}");
      case "fluent" -> receiver("fluent_forward", "{endpoint: 'PORT'}");
      case "fluent unix" ->
          receiver("fluent_forward", "{endpoint: 'unix://" + dir.resolve("fluent.sock") + "'}");
      case "statsd unix" ->
          receiver(
              "statsd",
              "{endpoint: '%s', transport: unixgram, aggregation_interval: %dms}"
                  .formatted(dir.resolve("statsd.sock"), 10 + change));
      case "syslog" ->
          receiver(
              "syslog",
              "{%s: {listen_address: 'PORT'}, protocol: rfc5424, attributes: {change: v%d}}"
                  .formatted(udp ? "udp" : "tcp", change));
      default ->
          receiver(
              udp ? "udplog" : "tcplog",
              "{listen_address: 'PORT', attributes: {change: v%d}}".formatted(change));
    };
  }

  private static byte[] item(String kind, int i) {
    switch (kind) {
      case "pickle" -> {
        return HexFormat.of()
            .parseHex(
                "0000002e80025d710028580b000000612e623b64633d7765737471014a00f15365473ff800000000"
                    + "0000867102867103652e");
      }
      case "fluent", "fluent unix" -> {
        return HexFormat.of().parseHex("93a174ce6553f10081a16ba176");
      }
      default -> {
        return text(kind, i).getBytes(StandardCharsets.US_ASCII);
      }
    }
  }

  private static String text(String kind, int i) {
    return switch (kind) {
      case "opentsdb" -> "put m" + i + " 1700000000 1 a=b\n";
      case "carbon" -> "m" + i + " 1 1700000000\n";
      case "statsd", "statsd unix" -> "m" + i + ":1|c\n";
      case "syslog" -> "<14>1 2026-11-30T04:00:00Z h a - - - m" + i + "\n";
      default -> "m" + i + "\n";
    };
  }

  private Void send(String kind, boolean udp) throws IOException, InterruptedException {
    SocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try (DatagramSocket packets = new DatagramSocket();
        OutputStream stream = udp ? OutputStream.nullOutputStream() : connected(kind)) {
      for (int i = 0; i < ITEMS; i++) {
        byte[] b = item(kind, i);
        if (udp) {
          packets.send(new DatagramPacket(b, b.length, to));
        } else {
          stream.write(b);
        }
        Thread.sleep(1);
      }
    }
    return null;
  }

  private OutputStream connected(String kind) throws IOException {
    if (kind.equals("statsd unix")) {
      SocketCalls s = new SocketCalls(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
      s.connect(UnixDomainSocketAddress.of(dir.resolve("statsd.sock")));
      return new OutputStream() {
        @Override
        public void write(int b) {
          throw new UnsupportedOperationException("datagrams are written as a whole");
        }

        @Override
        public void write(byte[] b, int offset, int length) throws IOException {
          s.send(b);
        }

        @Override
        public void close() {
          s.close();
        }
      };
    }
    return kind.endsWith("unix")
        ? Channels.newOutputStream(
            SocketChannel.open(UnixDomainSocketAddress.of(dir.resolve("fluent.sock"))))
        : new Socket(InetAddress.getLoopbackAddress(), port).getOutputStream();
  }

  @ParameterizedTest
  @CsvSource({
    "opentsdb, false",
    "pickle, false",
    "fluent, false",
    "fluent unix, false",
    "statsd unix, false",
    "carbon, false",
    "carbon, true",
    "statsd, false",
    "statsd, true",
    "syslog, false",
    "syslog, true",
    "log, false",
    "log, true"
  })
  void losesAndDuplicatesNothing(String kind, boolean udp) throws Exception {
    Receiver running = receiver(kind, udp, 0);
    running.start();
    FutureTask<Void> sender = new FutureTask<>(() -> send(kind, udp));
    Thread.ofPlatform().start(sender);
    for (int change = 1; !sender.isDone(); change++) {
      Receiver before = running;
      Receiver next = receiver(kind, udp, change);
      PortExchange x = new PortExchange();
      x.expect(next.sockets());
      x.run(() -> before.stop(Duration.ZERO));
      x.run(next::start);
      x.finish();
      running = next;
      Thread.sleep(20);
    }
    sender.get();
    Samples.until(() -> taken() >= ITEMS);
    running.stop(Duration.ofSeconds(5));
    assertThat(taken()).isEqualTo(ITEMS);
  }

  private int taken() {
    return pipeline.batches.stream().mapToInt(Batch::items).sum();
  }

  @ParameterizedTest
  @CsvSource({"carbon, false", "statsd, true", "log, false", "fluent, false"})
  void closesAnUnclaimedListener(String kind, boolean udp) throws Exception {
    Receiver first = receiver(kind, udp, 0);
    first.start();
    PortExchange x = new PortExchange();
    x.expect(first.sockets());
    x.run(() -> first.stop(Duration.ZERO));
    x.finish();
    Receiver again = receiver(kind, udp, 0);
    again.start(); // the address is free
    again.stop(Duration.ZERO);
  }
}
