package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoFloat;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sets labels from the record of an address in a MaxMind database. */
final class GeoIpStage implements Stage.Change {
  private static final System.Logger LOG = JulLogger.of(GeoIpStage.class.getName());

  private static final Section KEYS =
      new Section("geoip", "Sets labels from the entry of an address in a MaxMind database.");
  private static final Key<String> DB =
      KEYS.required("db", Type.PATH, "Path of the database (.mmdb).");
  private static final Key<String> SOURCE =
      KEYS.required("source", Type.STRING, "Extracted value that contains the address.");
  private static final Key<Boolean> CITY =
      KEYS.required(
          "db_type",
          Type.oneOf("db_type", "city", true, "asn", false),
          "Type of the database: city or asn.");

  private final String source;
  private final boolean city;
  private final MaxMindFile database;

  private GeoIpStage(String source, boolean city, MaxMindFile database) {
    this.source = source;
    this.city = city;
    this.database = database;
  }

  static GeoIpStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    String source = SimpleStages.nonEmpty(o, SOURCE);
    boolean city = o.get(CITY);
    String file = SimpleStages.nonEmpty(o, DB);
    try {
      return new GeoIpStage(source, city, MaxMindFile.read(Path.of(file)));
    } catch (IOException e) {
      throw o.error(DB, "cannot read the database " + file + ": " + e.getMessage());
    }
  }

  @Override
  public void change(StageEntry e) {
    String text = e.extracted.text(source);
    InetAddress address = text == null ? null : address(text);
    if (address == null) {
      return;
    }
    Map<?, ?> found;
    try {
      found = database.find(address.getAddress()) instanceof Map<?, ?> m ? m : Map.of();
    } catch (IOException x) {
      LOG.log(Level.WARNING, "geoip stage: cannot look {0} up: {1}", text, x.getMessage());
      return;
    }
    if (found.isEmpty()) {
      return;
    }
    LabelsBuilder labels = e.labels().toBuilder();
    if (city) {
      addCity(found, labels);
    } else {
      set(labels, "geoip_autonomous_system_number", found.get("autonomous_system_number"));
      set(
          labels,
          "geoip_autonomous_system_organization",
          found.get("autonomous_system_organization"));
    }
    e.entry.setLabels(labels.build());
  }

  /** Parses a literal address; returns null for a host name, which is not resolved. */
  private static @Nullable InetAddress address(String s) {
    boolean v4 = s.matches("\\d{1,3}(\\.\\d{1,3}){3}");
    if (!v4 && s.indexOf(':') < 0) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(s);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static void addCity(Map<?, ?> found, LabelsBuilder to) {
    set(to, "geoip_city_name", at(found, "city", "names", "en"));
    set(to, "geoip_country_name", at(found, "country", "names", "en"));
    set(to, "geoip_continent_name", at(found, "continent", "names", "en"));
    set(to, "geoip_continent_code", at(found, "continent", "code"));
    set(to, "geoip_postal_code", at(found, "postal", "code"));
    set(to, "geoip_timezone", at(found, "location", "time_zone"));
    Object latitude = at(found, "location", "latitude");
    Object longitude = at(found, "location", "longitude");
    if (latitude != null && longitude != null) {
      set(to, "geoip_location_latitude", latitude);
      set(to, "geoip_location_longitude", longitude);
    }
    if (found.get("subdivisions") instanceof List<?> l && l.getLast() instanceof Map<?, ?> m) {
      set(to, "geoip_subdivision_name", at(m, "names", "en"));
      set(to, "geoip_subdivision_code", at(m, "iso_code"));
    }
  }

  private static @Nullable Object at(Map<?, ?> map, String... path) {
    Object v = map;
    for (String key : path) {
      v = v instanceof Map<?, ?> m ? m.get(key) : null;
    }
    return v;
  }

  private static void set(LabelsBuilder to, String label, @Nullable Object value) {
    if (value != null) {
      String s = value instanceof Double d ? GoFloat.g(d) : value.toString();
      if (!s.isEmpty()) {
        to.set(label, s);
      }
    }
  }
}
