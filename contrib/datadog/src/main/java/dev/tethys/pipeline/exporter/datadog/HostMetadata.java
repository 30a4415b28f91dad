package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the host that is reported to Datadog's list of hosts.
 *
 * @param enabled whether the host is reported
 * @param tags host tags to report
 * @param period interval between reports
 */
record HostMetadata(boolean enabled, List<String> tags, Duration period) {
  private static final Duration MIN_PERIOD = Duration.ofMinutes(5);
  private static final Section SECTION =
      new Section("host_metadata", "Report of the host of this process.");
  private static final Key<Boolean> ENABLED =
      SECTION.key("enabled", Type.BOOL, true, "If true, the host is reported.");
  private static final Key<String> SOURCE =
      SECTION.key(
          "hostname_source",
          Type.STRING,
          "config_or_system",
          "Source of the name: config_or_system is hostname, or else the system's host name.");
  private static final Key<List<String>> TAGS =
      SECTION.key("tags", Type.list(Type.STRING), List.of(), "Tags of the host.");
  private static final Key<Duration> PERIOD =
      SECTION.key(
          "reporter_period",
          GoDurations.TYPE,
          Duration.ofMinutes(30),
          "Interval between reports, at least 5m.");

  static final Type<HostMetadata> TYPE = SECTION.type(HostMetadata::read);

  private static HostMetadata read(YamlObject o) {
    String source = o.get(SOURCE);
    Duration period = o.get(PERIOD);
    if (source.equals("first_resource")) {
      throw o.error(
          SOURCE,
          "hostname_source first_resource is not supported: the host of this process is "
              + "reported; remove the key or set enabled: false");
    }
    if (!source.equals("config_or_system")) {
      throw o.error(
          SOURCE,
          "hostname_source is \"" + source + "\"; it must be config_or_system or first_resource");
    }
    if (period.compareTo(MIN_PERIOD) < 0) {
      throw o.error(PERIOD, "reporter_period is " + period + "; it must be at least 5m");
    }
    return new HostMetadata(o.get(ENABLED), List.copyOf(o.get(TAGS)), period);
  }
}
