package dev.tethys.codec.syslog;

import dev.tethys.codec.CodecException;
import java.time.InstantSource;
import java.time.ZoneId;

/** Syslog message formats. */
public enum SyslogFormat {
  RFC5424,
  RFC3164,
  /** Format of Heroku's drains: RFC 5424 without structured data, not even a {@code -} for it. */
  LOGPLEX,
  /** RFC 5424 if a version follows the priority, otherwise RFC 3164. */
  AUTO;

  /**
   * Reads one message, without its frame. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param clock provides the year of times without one (RFC 3164)
   * @param zone zone of times without one (RFC 3164)
   * @throws CodecException with the problem and its byte offset
   */
  public SyslogMessage read(byte[] buf, int offset, int length, InstantSource clock, ZoneId zone) {
    SyslogText text = new SyslogText(buf, offset, length);
    return switch (this) {
      case RFC5424 -> Rfc5424.read(text, true);
      case LOGPLEX -> Rfc5424.read(text, false);
      case RFC3164 -> Rfc3164.read(text, clock, zone);
      case AUTO ->
          hasVersion(buf, offset, offset + length)
              ? Rfc5424.read(text, true)
              : Rfc3164.read(text, clock, zone);
    };
  }

  /** Whether a message begins with {@code <PRI>1 }: RFC 3164 has a month or a time there. */
  private static boolean hasVersion(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] != '>') {
      i++;
    }
    int digits = 0;
    while (++i < to && b[i] >= '0' && b[i] <= '9') {
      digits++;
    }
    return digits > 0 && digits <= 3 && i < to && b[i] == ' ';
  }
}
