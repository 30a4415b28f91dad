package dev.tethys.store.remote.clickhouse;

import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tables of ClickHouse as the {@code clickhouse} exporter writes them. */
public final class ClickHouseStoreType implements StoreType {
  private static final Section SECTION =
      new Section("clickhouse store", "Tables that the clickhouse exporter writes.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, true);
  private static final Key<String> DATABASE =
      SECTION.key("database", Type.STRING, "default", "Database of the tables.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "metrics_table_prefix",
          Type.STRING,
          "metrics",
          "Prefix of the tables _samples, _series and so on.");

  @Override
  public String name() {
    return "clickhouse";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    String database = o.get(DATABASE);
    String prefix = o.get(PREFIX);
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("database", database);
    shown.put("metrics_table_prefix", prefix);
    return KEYS.read(
        o,
        new MaskedKeys(shown),
        (c, s) ->
            new ClickHouseStore(
                c,
                c.connect(s.clients()),
                new StoreLimits(s.limits().maxSamples(), c.maxBytes()),
                new ClickHouseTables(database, prefix, "", "", "", false, 0, false)));
  }
}
