package dev.tethys.pipeline.destination.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.web.client.HttpClientFactory;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A broker may know its clients: who comes again has the name that he had. */
class ClientIdTest {
  /** Takes connections, and hangs up at every second message, or at each that asks for it. */
  private static final class Broker implements AutoCloseable {
    final List<String> ids = new CopyOnWriteArrayList<>();
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
              ids.add(new String(content, 12, content[11], StandardCharsets.UTF_8));
              s.getOutputStream().write(new byte[] {0x20, 2, 0, 0});
            }
            case 3 -> {
              if (new String(content, StandardCharsets.UTF_8).endsWith("hang up")) {
                return;
              }
              s.getOutputStream().write(new byte[] {0x40, 2, 0, 1});
            }
            default -> throw new IOException("a packet " + type);
          }
        }
      } catch (IOException e) {
        // the client has gone
      }
    }

    @Override
    public void close() throws IOException {
      at.close();
    }
  }

  private static Verdict publish(MqttClient c, String text) throws IOException {
    return c.publish("a/b", "", "", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whoComesAgainHasTheNameThatHeHad() throws Exception {
    try (Broker broker = new Broker();
        HttpClientFactory http = new HttpClientFactory("tethys/test")) {
      MqttSettings s =
          MqttSettings.TYPE.read(
              YamlDocument.parse(
                      "c.yaml",
                      null,
                      "{endpoint: 'mqtt://127.0.0.1:"
                          + broker.at.getLocalPort()
                          + "', protocol_version: 3.1.1, client_id: gateway}")
                  .root());
      try (MqttClient c = new MqttClient(s, http)) {
        for (int i = 0; i < 3; i++) {
          assertThat(publish(c, "kept")).isEqualTo(Verdict.DELIVERED);
          assertThatThrownBy(() -> publish(c, "hang up")).isInstanceOf(IOException.class);
        }
      }
      assertThat(broker.ids).containsExactly("gateway", "gateway", "gateway");
    }
  }
}
