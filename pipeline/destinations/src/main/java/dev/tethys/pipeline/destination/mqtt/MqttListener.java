package dev.tethys.pipeline.destination.mqtt;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.client.LineSockets;
import dev.tethys.pipeline.destination.messages.Overheard;
import java.io.IOException;
import java.util.Arrays;

/** Subscribes to a topic, as anybody else would who wants what is published there. */
record MqttListener(MqttClient client, MqttPackets packets) implements Overheard.Listener {
  /** Messages of others on the topic that are read past. */
  private static final int MOST = 100_000;

  private static final int PACKET = 1;

  @Override
  public void close() {
    client.close();
  }

  @Override
  public Overheard.Heard hear(String topic, byte[] body, Overheard.Send send)
      throws IOException, InterruptedException {
    boolean[] sent = {false};
    try {
      return client.over(
          line -> {
            line.write(packets.subscribe(topic, PACKET));
            String refusal = subscribed(line);
            sent[0] = true;
            Verdict v = sent(send);
            if (!refusal.isEmpty() || !(v instanceof Verdict.Delivered)) {
              return new Overheard.Heard(v, refusal);
            }
            return new Overheard.Heard(v, await(line, topic, body));
          });
    } catch (IOException e) {
      if (sent[0]) {
        throw e;
      }
      return new Overheard.Heard(send.send(), String.valueOf(e.getMessage()));
    }
  }

  private static Verdict sent(Overheard.Send send) throws IOException {
    try {
      return send.send();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What the broker has against it; "" for nothing. */
  private String subscribed(LineSockets.Line line) throws IOException {
    for (int others = 0; others < MOST; others++) {
      int type = line.readByte() >> 4;
      byte[] content = MqttClient.content(line);
      if (type == MqttPackets.DISCONNECT) {
        throw new IOException("the broker ends the connection of who subscribes");
      }
      if (type == MqttPackets.SUBACK) {
        try {
          return packets.subscribed(content);
        } catch (CodecException e) {
          throw new IOException("it answers a subscription with " + e.getMessage(), e);
        }
      }
    }
    throw new IOException("it does not answer a subscription");
  }

  /** Why it was not heard; "" when it was. */
  private String await(LineSockets.Line line, String topic, byte[] body) throws IOException {
    try {
      for (int others = 0; others < MOST; others++) {
        int first = line.readByte();
        byte[] content = MqttClient.content(line);
        if (first >> 4 == MqttPackets.PUBLISH
            && Arrays.equals(packets.payload(first, content), body)) {
          return "";
        }
      }
    } catch (IOException e) {
      if (!packets.five()) {
        // Nor do brokers of version 3.1.1 say that a message may not be written.
        throw new IOException(
            "nobody knows whether it was taken: " + Overheard.nothing(topic, e), e);
      }
      return Overheard.nothing(topic, e);
    } catch (CodecException e) {
      throw new IOException("it hands on a message that is " + e.getMessage(), e);
    }
    return "it was not among " + MOST + " others on " + topic;
  }
}
