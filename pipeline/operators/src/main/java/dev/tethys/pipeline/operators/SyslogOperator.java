package dev.tethys.pipeline.operators;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.syslog.SyslogFormat;
import dev.tethys.codec.syslog.SyslogMessage;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Parses a syslog message to attributes and sets the entry's time and severity.
 *
 * @param skipPriority whether messages may lack their {@code <PRI>}
 * @param counted whether the length precedes the message
 */
public record SyslogOperator(
    SyslogFormat format, ZoneId zone, boolean skipPriority, boolean counted) {
  /** OpenTelemetry's values of the severities 0 to 7. */
  private static final int[] SEVERITIES = {21, 19, 18, 17, 13, 10, 9, 5};

  private static final List<String> WORDS =
      List.of("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug");

  /** The keys, of the operator and of the receiver. */
  public static final class Keys {
    private final Key<SyslogFormat> protocol;
    private final Key<String> location;
    private final Key<Boolean> skip;
    private final Key<Boolean> counted;
    private final Key<String> trailer;
    private final Key<Long> maxOctets;

    /** Adds them to a section. */
    public Keys(Section s) {
      SequencedMap<String, SyslogFormat> formats = new LinkedHashMap<>();
      formats.put("rfc3164", SyslogFormat.RFC3164);
      formats.put("rfc5424", SyslogFormat.RFC5424);
      protocol = s.required("protocol", Type.oneOf("protocol", formats), "Format of messages.");
      location =
          s.key("location", Type.STRING, "UTC", "Time zone of timestamps without one (RFC 3164).");
      skip =
          s.key(
              "allow_skip_pri_header",
              Type.BOOL,
              false,
              "If true, messages without <PRI> are accepted.");
      counted =
          s.key(
              "enable_octet_counting",
              Type.BOOL,
              false,
              "If true, the length precedes each message (RFC 6587); RFC 5424 only.");
      trailer =
          s.key(
              "non_transparent_framing_trailer",
              Type.oneOf("non_transparent_framing_trailer", List.of("", "LF", "NUL")),
              "",
              "Delimiter of messages (RFC 6587); for RFC 5424 only.");
      maxOctets =
          s.key("max_octets", Type.INT, 8192L, "Maximum size of a message with octet counting.");
    }

    /** Reads them. */
    public SyslogOperator read(YamlObject o) {
      SyslogFormat f = o.get(protocol);
      if (f == SyslogFormat.RFC3164 && o.get(counted)) {
        throw o.error(counted, "octet counting is only valid with rfc5424");
      }
      if (f == SyslogFormat.RFC3164 && !o.get(trailer).isEmpty()) {
        throw o.error(trailer, "a trailer is only valid with rfc5424");
      }
      if (o.get(counted) && !o.get(trailer).isEmpty()) {
        throw o.error(trailer, "messages have octet counting or a trailer, not both");
      }
      ZoneId z;
      try {
        z = o.get(location).equals("Local") ? ZoneId.systemDefault() : ZoneId.of(o.get(location));
      } catch (DateTimeException e) {
        throw o.error(location, "there is no time zone \"" + o.get(location) + "\"");
      }
      return new SyslogOperator(f, z, o.get(skip) && !o.get(counted), o.get(counted));
    }

    /** Whether NUL ends a message. */
    public boolean endsWithNul(YamlObject o) {
      return o.get(trailer).equals("NUL");
    }

    /** Returns the maximum message length in bytes. */
    public int maxOctets(YamlObject o) {
      return (int) Math.clamp(o.get(maxOctets), 1, 64 << 20);
    }
  }

  /** Parses the entry's field. */
  void apply(Entry e, Field from, Field to) throws OperatorException {
    if (!(from.get(e) instanceof String text)) {
      throw new OperatorException("there is no string at " + from + " to parse");
    }
    apply(e, text, to);
  }

  /**
   * Parses a text.
   *
   * @throws OperatorException if it is not a syslog message
   */
  void apply(Entry e, String text, Field to) throws OperatorException {
    String whole = counted ? uncounted(text) : text;
    boolean bare = skipPriority && !whole.startsWith("<");
    byte[] b = (bare ? "<0>" + whole : whole).getBytes(StandardCharsets.UTF_8);
    SyslogMessage m;
    try {
      m = format.read(b, 0, b.length, InstantSource.system(), zone);
    } catch (CodecException x) {
      throw new OperatorException(String.valueOf(x.getMessage()));
    }
    Attributes a = new Attributes();
    put(a, "appname", m.appName());
    if (!bare) {
      a.put("facility", (long) m.facility());
    }
    put(a, "hostname", m.hostname());
    put(a, "message", m.message());
    put(a, "msg_id", m.msgId());
    if (!bare) {
      a.put("priority", (long) m.priority());
    }
    put(a, "proc_id", m.procId());
    if (m.version() > 0) {
      if (!m.structuredData().isEmpty()) {
        a.put("structured_data", data(m.structuredData()));
      }
      a.put("version", (long) m.version());
    }
    to.set(e, a);
    LogRecord r = e.record();
    Long time = m.timestamp();
    if (time != null) {
      r.setTimeUnixNano(time);
    }
    if (!bare) {
      r.setSeverityNumber(SEVERITIES[m.severity()]);
      r.setSeverityText(WORDS.get(m.severity()));
    }
  }

  private static String uncounted(String text) throws OperatorException {
    int at = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == 0 || at == text.length() || text.charAt(at) != ' ') {
      throw new OperatorException("the message does not begin with its length");
    }
    return text.substring(at + 1);
  }

  private static Attributes data(Map<String, Map<String, String>> data) {
    Attributes out = new Attributes();
    data.forEach(
        (id, parameters) -> {
          Attributes p = new Attributes();
          parameters.forEach(p::put);
          out.put(id, p);
        });
    return out;
  }

  private static void put(Attributes a, String key, @Nullable String v) {
    if (v != null && !v.isEmpty()) {
      a.put(key, v);
    }
  }

  /** Creates the operator of a receiver: the message is in the body and becomes attributes. */
  public OperatorConfig first(dev.tethys.config.YamlNode node, String onError) {
    return OperatorConfig.of(
        "syslog_parser",
        new Operator.Common(
            "syslog_parser_internal",
            null,
            Operator.OnError.valueOf(onError.toUpperCase(java.util.Locale.ROOT)),
            null),
        node,
        () -> ((Operator.Change) e -> apply(e, Field.BODY, Field.ATTRIBUTES)).action());
  }
}
