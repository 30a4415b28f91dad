package dev.tethys.codec.syslog;

import dev.tethys.codec.CodecException;
import java.time.InstantSource;
import java.time.ZoneId;

/** The forms of syslog messages. */
public enum SyslogFormat {
  RFC5424,
  RFC3164,
  /** As Heroku's drains have it: RFC 5424 without structured data, not even a {@code -} for it. */
  LOGPLEX;

  /**
   * Reads one message, without its frame. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param clock tells the year of times that have none (RFC 3164)
   * @param zone that of times that have none (RFC 3164)
   * @throws CodecException saying what is wrong at which byte
   */
  public SyslogMessage read(byte[] buf, int offset, int length, InstantSource clock, ZoneId zone) {
    SyslogText text = new SyslogText(buf, offset, length);
    return switch (this) {
      case RFC5424 -> Rfc5424.read(text, true);
      case LOGPLEX -> Rfc5424.read(text, false);
      case RFC3164 -> Rfc3164.read(text, clock, zone);
    };
  }
}
