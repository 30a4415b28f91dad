package dev.tethys.store.remote.tdengine;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code type: tdengine}: TDengine 3 as written by the {@code tdengine} exporter, queried with SQL
 * through taosAdapter. The client is identified by {@code basic_auth}, {@code authorization} with a
 * token, or a token of TDengine's cloud.
 */
public final class TdengineStoreType implements StoreType {
  private static final Section SECTION =
      new Section("stores: tdengine", "TDengine 3 that queries read.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, true);
  private static final Key<String> DATABASE =
      SECTION.key("database", Type.STRING, "tethys", "Database of the super tables.");
  private static final Key<Boolean> PROTOCOL =
      SECTION.key(
          "protocol",
          Type.oneOf("protocol", "lines", false, "sql", true),
          false,
          "Protocol of the exporter that wrote the points: lines or sql.");
  private static final Key<String> TABLE =
      SECTION.key("table", Type.STRING, "metrics", "Super table, for protocol sql.");
  private static final Key<Secret> CLOUD_TOKEN =
      SECTION.key("cloud_token", Type.SECRET, Secret.NONE, "Token for TDengine Cloud.");

  @Override
  public String name() {
    return "tdengine";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    String database = o.get(DATABASE);
    boolean sql = o.get(PROTOCOL);
    String table = o.get(TABLE);
    if (!(database + table).matches("[a-zA-Z0-9_]+")) {
      throw o.error(
          DATABASE, "\"database\" and \"table\" must consist of letters, digits and underscores");
    }
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("database", database);
    shown.put("protocol", sql ? "sql" : "lines");
    shown.put("table", sql ? table : null);
    Secret token = o.get(CLOUD_TOKEN);
    shown.put("cloud_token", token.isEmpty() ? null : token);
    StoreConfig config =
        KEYS.read(
            o,
            new MaskedKeys(shown),
            (c, s) ->
                new TdengineStore(
                    c, database, sql ? table : "", token, c.connect(s.clients()), s.limits()));
    if (!token.isEmpty() && config.authenticates()) {
      throw o.error(
          CLOUD_TOKEN,
          "cloud_token authenticates against TDengine's cloud and excludes basic_auth,"
              + " authorization, oauth2 and kerberos");
    }
    return config;
  }
}
