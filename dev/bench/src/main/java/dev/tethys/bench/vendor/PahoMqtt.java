package dev.tethys.bench.vendor;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/** Eclipse's client, with a message of lines of JSON for each thousand samples, at QoS 1. */
final class PahoMqtt implements VendorClient {
  private static final int EACH = 1000;

  private final MqttClient client;

  PahoMqtt(String address) throws MqttException {
    client = new MqttClient("tcp://" + address, "vendor", new MemoryPersistence());
    client.connect();
  }

  @Override
  public void write(List<Sample> samples) throws MqttException {
    for (int from = 0; from < samples.size(); from += EACH) {
      StringBuilder sb = new StringBuilder();
      for (Sample s : samples.subList(from, Math.min(samples.size(), from + EACH))) {
        s.series().line(s.millis(), s.value(), sb);
      }
      client.publish("telemetry/vendor", sb.toString().getBytes(StandardCharsets.UTF_8), 1, false);
    }
  }

  @Override
  public void close() throws MqttException {
    client.disconnect();
    client.close();
  }
}
