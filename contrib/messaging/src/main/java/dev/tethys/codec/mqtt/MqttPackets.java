package dev.tethys.codec.mqtt;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Packets of a client that publishes (OASIS, "MQTT Version 3.1.1" and "MQTT Version 5.0").
 *
 * @param five whether version 5 is used, otherwise 3.1.1
 */
public record MqttPackets(boolean five) {
  public static final int CONNACK = 2;
  public static final int PUBLISH = 3;
  public static final int PUBACK = 4;
  public static final int PUBREC = 5;
  public static final int PUBREL = 6;
  public static final int PUBCOMP = 7;
  public static final int SUBACK = 9;
  public static final int PINGRESP = 13;
  public static final int DISCONNECT = 14;
  public static final int AUTH = 15;

  /** Reason of an AUTH packet that requests another one. */
  public static final int CONTINUE = 0x18;

  /** Reason codes of version 5 from here on are failures. */
  public static final int FAILURES = 0x80;

  private static final int CONTENT_TYPE = 0x03;
  private static final int CORRELATION = 0x09;
  private static final int METHOD = 0x15;
  private static final int DATA = 0x16;
  private static final byte[] NO_DATA = {};

  /** Content of an acknowledgement packet. */
  public record Answer(int type, int packetId, int reason, String text) {}

  /**
   * Settings that a broker announced when it accepted a connection.
   *
   * @param reason 0 if the connection is accepted
   * @param data authentication data; empty if none
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Accepted(
      int reason, int maxQos, boolean retains, long maxPacket, byte[] data, String text) {
    /** Settings without any limit, before a broker has announced others. */
    public static final Accepted EVERYTHING = new Accepted(0, 2, true, Long.MAX_VALUE, NO_DATA, "");
  }

  /** AUTH packet exchanged by a client and a broker of version 5. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Exchange(int reason, String method, byte[] data) {}

  private static void text(ByteArrayOutputStream out, String s) {
    bytes(out, s.getBytes(StandardCharsets.UTF_8));
  }

  private static void bytes(ByteArrayOutputStream out, byte[] b) {
    if (b.length > 65_535) {
      throw new CodecException("a text of more than 65,535 bytes");
    }
    out.write(b.length >> 8);
    out.write(b.length);
    out.writeBytes(b);
  }

  private static void length(ByteArrayOutputStream out, int n) {
    int remaining = n;
    do {
      out.write(remaining > 127 ? remaining & 127 | 128 : remaining);
      remaining >>>= 7;
    } while (remaining > 0);
  }

  private static byte[] packet(int first, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 5);
    out.write(first);
    length(out, content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }

  /**
   * CONNECT, with a clean session and no keep-alive.
   *
   * @param user null if none
   * @param password null if none
   */
  public byte[] connect(String clientId, @Nullable String user, @Nullable String password) {
    return connect(clientId, user, password, null);
  }

  /** CONNECT of version 5 that begins with a method of authentication. */
  public byte[] connect(String clientId, Exchange authentication) {
    return connect(clientId, null, null, authentication);
  }

  /** AUTH. */
  public byte[] authenticate(Exchange exchange) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(exchange.reason);
    properties(out, exchange);
    return packet(AUTH << 4, out.toByteArray());
  }

  private static void properties(ByteArrayOutputStream out, Exchange exchange) {
    ByteArrayOutputStream properties = new ByteArrayOutputStream();
    properties.write(METHOD);
    text(properties, exchange.method);
    properties.write(DATA);
    bytes(properties, exchange.data);
    length(out, properties.size());
    out.writeBytes(properties.toByteArray());
  }

  private byte[] connect(
      String clientId,
      @Nullable String user,
      @Nullable String password,
      @Nullable Exchange authentication) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, "MQTT");
    out.write(five ? 5 : 4);
    out.write(2 | (user == null ? 0 : 0x80) | (password == null ? 0 : 0x40));
    out.write(0);
    out.write(0);
    if (authentication != null) {
      properties(out, authentication);
    } else if (five) {
      out.write(0);
    }
    text(out, clientId);
    if (user != null) {
      text(out, user);
    }
    if (password != null) {
      text(out, password);
    }
    return packet(0x10, out.toByteArray());
  }

  /**
   * PUBLISH.
   *
   * @param packetId of quality 1 and 2
   * @param contentType sent in version 5
   * @param id sent in version 5 as correlation data: the same for each retry
   */
  public byte[] publish(
      String topic,
      int qos,
      boolean retain,
      int packetId,
      String contentType,
      String id,
      byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + topic.length() + 100);
    text(out, topic);
    if (qos > 0) {
      out.write(packetId >> 8);
      out.write(packetId);
    }
    if (five) {
      ByteArrayOutputStream properties = new ByteArrayOutputStream();
      if (!contentType.isEmpty()) {
        properties.write(CONTENT_TYPE);
        text(properties, contentType);
      }
      if (!id.isEmpty()) {
        properties.write(CORRELATION);
        text(properties, id);
      }
      length(out, properties.size());
      out.writeBytes(properties.toByteArray());
    }
    out.writeBytes(payload);
    return packet(0x30 | qos << 1 | (retain ? 1 : 0), out.toByteArray());
  }

  /** SUBSCRIBE to one topic at quality 0. */
  public byte[] subscribe(String topic, int packetId) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(packetId >> 8);
    out.write(packetId);
    if (five) {
      out.write(0);
    }
    text(out, topic);
    out.write(0);
    return packet(0x82, out.toByteArray());
  }

  /**
   * Reads SUBACK for one topic: the broker's objection; "" for none.
   *
   * @throws CodecException if it is malformed
   */
  public String subscribed(byte[] b) {
    int[] at = {2};
    if (five) {
      int properties = varint(b, at);
      at[0] += properties;
    }
    int reason = (int) number(b, at, 1);
    return reason < FAILURES ? "" : five ? reason(reason) : "the broker refuses the subscription";
  }

  /**
   * The payload of a PUBLISH.
   *
   * @param first the first byte of the packet
   * @throws CodecException if it is malformed
   */
  public byte[] payload(int first, byte[] b) {
    int[] at = {0};
    skip(b, at);
    if ((first & 6) != 0) {
      number(b, at, 2);
    }
    if (five) {
      int properties = varint(b, at);
      at[0] += properties;
    }
    number(b, at, 0);
    return Arrays.copyOfRange(b, at[0], b.length);
  }

  /** PUBREL: a message of quality 2 may be passed on. */
  public byte[] release(int packetId) {
    return packet(0x62, new byte[] {(byte) (packetId >> 8), (byte) packetId});
  }

  /** PINGREQ. */
  public byte[] ping() {
    return new byte[] {(byte) 0xc0, 0};
  }

  /**
   * Reads a response.
   *
   * @param type of the packet, the upper four bits of its first byte
   * @param b data after the length
   * @throws CodecException if it is malformed
   */
  public Answer answer(int type, byte[] b) {
    boolean named = type != PINGRESP && type != DISCONNECT;
    if (named && b.length < 2) {
      throw new CodecException("a response without the number of its packet");
    }
    int id = named ? (b[0] & 0xff) << 8 | b[1] & 0xff : 0;
    int at = named ? 2 : 0;
    int reason = five && b.length > at ? b[at] & 0xff : 0;
    return new Answer(type, id, reason, reason == 0 ? "" : reason(reason));
  }

  /**
   * Reads CONNACK.
   *
   * @throws CodecException if it is malformed
   */
  public Accepted accepted(byte[] b) {
    if (b.length < 2) {
      throw new CodecException("a CONNACK of " + b.length + " bytes");
    }
    int reason = b[1] & 0xff;
    if (!five) {
      return new Accepted(
          reason, 2, true, Long.MAX_VALUE, NO_DATA, reason == 0 ? "" : refusal(reason));
    }
    int qos = 2;
    boolean retains = true;
    long most = Long.MAX_VALUE;
    byte[] data = NO_DATA;
    int[] at = {2};
    int end = b.length > 2 ? varint(b, at) + at[0] : 2;
    if (end > b.length) {
      throw new CodecException("the properties of a CONNACK extend past its end");
    }
    while (at[0] < end) {
      int property = b[at[0]++] & 0xff;
      switch (property) {
        case 0x24 -> qos = (int) number(b, at, 1);
        case 0x25 -> retains = number(b, at, 1) != 0;
        case 0x27 -> most = number(b, at, 4);
        case 0x11 -> number(b, at, 4);
        case 0x21, 0x22, 0x13 -> number(b, at, 2);
        case 0x28, 0x29, 0x2a -> number(b, at, 1);
        case DATA -> data = bytes(b, at);
        case 0x12, 0x1f, 0x1a, 0x1c, METHOD -> skip(b, at);
        case 0x26 -> {
          skip(b, at);
          skip(b, at);
        }
        default -> throw new CodecException("a property " + property + " in a CONNACK");
      }
    }
    return new Accepted(reason, qos, retains, most, data, reason == 0 ? "" : reason(reason));
  }

  /**
   * Reads AUTH.
   *
   * @throws CodecException if it is malformed
   */
  public Exchange exchange(byte[] b) {
    int[] at = {0};
    int reason = b.length == 0 ? 0 : (int) number(b, at, 1);
    String method = "";
    byte[] data = NO_DATA;
    int end = b.length > 1 ? varint(b, at) + at[0] : at[0];
    if (end > b.length) {
      throw new CodecException("the properties of an AUTH extend past its end");
    }
    while (at[0] < end) {
      int property = b[at[0]++] & 0xff;
      switch (property) {
        case METHOD -> method = taken(b, at);
        case DATA -> data = bytes(b, at);
        case 0x1f -> skip(b, at);
        case 0x26 -> {
          skip(b, at);
          skip(b, at);
        }
        default -> throw new CodecException("a property " + property + " in an AUTH");
      }
    }
    return new Exchange(reason, method, data);
  }

  private static String taken(byte[] b, int[] at) {
    return new String(bytes(b, at), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(byte[] b, int[] at) {
    int from = at[0] + 2;
    skip(b, at);
    return Arrays.copyOfRange(b, from, at[0]);
  }

  private static int varint(byte[] b, int[] at) {
    int v = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      int x = (int) number(b, at, 1);
      v |= (x & 127) << shift;
      if (x < 128) {
        return v;
      }
    }
    throw new CodecException("a length of more than four bytes");
  }

  private static long number(byte[] b, int[] at, int bytes) {
    if (at[0] + bytes > b.length) {
      throw new CodecException("unexpected end of data");
    }
    long v = 0;
    for (int i = 0; i < bytes; i++) {
      v = v << 8 | b[at[0]++] & 0xff;
    }
    return v;
  }

  private static void skip(byte[] b, int[] at) {
    int n = (int) number(b, at, 2);
    number(b, at, 0);
    at[0] += n;
    if (at[0] > b.length) {
      throw new CodecException("unexpected end of data");
    }
  }

  private static String refusal(int code) {
    return switch (code) {
      case 1 -> "it does not support MQTT 3.1.1";
      case 2 -> "it refuses the client_id";
      case 3 -> "it is not available";
      case 4 -> "bad username or password";
      case 5 -> "not authorized";
      default -> "it refuses with " + code;
    };
  }

  /** Meaning of a reason code of version 5. */
  public static String reason(int code) {
    return switch (code) {
      case 0x10 -> "no matching subscribers";
      case 0x80 -> "unspecified error";
      case 0x81 -> "malformed packet";
      case 0x82 -> "protocol error";
      case 0x83 -> "implementation specific error";
      case 0x84 -> "it does not support MQTT 5";
      case 0x85 -> "it refuses the client_id";
      case 0x86 -> "bad username or password";
      case 0x87 -> "not authorized";
      case 0x88 -> "it is not available";
      case 0x89 -> "it is busy";
      case 0x8a -> "banned";
      case 0x8b -> "it is shutting down";
      case 0x8c -> "it does not know that method of authentication";
      case 0x8e -> "another client has the same client_id";
      case 0x90 -> "the topic is not allowed";
      case 0x95 -> "the packet is too large";
      case 0x97 -> "quota exceeded";
      case 0x99 -> "it does not take the payload";
      case 0x9a -> "it does not retain messages";
      case 0x9b -> "it does not take this qos";
      default -> "reason 0x" + Integer.toHexString(code);
    };
  }
}
