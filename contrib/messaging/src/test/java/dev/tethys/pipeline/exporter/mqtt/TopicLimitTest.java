package dev.tethys.pipeline.exporter.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.messages.MessageRequestEncoder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Label values may create only a bounded number of topics. */
class TopicLimitTest {
  private static List<String> topics(String encoding) {
    MqttSettings s =
        MqttSettings.TYPE.read(
            YamlDocument.parse(
                    "c.yaml",
                    null,
                    "{topic: '{signal}/{service.name}{job}', max_names: 2, encoding: "
                        + encoding
                        + "}")
                .root());
    WriteRequestWriter w = new WriteRequestWriter();
    for (String job : List.of("a", "b", "c", "d", "a")) {
      w.beginSeries(Labels.of("__name__", "up", "job", job)).sample(1000, 1).endSeries();
    }
    byte[] body = w.toByteArray();
    return new MessageRequestEncoder(
            s.messages(), MqttExporterFactory::level, new Registry(), "mqtt")
        .encode(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 5, 0)).requests().stream()
            .map(MessageRequestEncoder::topic)
            .toList();
  }

  @Test
  void sendsExcessTopicsToOther() {
    assertThat(topics("json"))
        .containsExactlyInAnyOrder("metrics/nonea", "metrics/noneb", "metrics/otherother");
    assertThat(topics("otlp_proto"))
        .containsExactlyInAnyOrder("metrics/anone", "metrics/bnone", "metrics/otherother");
  }
}
