package dev.tethys.pipeline.exporter.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.web.client.HttpClientFactory;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of a file, shown as MQTT 5 (3.1.2.11.9 and 3.1.3.6) and Azure Event Grid have it. */
class MqttTokenLoginTest {
  @TempDir Path folder;

  /** Accepts CONNECT packets and ends each connection after the first ping. */
  private static final class Broker implements AutoCloseable {
    final List<String> hellos = new CopyOnWriteArrayList<>(); // ISO 8859-1
    final ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

    Broker() throws IOException {
      Thread.ofVirtual()
          .start(
              () -> {
                while (!at.isClosed()) {
                  try (Socket s = at.accept()) {
                    DataInputStream in = new DataInputStream(s.getInputStream());
                    in.readUnsignedByte();
                    byte[] hello = in.readNBytes(in.readUnsignedByte());
                    hellos.add(new String(hello, StandardCharsets.ISO_8859_1));
                    s.getOutputStream().write(new byte[] {0x20, 3, 0, 0, 0});
                    in.readNBytes(2);
                    s.getOutputStream().write(new byte[] {(byte) 0xd0, 0});
                  } catch (IOException e) {
                    // the next one, or the end
                  }
                }
              });
    }

    @Override
    public void close() throws IOException {
      at.close();
    }
  }

  private static MqttSettings settings(String yaml) {
    return MqttSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  private static void connect(Broker broker, String keys) throws IOException {
    MqttSettings s =
        settings(
            "{endpoint: 'mqtt://127.0.0.1:%d', client_id: me, %s}"
                .formatted(broker.at.getLocalPort(), keys));
    try (HttpClientFactory http = new HttpClientFactory("tethys/test");
        MqttClient c = new MqttClient(s, http)) {
      c.connect();
    }
  }

  private static String text(String s) {
    return (char) (s.length() >> 8) + "" + (char) s.length() + s;
  }

  @Test
  void readsTheTokenForEachConnection() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "a.b.c\n");
    String keys = "enhanced_authentication: OAUTH2-JWT, password_file: '" + file + "'";
    try (Broker broker = new Broker()) {
      connect(broker, keys);
      Files.writeString(file, "d.e.f");
      connect(broker, keys);
      assertThat(broker.hellos.get(0))
          .isEqualTo(
              text("MQTT")
                  + "\5\2\0\0"
                  + (char) 21
                  + "\25"
                  + text("OAUTH2-JWT")
                  + "\26"
                  + text("a.b.c")
                  + text("me"));
      assertThat(broker.hellos.get(1)).contains("d.e.f").doesNotContain("a.b.c");
      Files.writeString(file, " \n");
      assertThatThrownBy(() -> connect(broker, keys)).hasMessageContaining("the file is empty");
    }
  }

  @Test
  void usesATokenInsteadOfAPassword() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "a.b.c\n");
    try (Broker broker = new Broker()) {
      connect(broker, "username: u, password_file: '" + file + "'");
      connect(broker, "password_file: '" + file + "'");
      assertThat(broker.hellos.get(0)).endsWith(text("me") + text("u") + text("a.b.c"));
      assertThat(broker.hellos.get(1)).endsWith(text("me") + text("a.b.c"));
    }
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "{enhanced_authentication: OAUTH2-JWT}",
            "{enhanced_authentication: OAUTH2-JWT, username: u, password_file: f}",
            "{enhanced_authentication: OAUTH2-JWT, password_file: f, protocol_version: 3.1.1}",
            "{username: u, password: p, password_file: f}",
            "{password_file: f, protocol_version: 3.1.1}",
            "{enhanced_authentication: GSSAPI-KERBEROS, kerberos: {username: u}, password_file: f}",
            "{endpoint: 'wss://x-ats.iot.eu-west-1.amazonaws.com', sigv4: {}, password_file: f}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}
