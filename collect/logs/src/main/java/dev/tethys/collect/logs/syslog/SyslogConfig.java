package dev.tethys.collect.logs.syslog;

import dev.tethys.codec.syslog.SyslogFormat;
import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A listener for syslog.
 *
 * @param address {@code host:port}
 * @param idleTimeout time without messages after which a connection is closed
 * @param labelStructuredData whether structured data become labels
 * @param keepTimes whether entries keep the time of their message
 * @param wholeMessage whether the line is the message with its header
 * @param maxLength maximum length of a message in bytes; longer ones are truncated
 * @param tls null if none
 */
public record SyslogConfig(
    String address,
    Protocol protocol,
    Duration idleTimeout,
    boolean labelStructuredData,
    Labels labels,
    boolean keepTimes,
    boolean wholeMessage,
    SyslogFormat format,
    int maxLength,
    @Nullable TlsConfig tls)
    implements LogSourceConfig {
  /** Of the transport. */
  public enum Protocol {
    TCP,
    UDP
  }

  private static final int MOST = 64 << 20;
  private static final long DEFAULT_LENGTH = 8192;

  /** Longest message of a listener without a configuration: a packet of UDP. */
  private static final int MAX_LISTENING = 64 << 10;

  private static final Duration DEFAULT_IDLE = Duration.ofSeconds(120);
  private static final Section SECTION =
      new Section("syslog", "Syslog messages received over the network.");
  private static final Key<String> ADDRESS =
      SECTION.required(
          "listen_address", ListenAddressConfig.TYPE, "host:port on which it listens.");
  private static final Key<Protocol> PROTOCOL =
      SECTION.key(
          "listen_protocol", Type.lowerCase("protocol", Protocol.class), Protocol.TCP, "tcp, udp.");
  private static final Key<Duration> IDLE =
      SECTION.key(
          "idle_timeout",
          GoDurations.TYPE,
          DEFAULT_IDLE,
          "Idle timeout of TCP connections; 0 for the default.");
  private static final Key<Boolean> STRUCTURED =
      SECTION.key(
          "label_structured_data",
          Type.BOOL,
          false,
          "If true, structured data become labels __syslog_message_sd_ID_NAME.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries use the timestamp of the message.");
  private static final Key<Boolean> WHOLE =
      SECTION.key(
          "use_rfc5424_message",
          Type.BOOL,
          false,
          "If true, the line is the message with its header.");
  private static final SequencedMap<String, SyslogFormat> FORMATS = new LinkedHashMap<>();

  static {
    FORMATS.put("rfc5424", SyslogFormat.RFC5424);
    FORMATS.put("rfc3164", SyslogFormat.RFC3164);
    FORMATS.put("auto", SyslogFormat.AUTO);
  }

  private static final Key<SyslogFormat> FORMAT =
      SECTION.key(
          "syslog_format",
          Type.oneOf("syslog format", FORMATS),
          SyslogFormat.RFC5424,
          "rfc5424, rfc3164, or auto, which Promtail does not have.");
  private static final Key<Long> MAX_LENGTH =
      SECTION.key(
          "max_message_length",
          Type.INT,
          DEFAULT_LENGTH,
          "Maximum length of a message in bytes; longer ones are truncated. 0 for the default.");
  private static final Key<TlsConfig> TLS =
      SECTION.optional(
          "tls_config",
          TlsConfig.TYPE,
          "TLS settings of the server; with ca, clients must present a certificate.");

  /** A listener in plain text for messages of both RFCs, with the times of the messages. */
  public static SyslogConfig listening(String address, Protocol protocol, Labels labels) {
    return new SyslogConfig(
        address,
        protocol,
        DEFAULT_IDLE,
        false,
        labels,
        true,
        false,
        SyslogFormat.AUTO,
        MAX_LISTENING,
        null);
  }

  /** The block in a configuration. */
  public static final Type<SyslogConfig> TYPE = SECTION.type(SyslogConfig::read);

  private static SyslogConfig read(YamlObject o) {
    String address = o.get(ADDRESS);
    long max = o.get(MAX_LENGTH) == 0 ? DEFAULT_LENGTH : o.get(MAX_LENGTH);
    if (max < 1 || max > MOST) {
      throw o.error(MAX_LENGTH, "max_message_length must be between 1 and " + MOST);
    }
    TlsConfig tls = o.find(TLS);
    Protocol protocol = o.get(PROTOCOL);
    if (tls != null && protocol == Protocol.UDP) {
      throw o.error(TLS, "TLS over udp is not supported");
    }
    boolean key = tls != null && (!tls.key().isEmpty() || !tls.keyFile().isEmpty());
    if (tls != null && (!key || (tls.cert().isEmpty() && tls.certFile().isEmpty()))) {
      throw o.error(TLS, "certificate and key must be configured");
    }
    return new SyslogConfig(
        address,
        protocol,
        o.get(IDLE).isZero() ? DEFAULT_IDLE : o.get(IDLE),
        o.get(STRUCTURED),
        LABELS.read(o),
        o.get(TIMES),
        o.get(WHOLE),
        o.get(FORMAT),
        (int) max,
        tls);
  }

  @Override
  public String kind() {
    return "syslog";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new SyslogSource(this, context);
  }
}
