package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.mqtt.MqttPackets;
import dev.tethys.codec.mqtt.MqttPackets.Accepted;
import dev.tethys.codec.mqtt.MqttPackets.Answer;
import dev.tethys.codec.mqtt.MqttPackets.Exchange;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.LineSockets;
import dev.tethys.pipeline.exporter.client.WebSocketAddress;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebSocketStreams;
import dev.tethys.web.kerberos.KerberosIdentity;
import dev.tethys.web.kerberos.KerberosLogin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Publishes messages, one at a time on each connection, and waits for the acknowledgement of the
 * quality of service. At quality 0 it waits for the response to a following ping, which shows that
 * the message was read. Thread-safe; each thread uses its own connection.
 */
final class MqttClient implements AutoCloseable {
  /** Maximum length of a response, which has few properties. */
  private static final int MAX_ANSWER = 1 << 20;

  /** One message at a time is in progress on a connection, so one number is enough. */
  private static final int PACKET = 1;

  /** Maximum number of steps in an authentication exchange. */
  private static final int MOST_STEPS = 8;

  private final MqttSettings settings;
  private final MqttPackets packets;
  private final LineSockets sockets;
  private final String clientId;
  private final @Nullable KerberosLogin tickets;
  private final @Nullable IotSignature signature;
  private final ClientNumbers numbers;
  private volatile Accepted accepted = Accepted.EVERYTHING;

  /**
   * @param clients request keys of AWS, where settings require some
   */
  MqttClient(MqttSettings settings, HttpClientFactory clients) {
    this(settings, clients, settings.delivery().timeout());
  }

  MqttClient(MqttSettings settings, HttpClientFactory clients, Duration timeout) {
    this.settings = settings;
    this.packets = new MqttPackets(settings.five());
    // Version 3.1.1 makes sure of 23 letters and digits.
    this.clientId =
        settings.clientId().isEmpty()
            ? "tethys" + UUID.randomUUID().toString().replace("-", "").substring(0, 10)
            : settings.clientId();
    this.numbers = new ClientNumbers(settings.host(), settings.port(), clientId);
    this.tickets =
        settings.kerberos() == null
            ? null
            : new KerberosLogin(settings.kerberos(), InstantSource.system());
    this.signature = settings.sigv4() == null ? null : IotSignature.of(settings.sigv4(), clients);
    this.sockets =
        new LineSockets(settings.host(), settings.port(), null, timeout, this::handshake);
  }

  private void handshake(LineSockets.Line line) throws IOException {
    if (settings.sharedKey() != null) {
      settings.sharedKey().secure(line, settings.alpn());
    } else if (settings.tls() != null) {
      line.secure(settings.tls(), settings.alpn().toArray(String[]::new));
    }
    if (settings.webSocket() != null) {
      open(settings.webSocket(), line);
    }
    int n = numbers.take();
    line.whenEnded(() -> numbers.free(n));
    String id = n == 0 ? clientId : clientId + "-" + n;
    EnhancedAuthentication login = login();
    if (login != null) {
      line.write(packets.connect(id, new Exchange(0, settings.mechanism(), login.first())));
    } else {
      line.write(
          packets.connect(
              id, settings.username().isEmpty() ? null : settings.username(), password()));
    }
    int type = line.readByte() >> 4;
    byte[] content = content(line);
    for (int i = 0; login != null && type == MqttPackets.AUTH && i < MOST_STEPS; i++) {
      line.write(packets.authenticate(proof(login, content)));
      type = line.readByte() >> 4;
      content = content(line);
    }
    if (type != MqttPackets.CONNACK) {
      throw new IOException("the server is not an MQTT broker");
    }
    try {
      Accepted a = packets.accepted(content);
      if (a.reason() != 0) {
        throw new IOException("the broker refused the connection: " + a.text());
      }
      if (login != null) {
        login.accepted(a.data());
      }
      accepted = a;
    } catch (CodecException e) {
      throw new IOException("it accepts with " + e.getMessage(), e);
    }
    if (settings.qos() > accepted.maxQos()) {
      throw new IOException("the broker supports qos " + accepted.maxQos() + " at most");
    }
    if (settings.retain() && !accepted.retains()) {
      throw new IOException("the broker does not retain messages");
    }
  }

  private void open(WebSocketAddress address, LineSockets.Line line) throws IOException {
    if (signature == null) {
      address.open(line);
      return;
    }
    WebSocketAddress signed = signature.sign(address);
    try {
      signed.open(line);
    } catch (WebSocketStreams.Refused e) {
      if (e.isForbidden()) {
        signature.refused();
      }
      throw e;
    }
  }

  private @Nullable String password() throws IOException {
    if (!settings.passwordFile().isEmpty()) {
      return MqttTokenLogin.read(settings.passwordFile());
    }
    return settings.password() == null ? null : settings.password().value();
  }

  private @Nullable EnhancedAuthentication login() throws IOException {
    KerberosIdentity kerberos = settings.kerberos();
    if (kerberos != null && tickets != null) {
      return new GssapiLogin(tickets, kerberos.service(), settings.host());
    }
    if (settings.mechanism().equals(MqttTokenLogin.METHOD)) {
      return new MqttTokenLogin(settings.passwordFile());
    }
    return settings.mechanism().isEmpty()
        ? null
        : new ScramLogin(settings.mechanism(), settings.username(), String.valueOf(password()));
  }

  private Exchange proof(EnhancedAuthentication login, byte[] content) throws IOException {
    try {
      Exchange asked = packets.exchange(content);
      if (asked.reason() != MqttPackets.CONTINUE || !asked.method().equals(settings.mechanism())) {
        throw new IOException("the broker did not continue with " + settings.mechanism());
      }
      return new Exchange(MqttPackets.CONTINUE, settings.mechanism(), login.next(asked.data()));
    } catch (CodecException e) {
      throw new IOException("invalid challenge from the broker: " + e.getMessage(), e);
    }
  }

  /** Reads a packet after its first byte. */
  static byte[] content(LineSockets.Line line) throws IOException {
    int n = 0;
    for (int shift = 0; ; shift += 7) {
      int b = line.readByte();
      n |= (b & 127) << shift;
      if (b < 128) {
        break;
      }
      if (shift >= 21) {
        throw new IOException("it sends a packet without an end");
      }
    }
    if (n > MAX_ANSWER) {
      throw new IOException("it sends a packet of " + n + " bytes");
    }
    return line.read(n);
  }

  private Answer answer(LineSockets.Line line) throws IOException {
    int type = line.readByte() >> 4;
    byte[] content = content(line);
    try {
      return packets.answer(type, content);
    } catch (CodecException e) {
      throw new IOException("it says " + e.getMessage(), e);
    }
  }

  /** Performs an operation on a connection. */
  <T> T over(LineSockets.Session<T> session) throws IOException {
    return sockets.withConnection(session);
  }

  /** Connects and returns the broker's description of itself. */
  String connect() throws IOException {
    sockets.withConnection(
        line -> {
          line.write(packets.ping());
          return awaits(line, MqttPackets.PINGRESP);
        });
    return "a broker of MQTT "
        + (settings.five() ? "5" : "3.1.1")
        + (accepted.maxPacket() == Long.MAX_VALUE
            ? ""
            : ", packets of at most " + accepted.maxPacket() + " bytes");
  }

  private SendResult awaits(LineSockets.Line line, int type) throws IOException {
    Answer a = answer(line);
    if (a.type() == MqttPackets.DISCONNECT) {
      if (a.reason() == 0x95) {
        return new SendResult.Permanent("MQTT: " + a.text() + ": set max_message_bytes");
      }
      throw new IOException("the broker closed the connection: " + a.text());
    }
    if (a.type() != type || (type != MqttPackets.PINGRESP && a.packetId() != PACKET)) {
      throw new IOException("the broker sent packet type " + a.type() + " instead of " + type);
    }
    return switch (a.reason()) {
      case 0x90, 0x99 -> new SendResult.Permanent("MQTT: " + a.text());
      default ->
          a.reason() < MqttPackets.FAILURES
              ? SendResult.DELIVERED
              : new SendResult.Retryable(Duration.ZERO, a.reason() == 0x97, "MQTT: " + a.text());
    };
  }

  /** Publishes one message. */
  SendResult publish(String topic, String contentType, String id, byte[] body) throws IOException {
    byte[] packet;
    try {
      packet =
          packets.publish(topic, settings.qos(), settings.retain(), PACKET, contentType, id, body);
    } catch (CodecException e) {
      return new SendResult.Permanent("MQTT: the topic is " + e.getMessage());
    }
    return sockets.withConnection(
        line -> {
          if (packet.length > accepted.maxPacket()) {
            return new SendResult.Permanent(
                "MQTT: the broker takes packets of at most "
                    + accepted.maxPacket()
                    + " bytes: set max_message_bytes");
          }
          ByteArrayOutputStream out = new ByteArrayOutputStream(packet.length + 2);
          out.writeBytes(packet);
          if (settings.qos() == 0) {
            out.writeBytes(packets.ping());
          }
          line.write(out.toByteArray());
          return switch (settings.qos()) {
            case 0 -> awaits(line, MqttPackets.PINGRESP);
            case 1 -> awaits(line, MqttPackets.PUBACK);
            default -> {
              SendResult v = awaits(line, MqttPackets.PUBREC);
              if (!(v instanceof SendResult.Delivered)) {
                yield v;
              }
              line.write(packets.release(PACKET));
              yield awaits(line, MqttPackets.PUBCOMP);
            }
          };
        });
  }

  @Override
  public void close() {
    sockets.close();
  }
}
