package dev.tethys.codec.syslog;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A syslog message. What its sender omitted ({@code -} in RFC 5424) is "".
 *
 * @param facility 0 to 23
 * @param severity 0 (emergency) to 7 (debug)
 * @param version protocol version; 0 for RFC 3164
 * @param timestamp nanoseconds since 1970; null if it has none
 * @param structuredData parameters by element ID and name, in message order
 * @param message null if there is none
 */
public record SyslogMessage(
    int facility,
    int severity,
    int version,
    @Nullable Long timestamp,
    String hostname,
    String appName,
    String procId,
    String msgId,
    Map<String, Map<String, String>> structuredData,
    @Nullable String message) {
  private static final List<String> SEVERITIES =
      List.of(
          "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug");

  // Keywords of syslog(3); facilities without a keyword are named by their purpose.
  private static final List<String> FACILITIES =
      List.of(
          "kern",
          "user",
          "mail",
          "daemon",
          "auth",
          "syslog",
          "lpr",
          "news",
          "uucp",
          "clock daemon",
          "authpriv",
          "ftp",
          "NTP subsystem",
          "log audit",
          "log alert",
          "cron",
          "local0",
          "local1",
          "local2",
          "local3",
          "local4",
          "local5",
          "local6",
          "local7");

  /** Severity keyword, such as {@code informational}. */
  public String severityName() {
    return SEVERITIES.get(severity);
  }

  /** Facility keyword, such as {@code daemon}. */
  public String facilityName() {
    return FACILITIES.get(facility);
  }

  /** Facility and severity as one number, as in the message. */
  public int priority() {
    return facility * 8 + severity;
  }
}
