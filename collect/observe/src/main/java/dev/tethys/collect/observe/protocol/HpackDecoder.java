package dev.tethys.collect.observe.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Header blocks of HTTP/2 (RFC 7541), read from the middle of a connection if need be.
 *
 * <p>Entries of the dynamic table are counted from the newest one, so those added since the capture
 * began are correct although the older ones are unknown. An unknown entry gives no header. Values
 * are kept only for the names that are measured.
 */
final class HpackDecoder {
  private static final int LARGEST_TABLE = 65_536;
  private static final int LONGEST_VALUE = 2048;
  private static final int LONGEST_NAME = 64;
  private static final String[] STATIC = {
    ":authority",
    "",
    ":method",
    "GET",
    ":method",
    "POST",
    ":path",
    "/",
    ":path",
    "/index.html",
    ":scheme",
    "http",
    ":scheme",
    "https",
    ":status",
    "200",
    ":status",
    "204",
    ":status",
    "206",
    ":status",
    "304",
    ":status",
    "400",
    ":status",
    "404",
    ":status",
    "500",
    "accept-charset",
    "",
    "accept-encoding",
    "gzip, deflate",
    "accept-language",
    "",
    "accept-ranges",
    "",
    "accept",
    "",
    "access-control-allow-origin",
    "",
    "age",
    "",
    "allow",
    "",
    "authorization",
    "",
    "cache-control",
    "",
    "content-disposition",
    "",
    "content-encoding",
    "",
    "content-language",
    "",
    "content-length",
    "",
    "content-location",
    "",
    "content-range",
    "",
    "content-type",
    "",
    "cookie",
    "",
    "date",
    "",
    "etag",
    "",
    "expect",
    "",
    "expires",
    "",
    "from",
    "",
    "host",
    "",
    "if-match",
    "",
    "if-modified-since",
    "",
    "if-none-match",
    "",
    "if-range",
    "",
    "if-unmodified-since",
    "",
    "last-modified",
    "",
    "link",
    "",
    "location",
    "",
    "max-forwards",
    "",
    "proxy-authenticate",
    "",
    "proxy-authorization",
    "",
    "range",
    "",
    "referer",
    "",
    "refresh",
    "",
    "retry-after",
    "",
    "server",
    "",
    "set-cookie",
    "",
    "strict-transport-security",
    "",
    "transfer-encoding",
    "",
    "user-agent",
    "",
    "vary",
    "",
    "via",
    "",
    "www-authenticate",
    ""
  };
  private static final int STATIC_ENTRIES = STATIC.length / 2;

  /** Receives a header; name and value are empty if unknown. */
  @FunctionalInterface
  interface Headers {
    void header(String name, String value);
  }

  private record Entry(String name, String value, int size) {}

  private static final Entry GONE = new Entry("", "", 0);

  /** Bytes of an entry in memory in addition to the size defined by the protocol. */
  private static final int ENTRY = 64;

  private final List<Entry> table = new ArrayList<>(); // the newest one last

  /** Entries at the start of the table that count no more. */
  private int evicted;

  private int tableSize;
  private int tableLimit = 4096;
  private byte[] in = {};
  private int at;
  private int end;

  /** Reads a block; returns false if it is malformed or ends within a header. */
  boolean decode(byte[] block, int from, int to, Headers headers) {
    in = block;
    at = from;
    end = to;
    try {
      while (at < end) {
        if (!field(headers)) {
          return false;
        }
      }
      return true;
    } finally {
      in = new byte[0];
    }
  }

  /** Clears the table, after a missed block: entries added from now on are correct again. */
  void forget() {
    table.clear();
    evicted = 0;
    tableSize = 0;
  }

  /** Bytes of the table in memory, about. */
  int retained() {
    return tableSize + ENTRY * (table.size() - evicted);
  }

  private boolean field(Headers headers) {
    int b = in[at] & 0xff;
    if (b >= 0x80) {
      int index = number(7);
      if (index <= 0) {
        return false;
      }
      headers.header(name(index), value(index));
      return true;
    }
    if (b >= 0x20 && b < 0x40) {
      int limit = number(5);
      if (limit < 0) {
        return false;
      }
      tableLimit = Math.min(limit, LARGEST_TABLE);
      evict(0);
      return true;
    }
    boolean indexed = b >= 0x40;
    int index = number(indexed ? 6 : 4);
    if (index < 0) {
      return false;
    }
    int nameSize;
    String name;
    if (index == 0) {
      int before = at;
      String literal = string(LONGEST_NAME);
      if (literal == null) {
        return false;
      }
      name = literal;
      nameSize = Math.max(literal.length(), (at - before) / 2);
    } else {
      name = name(index);
      nameSize = name.length();
    }
    int before = at;
    String value = string(kept(name) ? LONGEST_VALUE : 0);
    if (value == null) {
      return false;
    }
    headers.header(name, value);
    if (indexed) {
      int size = 32 + nameSize + Math.max(value.length(), at - before - 1);
      evict(size);
      if (size <= tableLimit) {
        table.add(new Entry(name, value, size));
        tableSize += size;
      }
    }
    return true;
  }

  private static boolean kept(String name) {
    return name.startsWith(":")
        || name.equals("grpc-status")
        || name.equals("content-type")
        || name.equals("traceparent");
  }

  private void evict(int room) {
    while (evicted < table.size() && tableSize + room > tableLimit) {
      tableSize -= table.get(evicted).size;
      table.set(evicted++, GONE);
    }
    if (evicted > table.size() / 2) { // moved seldom: a block may evict thousands
      table.subList(0, evicted).clear();
      evicted = 0;
    }
  }

  private @Nullable Entry entry(int index) {
    int i = table.size() - (index - STATIC_ENTRIES);
    return i >= evicted && i < table.size() ? table.get(i) : null;
  }

  private String name(int index) {
    if (index <= STATIC_ENTRIES) {
      return STATIC[2 * index - 2];
    }
    Entry e = entry(index);
    return e == null ? "" : e.name;
  }

  private String value(int index) {
    if (index <= STATIC_ENTRIES) {
      return STATIC[2 * index - 1];
    }
    Entry e = entry(index);
    return e == null ? "" : e.value;
  }

  /** Number with a prefix of some bits, or -1. */
  private int number(int prefix) {
    if (at >= end) {
      return -1;
    }
    int mask = (1 << prefix) - 1;
    int n = in[at++] & mask;
    if (n < mask) {
      return n;
    }
    for (int shift = 0; shift <= 21; shift += 7) {
      if (at >= end) {
        return -1;
      }
      int b = in[at++] & 0xff;
      n += (b & 0x7f) << shift;
      if (b < 0x80) {
        return n;
      }
    }
    return -1;
  }

  /** A string with at most {@code longest} bytes kept; null if the block ends first. */
  private @Nullable String string(int longest) {
    if (at >= end) {
      return null;
    }
    boolean huffman = in[at] < 0;
    int n = number(7);
    if (n < 0 || n > end - at) {
      return null;
    }
    int from = at;
    at += n;
    if (longest == 0) {
      return "";
    }
    return huffman
        ? Huffman.decode(in, from, at, longest)
        : new String(in, from, Math.min(n, longest), StandardCharsets.UTF_8);
  }
}
