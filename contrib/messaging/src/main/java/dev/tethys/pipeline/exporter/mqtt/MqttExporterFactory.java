package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.messages.LoopbackProbe;
import dev.tethys.pipeline.exporter.messages.MessageRequestEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.Set;

/** Creates {@code mqtt} exporters. */
public final class MqttExporterFactory
    implements ExporterFactory<MqttSettings>, Checkable<MqttSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public MqttExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "mqtt";
  }

  @Override
  public String about() {
    return "Sends metrics, logs and traces to a broker of MQTT 3.1.1 or 5.";
  }

  @Override
  public Type<MqttSettings> settings() {
    return MqttSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  /** Converts a value to one level of a topic. */
  static String level(String value) {
    return PercentEscape.encode(
        value, b -> b < ' ' || b == 0x7f || b == '/' || b == '+' || b == '#' || b == '%');
  }

  private static MessageRequestEncoder encoder(MqttSettings s, Context context) {
    return new MessageRequestEncoder(
        s.messages(), MqttExporterFactory::level, context.metrics(), context.id().toString());
  }

  private static void check(MqttSettings s, Signal signal, Context context) {
    s.messages().check(signal);
    PskSettings.check(s.sharedKey(), context.name());
  }

  @Override
  public Exporter create(MqttSettings s, Signal signal, Context context) {
    check(s, signal, context);
    return context.exporter(
        s.delivery(), signal, encoder(s, context), new Publisher(new MqttClient(s, clients)));
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(MqttSettings s, Signal signal, Context context) {
    check(s, signal, context);
    MqttClient client = new MqttClient(s, clients);
    LoopbackProbe sender =
        new LoopbackProbe(
            new Publisher(client),
            new MqttListener(
                new MqttClient(s, clients, LoopbackProbe.timeLimit(s.delivery().timeout())),
                new MqttPackets(s.five())));
    return new ItemProbe(
        signal,
        client::connect,
        encoder(s, context),
        sender,
        (p, t, v) -> MessageRequestEncoder.topic(p) + sender.describeResult());
  }

  private record Publisher(MqttClient client) implements Sender {
    @Override
    public SendResult send(EncodedRequest p) throws IOException {
      return client.publish(
          MessageRequestEncoder.topic(p),
          p.headers().getOrDefault("content-type", ""),
          p.headers().getOrDefault(MessageRequestEncoder.ID, ""),
          p.body());
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
