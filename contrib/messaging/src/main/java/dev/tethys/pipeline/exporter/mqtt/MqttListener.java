package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.messages.LoopbackProbe;
import java.io.IOException;
import java.util.Arrays;

/** Subscribes to a topic to verify a published message. */
record MqttListener(MqttClient client, MqttPackets packets) implements LoopbackProbe.Listener {
  private static final int PACKET = 1;

  @Override
  public void close() {
    client.close();
  }

  @Override
  public <T> T over(LineSockets.Session<T> session) throws IOException {
    return client.over(session);
  }

  @Override
  public String subscribe(LineSockets.Line line, String topic) throws IOException {
    line.write(packets.subscribe(topic, PACKET));
    for (int others = 0; others < LoopbackProbe.MOST; others++) {
      int type = line.readByte() >> 4;
      byte[] content = MqttClient.content(line);
      if (type == MqttPackets.DISCONNECT) {
        throw new IOException("the broker closes the connection of subscribers");
      }
      if (type == MqttPackets.SUBACK) {
        try {
          return packets.subscribed(content);
        } catch (CodecException e) {
          throw new IOException("it responded to a subscription with " + e.getMessage(), e);
        }
      }
    }
    throw new IOException("it did not respond to a subscription");
  }

  @Override
  public String await(LineSockets.Line line, String topic, byte[] body) throws IOException {
    try {
      for (int others = 0; others < LoopbackProbe.MOST; others++) {
        int first = line.readByte();
        byte[] content = MqttClient.content(line);
        if (first >> 4 == MqttPackets.PUBLISH
            && Arrays.equals(packets.payload(first, content), body)) {
          return "";
        }
      }
    } catch (IOException e) {
      if (!packets.five()) {
        // Brokers of version 3.1.1 do not report that publishing is forbidden either.
        throw new IOException("delivery cannot be verified: " + LoopbackProbe.nothing(topic, e), e);
      }
      return LoopbackProbe.nothing(topic, e);
    } catch (CodecException e) {
      throw new IOException("the broker delivered a message that is " + e.getMessage(), e);
    }
    return "it was not found in " + LoopbackProbe.MOST + " messages on " + topic;
  }
}
