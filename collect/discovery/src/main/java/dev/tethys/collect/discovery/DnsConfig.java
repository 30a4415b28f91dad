package dev.tethys.collect.discovery;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code dns_sd_configs}: targets from DNS records.
 *
 * @param port port for record types that carry none; 0 for SRV
 */
public record DnsConfig(List<String> names, RecordType type, int port, Duration refreshInterval)
    implements DiscoveryConfig {
  /** The supported record types. */
  public enum RecordType {
    SRV,
    A,
    AAAA,
    MX,
    NS
  }

  private static final Section SECTION =
      new Section("dns_sd_config", "Targets from DNS records, queried periodically.");
  private static final Key<List<String>> NAMES =
      SECTION.key("names", Type.list(Type.STRING), List.of(), "DNS domain names to query.");
  private static final Key<RecordType> RECORD_TYPE =
      SECTION.key(
          "type",
          Type.of("SRV | A | AAAA | MX | NS", null, DnsConfig::recordType),
          RecordType.SRV,
          "Type of DNS query to perform.");
  private static final Key<Long> PORT =
      SECTION.key(
          "port",
          Type.INT,
          0L,
          "Port of the targets; not used with SRV, whose records have a port.");
  private static final Key<Duration> REFRESH_INTERVAL =
      SECTION.key(
          "refresh_interval",
          Type.DURATION.absentWhenNull(),
          Duration.ofSeconds(30),
          "Refresh interval of the DNS queries.");
  public static final Type<DnsConfig> TYPE = SECTION.type(DnsConfig::read);

  private static RecordType recordType(YamlNode n) {
    try {
      return RecordType.valueOf(n.asString().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw n.error(
          "invalid DNS-SD records type " + n.asString() + "; allowed: SRV, A, AAAA, MX, NS");
    }
  }

  private static DnsConfig read(YamlObject o) {
    List<String> names = o.get(NAMES);
    if (names.isEmpty()) {
      throw o.error("DNS-SD config must contain at least one SRV record name");
    }
    YamlNode written = o.at(RECORD_TYPE);
    if (written != null && written.isNull()) {
      throw o.error(RECORD_TYPE, "type is empty; allowed: SRV, A, AAAA, MX, NS");
    }
    RecordType type = o.get(RECORD_TYPE);
    long port = o.get(PORT);
    if (type != RecordType.SRV && port == 0) {
      throw o.error("a port is required in DNS-SD configs for all record types except SRV");
    }
    if (port < 0 || port > 65535) {
      throw o.error(PORT, "a port must be between 1 and 65535");
    }
    return new DnsConfig(names, type, (int) port, o.get(REFRESH_INTERVAL));
  }

  @Override
  public String mechanism() {
    return "dns";
  }

  @Override
  public Discovery discovery(DiscoveryContext context) {
    return new PollingDiscovery(
        mechanism(), refreshInterval, new DnsLookup(this, context.metrics()), context);
  }

  @Override
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("names", names);
    m.put("refresh_interval", refreshInterval);
    m.put("type", type.name());
    m.put("port", port == 0 ? null : port);
    return m;
  }
}
