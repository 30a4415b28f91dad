package dev.tethys.pipeline.exporter.kdb;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NameRule;
import dev.tethys.pipeline.naming.NameTemplate;
import dev.tethys.web.kdb.KdbAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Settings of the {@code kdb} exporter.
 *
 * @param tickerplant whether rows go to {@link #function} as columns, else by upsert into keyed
 *     tables
 * @param function function of a table's name and columns
 * @param prefix name prefix of tables
 * @param maxNames maximum number of prefixes built from labels
 * @param symbolLabels labels that are symbol columns of the table of series
 */
record KdbSettings(
    KdbAddress address,
    boolean tickerplant,
    String function,
    NameTemplate prefix,
    int maxNames,
    boolean createTables,
    List<String> symbolLabels,
    RowSettings rows,
    DeliverySettings delivery) {
  private static final NameRule TABLES =
      new NameRule(
          "letters, digits, underscores and dots around its {labels}",
          "[a-zA-Z0-9_.]*",
          true,
          NameRule.keep("A-Za-z0-9_"),
          100,
          List.of());

  private static final int MAX_ANSWER = 16 << 20;

  private static final Section SECTION =
      new Section("kdb", "Writes to kdb+.").include(DeliverySettings.SECTION);
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION, HistogramRule.NATIVE, Set.of(HistogramRule.NATIVE), 10_000, 8 << 20);
  private static final Key<String> ENDPOINT =
      SECTION.required("endpoint", Type.STRING, "Address of the process: host:port.");
  private static final Key<String> USERNAME =
      SECTION.key("username", Type.STRING, "", "User name.");
  private static final Key<Secret> PASSWORD =
      SECTION.key("password", Type.SECRET, Secret.NONE, "Password of the user.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls", ClientTlsSettings.TYPE, ClientTlsSettings.DEFAULT, "TLS settings of the client.");
  private static final Key<Boolean> MODE =
      SECTION.key(
          "mode",
          Type.oneOf("mode", "tickerplant", true, "process", false),
          true,
          "Type of the process: tickerplant, which receives columns, or process, "
              + "which stores keyed tables.");
  private static final Key<String> FUNCTION =
      SECTION.key(
          "function", Type.STRING, ".u.upd", "Function that a tickerplant calls with the columns.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "table_prefix",
          Type.STRING,
          "",
          "Prefix of metrics, series, histograms, exemplars and metadata; {label} is replaced by the value"
              + " of a label.");
  private static final Key<Long> MAX_NAMES = BoundedNames.key(SECTION, 100);
  private static final Key<Boolean> CREATE =
      SECTION.key(
          "create_tables",
          Type.BOOL,
          true,
          "If true, tables that the process does not have are created.");
  private static final Key<List<String>> SYMBOL_LABELS =
      SECTION.key(
          "symbol_labels",
          Type.list(Type.STRING),
          List.of(),
          "Labels stored as symbol columns of the series table. kdb+ never frees "
              + "symbols, so use only labels with few values.");
  private static final Key<Long> CONNECTIONS =
      SECTION.key("max_connections", Type.INT, 1L, "Maximum number of concurrent connections.");

  static final Type<KdbSettings> TYPE = SECTION.type(KdbSettings::read);

  private static KdbSettings read(YamlObject o) {
    String endpoint = o.get(ENDPOINT);
    int colon = endpoint.lastIndexOf(':');
    String port = endpoint.substring(colon + 1);
    if (colon < 1 || !port.matches("[1-9]\\d{0,4}") || Integer.parseInt(port) > 65535) {
      throw o.error(ENDPOINT, "\"endpoint\" must be host:port, such as tick:5010");
    }
    for (String l : o.get(SYMBOL_LABELS)) {
      if (!l.matches("[a-zA-Z][a-zA-Z0-9_]*")
          || Set.of("time", "sym", "series", "labels").contains(l)) {
        throw o.error(
            SYMBOL_LABELS,
            "\"" + l + "\" cannot be the name of a column of kdb+ next to the built-in columns");
      }
    }
    NameTemplate prefix;
    try {
      prefix = NameTemplate.parse(o.get(PREFIX), TABLES);
    } catch (IllegalArgumentException e) {
      throw o.error(PREFIX, "table_prefix: " + e.getMessage());
    }
    long connections = o.get(CONNECTIONS);
    if (connections < 1 || connections > 64) {
      throw o.error(CONNECTIONS, "max_connections must be 1 to 64");
    }
    DeliverySettings delivery = DeliverySettings.read(o, Duration.ofSeconds(30));
    ClientTlsSettings tls = o.get(TLS);
    return new KdbSettings(
        new KdbAddress(
            endpoint.substring(0, colon),
            Integer.parseInt(port),
            o.get(USERNAME),
            o.get(PASSWORD),
            tls.insecure() ? null : tls.config(),
            (int) connections,
            MAX_ANSWER,
            Duration.ofSeconds(10)),
        o.get(MODE),
        o.get(FUNCTION),
        prefix,
        BoundedNames.read(o, MAX_NAMES),
        o.get(CREATE),
        o.get(SYMBOL_LABELS),
        ROWS.read(o),
        delivery);
  }
}
