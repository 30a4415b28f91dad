package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** A real mosquitto, read by Eclipse's client; messages are OTLP as JSON. */
@Tag("contrib")
@Tag("slow")
class MqttRecordsContractTest extends RecordsContract {
  private static final byte[] END = "the end".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  @Override
  RecordPeer start(Signal signal) throws Exception {
    PeerProcess process = MqttContractTest.broker(folder);
    Queue<byte[]> got = new ConcurrentLinkedQueue<>();
    MqttClient listener =
        new MqttClient("tcp://127.0.0.1:" + process.port(), "reader", new MemoryPersistence());
    listener.setCallback(new MqttListener((topic, m) -> got.add(m.getPayload())));
    MqttConnectionOptions o = new MqttConnectionOptions();
    o.setCleanStart(true);
    listener.connect(o);
    listener.subscribe("#", 2);
    return new RecordPeer() {
      @Override
      public int port() {
        return process.port();
      }

      @Override
      public String exporter() {
        return "mqtt";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'mqtt://127.0.0.1:" + at + "', encoding: otlp_json, timeout: 5s";
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      public boolean isHttp() {
        return false;
      }

      /** What is written last comes last. */
      @Override
      public void settle() throws Exception {
        listener.publish("end", new MqttMessage(END));
        TestPipeline.await(
            "the last message came",
            ExporterContract.TIME_LIMIT,
            () -> got.removeIf(b -> b.length == END.length));
      }

      @Override
      public void read(FoundRecords into) {
        got.forEach(body -> WholeRecords.readJson(signal, body, into));
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
}
