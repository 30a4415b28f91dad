package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;

/** NATS: messages published and delivered, which have no individual responses. */
final class NatsParser extends ProtocolParser {
  private static final int LONGEST_LINE = 4096;
  private static final int LARGEST = 64 << 20;

  NatsParser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    if (in.startsWith(0, "CONNECT {")) {
      return true;
    }
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 6 || in.u8(eol - 1) != '\r') {
      return false;
    }
    String[] words = in.text(0, eol).strip().split("[ \t]+");
    return switch (words[0]) {
      case "PUB" -> (words.length == 3 || words.length == 4) && size(words) >= 0;
      case "HPUB" -> (words.length == 4 || words.length == 5) && size(words) >= 0;
      case "SUB" -> words.length == 3 || words.length == 4;
      default -> false;
    };
  }

  /** True for a message that only a server sends. */
  static boolean isAnswer(StreamBuffer in) {
    if (in.startsWith(0, "INFO {\"server_id\"")) {
      return true;
    }
    int eol = in.indexOf('\n', 0, LONGEST_LINE);
    if (eol < 6 || in.u8(eol - 1) != '\r') {
      return false;
    }
    String[] words = in.text(0, eol).strip().split("[ \t]+");
    return words.length >= 4
        && words.length <= 6
        && (words[0].equals("MSG") || words[0].equals("HMSG"))
        && size(words) >= 0;
  }

  private static long size(String[] words) {
    String n = words[words.length - 1];
    return n.length() <= 9 && !n.isEmpty() && n.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.parseLong(n)
        : -1;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    return line(in, now, "PUB", "HPUB", "produce");
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    return line(in, now, "MSG", "HMSG", "consume");
  }

  private Step line(StreamBuffer in, long now, String plain, String withHeaders, String operation) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    int eol = in.indexOf('\n', 0, in.available());
    if (eol < 0) {
      boolean info = in.startsWith(0, "INFO ") || in.startsWith(0, "CONNECT ");
      if (in.truncated() || in.available() >= StreamBuffer.LIMIT) {
        if (!info) {
          return Step.WRONG;
        }
        in.takePayload();
      } else if (!info && in.available() >= LONGEST_LINE) {
        return Step.WRONG;
      }
      return Step.MORE;
    }
    String[] words = in.text(0, Math.min(eol, LONGEST_LINE)).strip().split("[ \t]+");
    String verb = words[0];
    if (verb.equals(plain) || verb.equals(withHeaders)) {
      long size = words.length >= 3 ? size(words) : -1;
      if (size < 0 || size > LARGEST) {
        return Step.WRONG;
      }
      requests.reportOneWay(operation, words[1], now, eol + 1 + size + 2);
      in.take(eol + 1 + size + 2);
      return Step.NEXT;
    }
    switch (verb) {
      case "CONNECT", "SUB", "UNSUB", "PING", "PONG", "INFO", "+OK", "-ERR" -> {
        // No message.
      }
      default -> {
        return Step.WRONG;
      }
    }
    in.take(eol + 1L);
    return Step.NEXT;
  }
}
