package dev.tethys.store.remote.influx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code type: influxdb}: InfluxDB 1, 2 or 3, queried in InfluxQL by {@code /query}, which all
 * three support (version 2 needs a mapping of the database to the bucket). The keys of {@code
 * http_config} identify the client: {@code basic_auth}, or {@code authorization} of type Token or
 * Bearer.
 */
public final class InfluxStoreType implements StoreType {
  private static final Section SECTION =
      new Section("stores: influxdb", "InfluxDB that queries read.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, true);
  private static final Key<String> DATABASE =
      SECTION.required(
          "database", Type.STRING, "Database, or the one that the bucket is mapped to.");
  private static final Key<String> RETENTION_POLICY =
      SECTION.key(
          "retention_policy",
          Type.STRING,
          "",
          "Retention policy of the points; the default policy if empty.");

  @Override
  public String name() {
    return "influxdb";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    String database = o.get(DATABASE);
    String policy = o.get(RETENTION_POLICY);
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("database", database);
    shown.put("retention_policy", policy.isEmpty() ? null : policy);
    return KEYS.read(
        o,
        new MaskedKeys(shown),
        (c, s) -> new InfluxStore(c, database, policy, c.connect(s.clients()), s.limits()));
  }
}
