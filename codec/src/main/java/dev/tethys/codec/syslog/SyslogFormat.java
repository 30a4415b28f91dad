package dev.tethys.codec.syslog;

import dev.tethys.codec.CodecException;
import java.time.InstantSource;
import java.time.ZoneId;

/** The two forms of syslog messages. */
public enum SyslogFormat {
  RFC5424,
  RFC3164;

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
      case RFC5424 -> Rfc5424.read(text);
      case RFC3164 -> Rfc3164.read(text, clock, zone);
    };
  }
}
