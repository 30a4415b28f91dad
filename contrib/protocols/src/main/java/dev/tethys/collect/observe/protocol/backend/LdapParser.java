package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Pending;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * LDAP 3: requests by the name of their operation, matched to results by message id. Searches have
 * their filter without values; of distinguished names the values of persons and things are omitted.
 * After StartTLS the connection is no longer parsed.
 */
final class LdapParser extends ProtocolParser {
  private static final int SEQUENCE = 0x30;
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int TEXT = 0x04;
  private static final int ENUMERATED = 0x0a;
  private static final int CONTROLS = 0xa0;

  private static final int BIND = 0x60;
  private static final int UNBIND = 0x42;
  private static final int SEARCH = 0x63;
  private static final int ENTRY = 0x64;
  private static final int MODIFY = 0x66;
  private static final int ADD = 0x68;
  private static final int DELETE = 0x4a;
  private static final int RENAME = 0x6c;
  private static final int COMPARE = 0x6e;
  private static final int ABANDON = 0x50;
  private static final int REFERENCE = 0x73;
  private static final int EXTENDED = 0x77;
  private static final int EXTENDED_RESULT = 0x78;
  private static final int INTERMEDIATE = 0x79;

  private static final int LARGEST = 64 << 20;

  /** Bytes of a request that are read: name and filter; of a response: its result. */
  private static final int READ = 1024;

  private static final int READ_OF_ANSWER = 32;
  private static final int LONGEST_OID = 64;
  private static final String START_TLS = "StartTLS";
  private static final String OTHER_EXTENSION = "extended";

  /** Operations by the tag of their request. */
  private static final Map<Integer, String> OPERATIONS =
      Map.of(
          BIND, "bind",
          SEARCH, "search",
          MODIFY, "modify",
          ADD, "add",
          DELETE, "delete",
          RENAME, "modifyDN",
          COMPARE, "compare");

  private static final Map<String, String> EXTENSIONS =
      Map.of(
          "1.3.6.1.4.1.1466.20037", START_TLS,
          "1.3.6.1.4.1.4203.1.11.1", "passwordModify",
          "1.3.6.1.4.1.4203.1.11.3", "whoAmI",
          "1.3.6.1.1.8", "cancel",
          "1.3.6.1.1.21.1", "startTransaction",
          "1.3.6.1.1.21.3", "endTransaction",
          "1.3.6.1.4.1.1466.101.119.1", "refresh");

  LdapParser(Requests requests) {
    super(requests);
  }

  /**
   * Message envelope.
   *
   * @param body index of the operation's content
   * @param end end of it
   * @param size bytes of the message
   */
  private record Message(long id, int tag, int body, long end, long size) {
    /** Message whose visible part is too short. */
    static final Message INCOMPLETE = new Message(-1, 0, 0, 0, 0);

    /** Reads the envelope; returns null if the bytes are not a message. */
    static @Nullable Message read(StreamBuffer in) {
      int n = in.available();
      if (in.u8(0) != SEQUENCE) {
        return null;
      }
      if (n < 2) {
        return INCOMPLETE;
      }
      int size = BerReader.lengthSize(in.u8(1));
      if (size == BerReader.INVALID) {
        return null;
      }
      int id = 1 + size;
      if (n < id + 2) {
        return n > id && in.u8(id) != INTEGER ? null : INCOMPLETE;
      }
      long end = id + BerReader.length(in, 1);
      int digits = in.u8(id + 1);
      int operation = id + 2 + digits;
      if (in.u8(id) != INTEGER || digits < 1 || digits > 4 || end > LARGEST) {
        return null;
      }
      if (operation + 2 > end) {
        return null;
      }
      if (n < operation + 2) {
        return INCOMPLETE;
      }
      size = BerReader.lengthSize(in.u8(operation + 1));
      if (size == BerReader.INVALID || in.u8(id + 2) >= 0x80) {
        return null;
      }
      int body = operation + 1 + size;
      if (n < body) {
        return INCOMPLETE;
      }
      long stop = body + BerReader.length(in, operation + 1);
      if (stop > end || stop < end && stop < n && in.u8((int) stop) != CONTROLS) {
        return null;
      }
      long number = 0;
      for (int i = 0; i < digits; i++) {
        number = number << 8 | in.u8(id + 2 + i);
      }
      return new Message(number, in.u8(operation), body, stop, end);
    }
  }

  static boolean isRequest(StreamBuffer in) {
    Message m = Message.read(in);
    return m != null && m != Message.INCOMPLETE && m.id > 0 && isRequest(in, m);
  }

  /** True if the first fields of a request and of its operation are visible. */
  private static boolean isRequest(StreamBuffer in, Message m) {
    BerReader r = new BerReader(in, m.body, m.end);
    return switch (m.tag) {
      case BIND ->
          r.next(INTEGER)
              && r.length() == 1
              && r.number() >= 1
              && r.number() <= 3
              && r.next(TEXT)
              && r.next()
              && (r.tag() == 0x80 || r.tag() == 0xa3 || r.tag() >= 0x89 && r.tag() <= 0x8b);
      case SEARCH -> r.next(TEXT) && areChoices(r, 2) && areNext(r, INTEGER, INTEGER);
      case MODIFY, ADD, COMPARE -> r.next(TEXT) && r.length() > 0 && r.next(SEQUENCE);
      case RENAME -> areNext(r, TEXT, TEXT) && r.length() > 0 && r.next(BOOLEAN);
      case DELETE -> m.end <= in.available() && LdapNames.isName(in.text(m.body, (int) m.end));
      case EXTENDED -> r.next(0x80) && r.isWhole() && LdapNames.isOid(r.text(LONGEST_OID));
      default -> false;
    };
  }

  /** True for the scope or the use of aliases of a search. */
  private static boolean isChoice(BerReader r) {
    return r.next(ENUMERATED) && r.length() == 1 && r.number() >= 0 && r.number() <= 3;
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    Message m = Message.read(in);
    if (m == null) {
      return Step.WRONG;
    }
    if (m == Message.INCOMPLETE) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (!isRequestTag(m.tag) || m.id == 0) {
      return Step.WRONG;
    }
    if (!in.ready(Math.min(m.size, READ))) {
      return Step.MORE;
    }
    requests.sentAgain();
    if (m.tag == ABANDON) {
      long id = 0;
      for (int i = m.body; i < Math.min(m.end, in.available()); i++) {
        id = id << 8 | in.u8(i);
      }
      requests.abandon(id);
    } else if (m.tag != UNBIND) {
      Pending p = requests.open(m.id, in.startTime());
      p.operation = OPERATIONS.getOrDefault(m.tag, OTHER_EXTENSION);
      p.requestBytes = m.size;
      describe(p, in, m);
    }
    in.take(m.size);
    return Step.NEXT;
  }

  private static boolean isRequestTag(int tag) {
    return OPERATIONS.containsKey(tag) || tag == EXTENDED || tag == UNBIND || tag == ABANDON;
  }

  private static void describe(Pending p, StreamBuffer in, Message m) {
    BerReader r = new BerReader(in, m.body, m.end);
    if (m.tag == DELETE) {
      p.target = LdapNames.name(in.text(m.body, (int) Math.min(m.end, READ)));
    } else if (m.tag == EXTENDED) {
      String oid = r.next(0x80) && r.isWhole() ? r.text(LONGEST_OID) : "";
      p.target = LdapNames.isOid(oid) ? oid : "";
      p.operation = EXTENSIONS.getOrDefault(oid, OTHER_EXTENSION);
    } else if ((m.tag != BIND || r.next(INTEGER)) && r.next(TEXT)) {
      p.target = LdapNames.name(r.text(READ));
      if (m.tag == SEARCH && isAtFilter(r)) {
        p.statement = LdapNames.filter(r);
      }
    }
  }

  /**
   * Passes scope, aliases, both limits and the kind of the response, which are before the filter.
   */
  private static boolean isAtFilter(BerReader r) {
    return areChoices(r, 2) && areNext(r, INTEGER, INTEGER, BOOLEAN) && r.next();
  }

  private static boolean areChoices(BerReader r, int count) {
    for (int i = 0; i < count; i++) {
      if (!isChoice(r)) {
        return false;
      }
    }
    return true;
  }

  private static boolean areNext(BerReader r, int... tags) {
    for (int tag : tags) {
      if (!r.next(tag)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    Message m = Message.read(in);
    if (m == null) {
      return Step.WRONG;
    }
    if (m == Message.INCOMPLETE) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    boolean part = m.tag == ENTRY || m.tag == REFERENCE || m.tag == INTERMEDIATE;
    if (!part && !isResultTag(m.tag)) {
      return Step.WRONG;
    }
    if (!in.ready(Math.min(m.size, READ_OF_ANSWER))) {
      return Step.MORE;
    }
    Pending p = part ? requests.numbered(m.id) : requests.close(m.id);
    if (p != null) {
      p.responseBytes += m.size;
      if (!part && end(p, in, m, now)) {
        return Step.OPAQUE;
      }
    }
    in.take(m.size);
    return Step.NEXT;
  }

  private static boolean isResultTag(int tag) {
    return switch (tag) {
      case 0x61, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, EXTENDED_RESULT -> true;
      default -> false;
    };
  }

  /** Reports a request by its result; returns true if TLS follows. */
  private boolean end(Pending p, StreamBuffer in, Message m, long now) {
    BerReader r = new BerReader(in, m.body, m.end);
    long code = r.next(ENUMERATED) ? r.number() : -1;
    p.status =
        switch ((int) code) {
          case -1 -> Status.UNKNOWN;
          // Results that are not errors by RFC 4511, appendix A.1: compareFalse, compareTrue,
          // referral and saslBindInProgress as well as success.
          case 0, 5, 6, 10, 14 -> Status.OK;
          default -> Status.FAILED;
        };
    p.code = code <= 0 ? "" : Long.toString(code);
    requests.report(p, now);
    return code == 0 && p.operation.equals(START_TLS);
  }

  @Override
  public boolean hasSeveralAnswers() {
    return true;
  }

  @Override
  public void lost(boolean request, long now) {
    if (!request) {
      requests.answerLost(now);
    }
  }

  @Override
  public void flushIdle(long now) {
    requests.quietSince(now);
  }
}
