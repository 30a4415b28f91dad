package dev.tethys.collect.logs.gelf;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;

/**
 * A listener for GELF.
 *
 * @param address {@code host:port}
 * @param tcp whether over TCP, each message ended by a NUL; else over UDP
 * @param keepTimes whether entries have the time of their message
 */
public record GelfConfig(String address, boolean tcp, Labels labels, boolean keepTimes)
    implements LogSourceConfig {
  private enum Protocol {
    UDP,
    TCP
  }

  private static final Section SECTION = new Section("gelf", "GELF messages of Graylog clients.");
  private static final Key<String> ADDRESS =
      SECTION.key(
          "listen_address",
          ListenAddressConfig.TYPE,
          "0.0.0.0:12201",
          "host:port on which it listens.");
  private static final Key<Protocol> PROTOCOL =
      SECTION.key(
          "listen_protocol",
          Type.lowerCase("protocol", Protocol.class),
          Protocol.UDP,
          "udp, or tcp, which Promtail does not have.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries use the timestamp of the message.");

  /** The block in a configuration. */
  public static final Type<GelfConfig> TYPE = SECTION.type(GelfConfig::read);

  private static GelfConfig read(YamlObject o) {
    return new GelfConfig(
        o.get(ADDRESS), o.get(PROTOCOL) == Protocol.TCP, LABELS.read(o), o.get(TIMES));
  }

  @Override
  public String kind() {
    return "gelf";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new GelfSource(this, context);
  }
}
