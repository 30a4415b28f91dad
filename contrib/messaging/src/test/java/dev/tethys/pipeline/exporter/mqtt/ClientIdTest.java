package dev.tethys.pipeline.exporter.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.HttpClientFactory;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A broker may know its clients, and closes the older of two connections with one client id: a
 * returning client must reuse its id, and concurrent connections must not share one.
 */
class ClientIdTest {
  /**
   * Broker that closes connections at messages that request it and older connections with the same
   * id, and answers "wait" messages when the test permits.
   */
  private static final class Broker implements AutoCloseable {
    final List<String> ids = new CopyOnWriteArrayList<>();
    final CountDownLatch waiting = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    private final Map<String, Socket> connected = new ConcurrentHashMap<>();
    private final ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

    Broker() throws IOException {
      Thread.ofVirtual()
          .start(
              () -> {
                while (!at.isClosed()) {
                  try {
                    Socket s = at.accept();
                    Thread.ofVirtual().start(() -> serve(s));
                  } catch (IOException e) {
                    return;
                  }
                }
              });
    }

    /** MQTT 3.1.1, packets below 128 bytes. */
    private void serve(Socket s) {
      try (s) {
        DataInputStream in = new DataInputStream(s.getInputStream());
        while (true) {
          int type = in.readUnsignedByte() >> 4;
          byte[] content = in.readNBytes(in.readUnsignedByte());
          switch (type) {
            case 1 -> {
              String id = new String(content, 12, content[11], StandardCharsets.UTF_8);
              ids.add(id);
              Socket older = connected.put(id, s);
              if (older != null) {
                older.close();
              }
              s.getOutputStream().write(new byte[] {0x20, 2, 0, 0});
            }
            case 3 -> {
              String text = new String(content, StandardCharsets.UTF_8);
              if (text.endsWith("hang up")) {
                return;
              }
              if (text.endsWith("wait")) {
                waiting.countDown();
                goOn.await();
              }
              s.getOutputStream().write(new byte[] {0x40, 2, 0, 1});
            }
            default -> throw new IOException("a packet " + type);
          }
        }
      } catch (IOException | InterruptedException e) {
        // the client has gone
      }
    }

    @Override
    public void close() throws IOException {
      at.close();
    }
  }

  private static SendResult publish(MqttClient c, String text) throws IOException {
    return c.publish("a/b", "", "", text.getBytes(StandardCharsets.UTF_8));
  }

  private static MqttSettings settings(Broker broker) {
    return MqttSettings.TYPE.read(
        YamlDocument.parse(
                "c.yaml",
                null,
                "{endpoint: 'mqtt://127.0.0.1:"
                    + broker.at.getLocalPort()
                    + "', protocol_version: 3.1.1, client_id: gateway}")
            .root());
  }

  private static void hangsUp(MqttClient c) {
    assertThatThrownBy(() -> publish(c, "hang up")).isInstanceOf(IOException.class);
  }

  @Test
  void reusesTheClientIdOnReconnect() throws Exception {
    try (Broker broker = new Broker();
        HttpClientFactory http = new HttpClientFactory("tethys/test");
        MqttClient c = new MqttClient(settings(broker), http)) {
      for (int i = 0; i < 3; i++) {
        assertThat(publish(c, "kept")).isEqualTo(SendResult.DELIVERED);
        hangsUp(c);
      }
      assertThat(broker.ids).containsExactly("gateway", "gateway", "gateway");
    }
  }

  @Test
  void usesSeparateIdsForConcurrentRequests() throws Exception {
    try (Broker broker = new Broker();
        HttpClientFactory http = new HttpClientFactory("tethys/test");
        MqttClient c = new MqttClient(settings(broker), http)) {
      FutureTask<SendResult> first = new FutureTask<>(() -> publish(c, "wait"));
      Thread.ofVirtual().start(first);
      assertThat(broker.waiting.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(publish(c, "beside")).isEqualTo(SendResult.DELIVERED);
      broker.goOn.countDown();
      assertThat(first.get(1, TimeUnit.MINUTES)).isEqualTo(SendResult.DELIVERED);
      assertThat(broker.ids).containsExactly("gateway", "gateway-1");
    }
  }

  /** Signals of one exporter, exporters with one id, and the graphs before and after a reload. */
  @Test
  void usesSeparateIdsForConcurrentClients() throws Exception {
    try (Broker broker = new Broker();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      try (MqttClient logs = new MqttClient(settings(broker), http)) {
        try (MqttClient metrics = new MqttClient(settings(broker), http)) {
          for (int i = 0; i < 3; i++) {
            assertThat(publish(metrics, "kept")).isEqualTo(SendResult.DELIVERED);
            assertThat(publish(logs, "kept")).isEqualTo(SendResult.DELIVERED);
          }
          assertThat(broker.ids).containsExactly("gateway", "gateway-1");
          hangsUp(logs);
          assertThat(publish(logs, "kept")).isEqualTo(SendResult.DELIVERED);
        }
        hangsUp(logs);
        assertThat(publish(logs, "kept")).isEqualTo(SendResult.DELIVERED);
      }
      // the other id was returned on close
      assertThat(broker.ids).containsExactly("gateway", "gateway-1", "gateway-1", "gateway");
    }
  }

  /** Different brokers may each know the id. */
  @Test
  void usesTheSameIdAtAnotherBroker() throws Exception {
    try (Broker one = new Broker();
        Broker two = new Broker();
        HttpClientFactory http = new HttpClientFactory("tethys/test");
        MqttClient a = new MqttClient(settings(one), http);
        MqttClient b = new MqttClient(settings(two), http)) {
      assertThat(publish(a, "kept")).isEqualTo(SendResult.DELIVERED);
      assertThat(publish(b, "kept")).isEqualTo(SendResult.DELIVERED);
      assertThat(one.ids).containsExactly("gateway");
      assertThat(two.ids).containsExactly("gateway");
    }
  }
}
