package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.Nullable;

/** Recognition of a protocol from the first bytes of a request. */
final class Detection {
  /** Protocols in the order tried: those with distinct first bytes first. */
  private static final Protocol[] ORDER = {Protocol.HTTP, Protocol.REDIS, Protocol.POSTGRES};

  private Detection() {}

  /** Protocol of a request at the start of the buffer; null when none is recognised. */
  static @Nullable Protocol ofRequest(StreamBuffer in, int refused) {
    if (in.available() == 0) {
      return null;
    }
    for (Protocol p : ORDER) {
      if ((refused & 1 << p.ordinal()) == 0 && matches(p, in)) {
        return p;
      }
    }
    return null;
  }

  /** True when a request of this protocol is hardly ever found in bytes of another one. */
  static boolean isDistinct(Protocol protocol) {
    return switch (protocol) {
      case HTTP, HTTP2, REDIS -> true;
      default -> false;
    };
  }

  /** True for a TLS record of a handshake, an alert or application data. */
  static boolean isTls(StreamBuffer in) {
    return in.available() >= 5
        && in.u8(0) >= 0x14
        && in.u8(0) <= 0x17
        && in.u8(1) == 3
        && in.u8(2) <= 4
        && in.u16(3) <= 16384 + 2048;
  }

  static ProtocolParser parser(Protocol protocol, Requests requests) {
    return switch (protocol) {
      case HTTP -> new Http1Parser(requests);
      case REDIS -> new RedisParser(requests);
      case POSTGRES -> new PostgresParser(requests);
      default -> throw new IllegalArgumentException("no parser for protocol " + protocol);
    };
  }

  private static boolean matches(Protocol protocol, StreamBuffer in) {
    return switch (protocol) {
      case HTTP -> Http1Parser.isRequest(in);
      case REDIS -> RedisParser.isRequest(in);
      case POSTGRES -> PostgresParser.isRequest(in);
      default -> false;
    };
  }
}
