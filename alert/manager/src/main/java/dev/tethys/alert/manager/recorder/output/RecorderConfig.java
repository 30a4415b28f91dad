package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.OutputConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;

/** The {@code event_recorder} section: every event goes to all of its outputs. */
public record RecorderConfig(List<OutputConfig> outputs) {
  /** Configuration that records nothing. */
  public static final RecorderConfig NONE = new RecorderConfig(List.of());

  private static final Section SECTION =
      new Section(
          "event_recorder",
          "Outputs of recorded events; requires --enable-feature=event-recorder.");
  private static final Key<List<FileConfig>> FILES =
      SECTION.key("file_outputs", Type.list(FileConfig.TYPE), List.of(), "File outputs.");
  private static final Key<List<WebhookConfig>> WEBHOOKS =
      SECTION.key("webhook_outputs", Type.list(WebhookConfig.TYPE), List.of(), "Webhook outputs.");
  private static final Key<List<KafkaConfig>> KAFKA =
      SECTION.key("kafka_outputs", Type.list(KafkaConfig.TYPE), List.of(), "Kafka outputs.");
  private static final Key<List<StdoutConfig>> STDOUT =
      SECTION.key("stdout_outputs", Type.list(StdoutConfig.TYPE), List.of(), "Standard output.");

  public static final Type<RecorderConfig> TYPE = SECTION.type(RecorderConfig::read);

  private static RecorderConfig read(YamlObject o) {
    List<OutputConfig> all = new ArrayList<>(o.get(FILES));
    all.addAll(o.get(WEBHOOKS));
    all.addAll(o.get(KAFKA));
    all.addAll(o.get(STDOUT));
    return new RecorderConfig(List.copyOf(all));
  }

  /** Returns the sections for the key reference. */
  public static List<Section> sections() {
    return List.of(
        SECTION,
        FileConfig.SECTION,
        WebhookConfig.SECTION,
        KafkaConfig.SECTION,
        StdoutConfig.SECTION);
  }
}
