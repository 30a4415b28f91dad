package dev.tethys.store.remote.kdb;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreType;
import dev.tethys.web.kdb.KdbAddress;
import dev.tethys.web.kdb.KdbClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tables of kdb+ as the {@code kdb} exporter writes them. */
public final class KdbStoreType implements StoreType {
  private static final int CONNECTIONS = 4;
  private static final Section SECTION =
      new Section("kdb store", "Tables that the kdb exporter writes.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, false);
  private static final Key<String> USERNAME = SECTION.key("username", Type.STRING, "", "Username.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password.");
  private static final Key<TlsConfig> TLS =
      SECTION.key("tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings.");
  private static final Key<Boolean> INSECURE =
      SECTION.key("insecure", Type.BOOL, false, "Disables TLS.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "table_prefix", Type.STRING, "", "Prefix of the tables metrics, series and so on.");
  private static final Key<Boolean> PARTITIONED =
      SECTION.key(
          "partitioned",
          Type.BOOL,
          false,
          "If true, the process is an HDB: metrics and histograms by date.");
  private static final Key<List<String>> SYMBOL_LABELS =
      SECTION.key(
          "symbol_labels",
          Type.list(Type.STRING),
          List.of(),
          "Labels that are symbol columns of the table of series, as configured in the exporter.");

  @Override
  public String name() {
    return "kdb";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    String user = o.get(USERNAME);
    Secret password = o.get(PASSWORD);
    TlsConfig tls = o.get(INSECURE) ? null : o.get(TLS);
    String prefix = o.get(PREFIX);
    boolean partitioned = o.get(PARTITIONED);
    List<String> symbols = o.get(SYMBOL_LABELS);
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("username", user.isEmpty() ? null : user);
    shown.put("password", password.value().isEmpty() ? null : password);
    shown.put("insecure", tls == null ? true : null);
    shown.put("table_prefix", prefix.isEmpty() ? null : prefix);
    shown.put("partitioned", partitioned ? true : null);
    shown.put("symbol_labels", symbols.isEmpty() ? null : symbols);
    StoreConfig read =
        KEYS.read(
            o,
            new MaskedKeys(shown),
            (c, s) ->
                new KdbStore(
                    c,
                    new KdbClient(
                        new KdbAddress(
                            UrlHost.bare(c.url()),
                            UrlHost.port(c.url()),
                            user,
                            password,
                            tls,
                            CONNECTIONS,
                            (int) Math.min(c.maxBytes(), Integer.MAX_VALUE - 16),
                            Duration.ofSeconds(10))),
                    s.limits(),
                    prefix,
                    partitioned,
                    symbols));
    if (!"kdb".equals(read.url().getScheme())
        || UrlHost.of(read.url()) == null
        || UrlHost.port(read.url()) < 1) {
      throw o.error("\"url\" must be an address such as kdb://host:5012");
    }
    return read;
  }
}
