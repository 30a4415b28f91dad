package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;

/** AMQP 0-9-1 of RabbitMQ: messages published and delivered, which have no response. */
final class AmqpParser extends ProtocolParser {
  private static final int HEADER = 7;
  private static final int METHOD = 1;
  private static final int HEARTBEAT = 8;
  private static final int END = 0xce;
  private static final int BASIC = 60;
  private static final int PUBLISH = 40;
  private static final int DELIVER = 60;
  private static final int GET_OK = 71;
  private static final int LARGEST = 16 << 20;
  private static final int READ = 640;

  AmqpParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.startsWith(0, "AMQP\0\0\u0009\u0001")) {
      return true;
    }
    if (!isMethod(in)) {
      return false;
    }
    return switch (in.u16(HEADER) << 8 | in.u16(HEADER + 2)) {
      case BASIC << 8 | PUBLISH,
          BASIC << 8 | 80, // ack
          BASIC << 8 | 90, // reject
          BASIC << 8 | 120, // nack
          BASIC << 8 | 20, // consume
          BASIC << 8 | 70, // get
          BASIC << 8 | 10, // qos
          20 << 8 | 10, // open of a channel
          40 << 8 | 10, // declare of an exchange
          50 << 8 | 10, // declare of a queue
          50 << 8 | 20 -> // bind of a queue
          true;
      default -> false;
    };
  }

  /** True for a message that only a server sends. */
  static boolean isAnswer(StreamBuffer in) {
    return isMethod(in)
        && in.u16(HEADER) == BASIC
        && (in.u16(HEADER + 2) == DELIVER || in.u16(HEADER + 2) == GET_OK);
  }

  private static boolean isMethod(StreamBuffer in) {
    if (in.available() < HEADER + 4 || in.u8(0) != METHOD) {
      return false;
    }
    int size = in.i32(3);
    return size >= 4
        && size < 2048
        && in.available() > HEADER + size
        && in.u8(HEADER + size) == END;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() > 0 && in.u8(0) == 'A') {
      if (in.available() < 8) {
        return Step.MORE;
      }
      if (!in.startsWith(0, "AMQP")) {
        return Step.WRONG;
      }
      in.take(8);
      return Step.NEXT;
    }
    return frame(in, now, PUBLISH);
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    return frame(in, now, DELIVER);
  }

  private Step frame(StreamBuffer in, long now, int wanted) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    int type = in.u8(0);
    int size = in.i32(3);
    if (type == 0 || type > 3 && type != HEARTBEAT || size < 0 || size > LARGEST) {
      return Step.WRONG;
    }
    long whole = (long) HEADER + size + 1;
    if (!in.ready(type == METHOD ? Math.min(whole, READ) : HEADER)) {
      return Step.MORE;
    }
    if (in.available() >= whole && in.u8(HEADER + size) != END) {
      return Step.WRONG;
    }
    if (type == METHOD && in.available() >= HEADER + 4 && in.u16(HEADER) == BASIC) {
      int method = in.u16(HEADER + 2);
      if (method == wanted || wanted == DELIVER && method == GET_OK) {
        report(in, method, now, whole);
      }
    }
    in.take(whole);
    return Step.NEXT;
  }

  private void report(StreamBuffer in, int method, long now, long size) {
    int at = HEADER + 4;
    switch (method) {
      case PUBLISH -> at += 2;
      case DELIVER -> at = afterText(in, at) + 9;
      default -> at += 9;
    }
    String exchange = text(in, at);
    String key = text(in, afterText(in, at));
    String target = exchange.isEmpty() ? key : key.isEmpty() ? exchange : exchange + "/" + key;
    requests.reportOneWay(method == PUBLISH ? "produce" : "consume", target, now, size);
  }

  private static int afterText(StreamBuffer in, int at) {
    return at < in.available() ? at + 1 + in.u8(at) : at;
  }

  private static String text(StreamBuffer in, int at) {
    return at < in.available() ? in.text(at + 1, at + 1 + in.u8(at)) : "";
  }
}
