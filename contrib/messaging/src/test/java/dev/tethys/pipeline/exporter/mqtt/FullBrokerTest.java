package dev.tethys.pipeline.exporter.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** A broker without space for a message (MQTT 5, 3.4.2.1): the message is valid and is retried. */
class FullBrokerTest {
  private static final int NO_ROOM = 0x97; // "quota exceeded"
  private static final int UNSPECIFIED = 0x80;

  /** Accepts one connection and answers published messages with a reason code. */
  private static void serve(ServerSocket at, int reason) {
    try (Socket s = at.accept()) {
      DataInputStream in = new DataInputStream(s.getInputStream());
      in.readUnsignedByte();
      in.readNBytes(in.readUnsignedByte());
      s.getOutputStream().write(new byte[] {0x20, 3, 0, 0, 0});
      in.readUnsignedByte();
      DataInputStream publish =
          new DataInputStream(new ByteArrayInputStream(in.readNBytes(in.readUnsignedByte())));
      publish.readUTF();
      int id = publish.readUnsignedShort();
      s.getOutputStream()
          .write(new byte[] {0x40, 4, (byte) (id >> 8), (byte) id, (byte) reason, 0});
      in.readUnsignedByte(); // until the client has heard it
    } catch (IOException e) {
      // the client has ended
    }
  }

  @Test
  void retriesTheMessage() throws Exception {
    for (int reason : new int[] {NO_ROOM, UNSPECIFIED}) {
      try (ServerSocket at = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
          HttpClientFactory http = new HttpClientFactory("tethys/test")) {
        Thread.ofVirtual().start(() -> serve(at, reason));
        String yaml =
            "{endpoint: 'mqtt://127.0.0.1:"
                + at.getLocalPort()
                + "', client_id: me, topic: t, qos: 1}";
        MqttSettings s = MqttSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
        try (MqttClient c = new MqttClient(s, http)) {
          SendResult v = c.publish("t", "", "", new byte[] {1});
          assertThat(v).isInstanceOf(SendResult.Retryable.class);
          assertThat(((SendResult.Retryable) v).overload()).isEqualTo(reason == NO_ROOM);
        }
      }
    }
  }
}
