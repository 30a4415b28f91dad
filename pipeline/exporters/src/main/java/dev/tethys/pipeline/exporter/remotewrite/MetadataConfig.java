package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When type, help and unit of metric families are sent, which only requests of 1.0 carry on their
 * own.
 */
public record MetadataConfig(boolean send, Duration interval, int maxPerSend) {
  public static final MetadataConfig DEFAULT =
      new MetadataConfig(true, Duration.ofMinutes(1), 2000);

  static final Section SECTION =
      new Section("metadata_config", "Metadata of metric families: type, help and unit.");
  private static final Key<Boolean> SEND =
      SECTION.key("send", Type.BOOL, DEFAULT.send, "Enables sending of metadata.");
  private static final Key<Duration> SEND_INTERVAL =
      SECTION.key(
          "send_interval",
          Type.DURATION.absentWhenNull(),
          DEFAULT.interval,
          "Interval between sends of metadata.");
  private static final Key<Long> MAX_SAMPLES_PER_SEND =
      SECTION.key(
          "max_samples_per_send",
          Type.INT.absentWhenNull(),
          (long) DEFAULT.maxPerSend,
          "Maximum number of families in a request.");

  static final Type<MetadataConfig> TYPE = SECTION.type(MetadataConfig::read);

  private static MetadataConfig read(YamlObject o) {
    long most = o.get(MAX_SAMPLES_PER_SEND);
    if (most < 1 || most > Integer.MAX_VALUE) {
      throw o.error(MAX_SAMPLES_PER_SEND, "max_samples_per_send must be at least 1");
    }
    Duration interval = o.get(SEND_INTERVAL);
    if (interval.isZero()) {
      throw o.error(SEND_INTERVAL, "send_interval must be more than 0");
    }
    return new MetadataConfig(o.get(SEND), interval, (int) most);
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("send", send);
    m.put("send_interval", interval);
    m.put("max_samples_per_send", maxPerSend);
    return m;
  }
}
