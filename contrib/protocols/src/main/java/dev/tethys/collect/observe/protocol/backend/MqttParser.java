package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;

/**
 * MQTT 3.1, 3.1.1 and 5: messages published and delivered. Acknowledgements of QoS 1 and 2 are not
 * matched, so that messages have no latency; repeated messages are counted once.
 */
final class MqttParser extends ProtocolParser {
  private static final int CONNECT = 1;
  private static final int CONNACK = 2;
  private static final int PUBLISH = 3;
  private static final int PUBREL = 6;
  private static final int SUBSCRIBE = 8;
  private static final int SUBACK = 9;
  private static final int UNSUBSCRIBE = 10;
  private static final int UNSUBACK = 11;
  private static final int PINGREQ = 12;
  private static final int PINGRESP = 13;
  private static final int DISCONNECT = 14;
  private static final int AUTH = 15;
  private static final int DUPLICATE = 8;
  private static final int LONGEST_TOPIC = 255;

  MqttParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return isConnect(in) || isPublish(in);
  }

  /** True for a message that a server sends: the response to a connection, or a delivery. */
  static boolean isAnswer(StreamBuffer in) {
    return in.available() == 4 && in.i32(0) == 0x20020000 || isPublish(in);
  }

  private static boolean isConnect(StreamBuffer in) {
    int body = body(in);
    return body > 0
        && in.u8(0) == CONNECT << 4
        && (in.startsWith(body, "\0\u0004MQTT") || in.startsWith(body, "\0\u0006MQIsdp"));
  }

  /** True for a message with a plausible topic, followed by nothing or by another packet. */
  private static boolean isPublish(StreamBuffer in) {
    int body = body(in);
    if (body <= 0 || in.u8(0) >> 4 != PUBLISH || !hasFlags(PUBLISH, in.u8(0) & 15)) {
      return false;
    }
    long length = length(in, body);
    if (in.available() < body + 2) {
      return false;
    }
    int topic = in.u16(body);
    if (topic == 0 || topic > LONGEST_TOPIC || topic + 2 > length) {
      return false;
    }
    int last = Math.min(in.available(), body + 2 + topic);
    for (int i = body + 2; i < last; i++) {
      int c = in.u8(i);
      if (c < ' ' || c == '#' || c == '+' || c == 0x7f) {
        return false;
      }
    }
    long next = body + length;
    return next < in.available()
        ? in.u8((int) next) >> 4 != 0
        : next == in.available() || in.truncated();
  }

  /** Returns the start of a packet's body; 0 if its length is not visible, -1 if it is invalid. */
  private static int body(StreamBuffer in) {
    for (int i = 1; i <= 4; i++) {
      if (i >= in.available()) {
        return 0;
      }
      if (in.u8(i) < 0x80) {
        return i + 1;
      }
    }
    return -1;
  }

  private static long length(StreamBuffer in, int body) {
    long n = 0;
    for (int i = body - 1; i >= 1; i--) {
      n = n << 7 | in.u8(i) & 0x7f;
    }
    return n;
  }

  private static boolean hasFlags(int type, int flags) {
    return switch (type) {
      case PUBLISH -> (flags & 6) != 6;
      case PUBREL, SUBSCRIBE, UNSUBSCRIBE -> flags == 2;
      default -> flags == 0;
    };
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    return packet(in, now, true);
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    return packet(in, now, false);
  }

  private Step packet(StreamBuffer in, long now, boolean client) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int type = in.u8(0) >> 4;
    if (!isSentBy(client, type) || !hasFlags(type, in.u8(0) & 15)) {
      return Step.WRONG;
    }
    int body = body(in);
    if (body <= 0) {
      return body < 0 || in.truncated() ? Step.WRONG : Step.MORE;
    }
    long length = length(in, body);
    if (!isLength(type, length)) {
      return Step.WRONG;
    }
    if (type == PUBLISH) {
      if (!in.ready(Math.min(body + length, body + 2L + LONGEST_TOPIC))) {
        return Step.MORE;
      }
      int topic = in.available() >= body + 2 ? in.u16(body) : 0;
      if (topic + 2 > length) {
        return Step.WRONG;
      }
      if ((in.u8(0) & DUPLICATE) == 0) {
        requests.reportOneWay(
            client ? "produce" : "consume",
            in.text(body + 2, body + 2 + Math.min(topic, LONGEST_TOPIC)),
            now,
            body + length);
      }
    }
    in.take(body + length);
    return Step.NEXT;
  }

  private static boolean isSentBy(boolean client, int type) {
    return switch (type) {
      case PUBLISH, 4, 5, PUBREL, 7, DISCONNECT, AUTH -> true;
      case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ -> client;
      case CONNACK, SUBACK, UNSUBACK, PINGRESP -> !client;
      default -> false;
    };
  }

  private static boolean isLength(int type, long length) {
    return switch (type) {
      case PINGREQ, PINGRESP -> length == 0;
      case DISCONNECT, AUTH -> true;
      default -> length >= 2;
    };
  }
}
