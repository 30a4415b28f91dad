package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AMQP 1.0: messages transferred in both directions, which have no response. A message in several
 * frames is counted once. Addresses come from the attachment of its link.
 */
final class Amqp1Parser extends ProtocolParser {
  private static final int HEADER = 8;
  private static final int READ = 512;
  private static final int LARGEST = 64 << 20;
  private static final int AMQP = 0;
  private static final int SASL = 1;
  private static final int OPEN = 0x10;
  private static final int ATTACH = 0x12;
  private static final int TRANSFER = 0x14;
  private static final int DETACH = 0x16;
  private static final int CLOSE = 0x18;
  private static final int SMALL_NUMBER = 0x53;
  private static final int MOST_LINKS = 256;
  private static final int LONGEST_ADDRESS = 255;

  /** Fields of attach and transfer by their place. */
  private static final int ROLE = 2;

  private static final int SOURCE = 5;
  private static final int TARGET = 6;
  private static final int MORE = 5;

  /** One end of the connection, with its sending links. */
  private static final class Side {
    final boolean client;
    final Map<Long, Link> links = new LinkedHashMap<>();
    int bytes;

    Side(boolean client) {
      this.client = client;
    }

    Link link(long id) {
      return links.computeIfAbsent(id, _ -> new Link());
    }

    void address(long id, String address) {
      Link l = link(id);
      bytes += address.length() - l.address.length();
      l.address = address;
      l.open = false;
      if (links.size() > MOST_LINKS) {
        remove(links.keySet().iterator().next());
      }
    }

    void remove(long id) {
      Link l = links.remove(id);
      bytes -= l == null ? 0 : l.address.length();
    }

    int retained() {
      return bytes + 96 * links.size();
    }
  }

  private static final class Link {
    String address = "";

    /** True within a message of several frames. */
    boolean open;
  }

  private final Side client = new Side(true);
  private final Side server = new Side(false);

  Amqp1Parser(Requests requests) {
    super(requests);
  }

  static boolean isRequest(StreamBuffer in) {
    return in.startsWith(0, "AMQP\0\1\0\0") || in.startsWith(0, "AMQP\3\1\0\0") || isFrame(in);
  }

  /** True for a frame with one of the nine performatives. */
  static boolean isFrame(StreamBuffer in) {
    return in.available() >= HEADER + 4
        && in.i32(0) >= HEADER + 4
        && in.i32(0) <= LARGEST
        && in.u16(4) == (2 << 8 | AMQP)
        && in.u8(8) == 0
        && in.u8(9) == SMALL_NUMBER
        && in.u8(10) >= OPEN
        && in.u8(10) <= CLOSE
        && (in.u8(11) == 0xc0 || in.u8(11) == 0xd0 || in.u8(11) == 0x45);
  }

  @Override
  public Step request(StreamBuffer in, long now) {
    return frame(client, in, now);
  }

  @Override
  public Step response(StreamBuffer in, long now) {
    return frame(server, in, now);
  }

  private Step frame(Side side, StreamBuffer in, long now) {
    if (in.available() == 0) {
      return Step.MORE;
    }
    if (in.available() < HEADER) {
      return in.truncated() ? Step.WRONG : Step.MORE;
    }
    if (in.u8(0) == 'A') {
      if (!in.startsWith(0, "AMQP")) {
        return Step.WRONG;
      }
      if (in.u8(4) == 2) {
        return Step.OPAQUE; // TLS from here on
      }
      in.take(HEADER);
      return Step.NEXT;
    }
    int size = in.i32(0);
    int offset = 4 * in.u8(4);
    int type = in.u8(5);
    if (size < HEADER || size > LARGEST || offset < HEADER || offset > size || type > SASL) {
      return Step.WRONG;
    }
    if (!in.ready(Math.min(size, READ))) {
      return Step.MORE;
    }
    if (type == AMQP && size > offset) {
      performative(side, in, offset, size, now);
    }
    in.take(size);
    return Step.NEXT;
  }

  private void performative(Side side, StreamBuffer in, int offset, int size, long now) {
    Fields f = new Fields(in, offset, Math.min(size, in.available()));
    int code = f.performative();
    long channel = (long) in.u16(6) << 32;
    switch (code) {
      case ATTACH -> {
        f.next(); // name
        long link = channel | f.number();
        boolean receives = f.at(ROLE) && f.truth();
        if (!receives && f.at(side.client ? TARGET : SOURCE)) {
          side.address(link, f.address());
        }
      }
      case TRANSFER -> {
        long id = channel | f.number();
        Link known = side.links.get(id);
        boolean more = f.at(MORE) && f.truth();
        if (known == null || !known.open) {
          requests.reportOneWay(
              side.client ? "produce" : "consume", known == null ? "" : known.address, now, size);
        }
        if (known == null && more && side.links.size() < MOST_LINKS) {
          known = side.link(id);
        }
        if (known != null) {
          known.open = more;
        }
      }
      case DETACH -> side.remove(channel | f.number());
      default -> {
        // no message data
      }
    }
  }

  @Override
  public int retained() {
    return client.retained() + server.retained();
  }

  @Override
  public void forget() {
    for (Side s : new Side[] {client, server}) {
      s.links.clear();
      s.bytes = 0;
    }
  }

  /** Fields of a performative, in their order. */
  private static final class Fields {
    private final StreamBuffer in;
    private final int end;
    private int at;
    private int field;
    private int count;

    Fields(StreamBuffer in, int at, int end) {
      this.in = in;
      this.at = at;
      this.end = end;
    }

    /** Returns the code of the performative; 0 if none. */
    int performative() {
      if (at + 4 > end || in.u8(at) != 0) {
        return 0;
      }
      at++;
      int code = (int) number();
      field = 0;
      enterList();
      return code;
    }

    private void enterList() {
      int kind = at < end ? in.u8(at) : 0;
      count = 0;
      if (kind == 0xc0 && at + 3 <= end) {
        count = in.u8(at + 2);
        at += 3;
      } else if (kind == 0xd0 && at + 9 <= end) {
        count = in.i32(at + 5);
        at += 9;
      }
    }

    /** Moves to a field; false if it does not exist. */
    boolean at(int wanted) {
      while (field < wanted && field < count && at < end) {
        next();
      }
      return field == wanted && field < count && at < end;
    }

    void next() {
      skip();
      field++;
    }

    private void skip() {
      if (at >= end) {
        return;
      }
      int kind = in.u8(at++);
      if (kind == 0) { // a description, then the value
        skip();
        skip();
        return;
      }
      long n =
          switch (kind >> 4) {
            case 4 -> 0;
            case 5 -> 1;
            case 6 -> 2;
            case 7 -> 4;
            case 8 -> 8;
            case 9 -> 16;
            case 0xa, 0xc, 0xe -> at < end ? 1L + in.u8(at) : end;
            default -> at + 4 <= end ? 4L + (in.i32(at) & 0xffff_ffffL) : end;
          };
      at = (int) Math.min(end, at + n);
    }

    /** Reads a field that is a number. */
    long number() {
      int from = at;
      next();
      int kind = from < end ? in.u8(from) : 0;
      return switch (kind) {
        case 0x52, SMALL_NUMBER -> from + 2 <= end ? in.u8(from + 1) : 0;
        case 0x70 -> from + 5 <= end ? in.i32(from + 1) & 0xffff_ffffL : 0;
        case 0x80 -> from + 9 <= end ? in.i64(from + 1) : 0;
        default -> 0;
      };
    }

    boolean truth() {
      int kind = in.u8(at);
      return kind == 0x41 || kind == 0x56 && at + 2 <= end && in.u8(at + 1) == 1;
    }

    /** Address of a source or target: the first field of its description. */
    String address() {
      if (in.u8(at) != 0) {
        return "";
      }
      at++;
      skip(); // what it is
      enterList();
      if (count == 0 || at + 2 > end) {
        return "";
      }
      int kind = in.u8(at);
      if (kind == 0xa1) {
        return in.text(at + 2, Math.min(end, at + 2 + in.u8(at + 1)));
      }
      if (kind == 0xb1 && at + 5 <= end) {
        int n = (int) Math.min(LONGEST_ADDRESS, in.i32(at + 1) & 0xffff_ffffL);
        return in.text(at + 5, Math.min(end, at + 5 + n));
      }
      return "";
    }
  }
}
