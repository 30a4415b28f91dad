package dev.tethys.app.delivery;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real mosquitto, listened to by Eclipse's client. Acknowledged messages are in its memory alone
 * until a subscriber has them, so killing it proves nothing.
 */
@Tag("contrib")
@Tag("slow")
class MqttContractTest extends ExporterContract {
  private static final String END = "the end";

  @TempDir Path folder;

  @Override
  Peer start() throws Exception {
    PeerProcess process = broker(folder);
    int port = process.port();
    Queue<byte[]> got = new ConcurrentLinkedQueue<>();
    MqttClient listener =
        new MqttClient("tcp://127.0.0.1:" + port, "listener", new MemoryPersistence());
    listener.setCallback(new MqttListener((topic, m) -> got.add(m.getPayload())));
    MqttConnectionOptions o = new MqttConnectionOptions();
    o.setCleanStart(false);
    o.setSessionExpiryInterval(3600L);
    o.setAutomaticReconnect(true);
    o.setAutomaticReconnectDelay(1, 1);
    listener.connect(o);
    listener.subscribe("#", 2);
    return new MessagePeer() {
      @Override
      public PeerProcess process() {
        return process;
      }

      @Override
      public String exporter() {
        return "mqtt";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'mqtt://127.0.0.1:" + at + "', encoding: json, qos: 1, timeout: 5s";
      }

      /** At least once is what QoS 1 promises. */
      @Override
      public boolean isIdempotent() {
        return false;
      }

      /** It keeps sessions when it ends in order; a kill would take what it has acknowledged. */
      @Override
      public boolean killAndRestart() throws Exception {
        process.endAndRestart();
        return true;
      }

      /** What is written last comes last. */
      @Override
      public void settle() throws InterruptedException {
        TestPipeline.await(
            "the listener is there", ExporterContract.TIME_LIMIT, listener::isConnected);
        try {
          listener.publish("end", new MqttMessage(END.getBytes(StandardCharsets.UTF_8)));
        } catch (MqttException e) {
          throw new IllegalStateException(e);
        }
        TestPipeline.await(
            "the last message came", ExporterContract.TIME_LIMIT, () -> got.removeIf(this::isEnd));
      }

      private boolean isEnd(byte[] body) {
        return body.length == END.length();
      }

      @Override
      public void read(Found into) {
        got.forEach(body -> message(body, into));
      }

      @Override
      public void close() throws IOException {
        try {
          listener.disconnectForcibly(0, 1000, false);
          listener.close();
        } catch (MqttException e) {
          throw new IOException(e);
        } finally {
          process.close();
        }
      }
    };
  }

  /** Starts one that keeps its sessions when it ends. */
  static PeerProcess broker(Path folder) throws Exception {
    Path program = ServerProcess.find("mosquitto");
    Path own = Files.createTempDirectory(folder, "mosquitto");
    int port = Ports.free();
    Path config =
        Files.writeString(
            own.resolve("mosquitto.conf"),
            """
            user root
            listener %d 127.0.0.1
            allow_anonymous true
            max_queued_messages 0
            max_inflight_messages 0
            persistence true
            persistence_location %s/
            """
                .formatted(port, own));
    return new PeerProcess(own, port, List.of(program.toString(), "-c", config.toString()));
  }
}
