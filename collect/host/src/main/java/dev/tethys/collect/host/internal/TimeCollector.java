package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;

/** The clock of the system and its sources. */
final class TimeCollector implements NodeCollector {
  private static final Desc SECONDS =
      Desc.gauge("node_time_seconds", "System time in seconds since epoch (1970).");
  private static final Desc ZONE =
      Desc.gauge(
          "node_time_zone_offset_seconds", "System time zone offset in seconds.", "time_zone");
  private static final Desc AVAILABLE =
      Desc.gauge(
          "node_time_clocksource_available_info",
          "Available clocksources read from '/sys/devices/system/clocksource'.",
          "device",
          "clocksource");
  private static final Desc CURRENT =
      Desc.gauge(
          "node_time_clocksource_current_info",
          "Current clocksource read from '/sys/devices/system/clocksource'.",
          "device",
          "clocksource");

  private final InstantSource clock;

  TimeCollector(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Instant now = clock.instant();
    out.add(SECONDS, now.getEpochSecond() + now.getNano() / 1e9);
    ZoneId zone = ZoneId.systemDefault();
    ZoneOffset offset = zone.getRules().getOffset(now);
    out.add(ZONE, offset.getTotalSeconds(), abbreviation(zone, now, offset));
    String root = files.sys("devices/system/clocksource");
    List<String> sources = files.numbered(root, "clocksource");
    for (int i = 0; i < sources.size(); i++) {
      String dir = root + "/" + sources.get(i);
      String device = Integer.toString(i);
      for (String s : files.string(dir + "/available_clocksource").split("\\s+")) {
        out.add(AVAILABLE, 1, device, s);
      }
      out.add(CURRENT, 1, device, files.string(dir + "/current_clocksource"));
    }
  }

  /** CET, or +03 if the zone has no abbreviation, as in the zone files. */
  static String abbreviation(ZoneId zone, Instant now, ZoneOffset offset) {
    if (zone.normalized().equals(ZoneOffset.UTC)) {
      return "UTC";
    }
    String s =
        TimeZone.getTimeZone(zone)
            .getDisplayName(zone.getRules().isDaylightSavings(now), TimeZone.SHORT, Locale.US);
    boolean letters = !s.isEmpty() && s.chars().allMatch(Character::isLetter);
    if (letters) {
      return s;
    }
    String o = offset.getDisplayName(TextStyle.SHORT, Locale.ROOT).replace(":", "");
    return o.endsWith("00") && o.length() == 5 ? o.substring(0, 3) : o;
  }
}
