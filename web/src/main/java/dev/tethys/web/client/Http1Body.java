package dev.tethys.web.client;

import dev.tethys.model.log.LogText;
import java.io.IOException;

/** Body of a response, or part of one, with a known length or up to the end of the connection. */
class Http1Body {
  static final long TO_THE_END = Long.MAX_VALUE;

  final Http1Reader in;
  long remaining;

  Http1Body(Http1Reader in, long length) {
    this.in = in;
    this.remaining = length;
  }

  /**
   * Body of the length that a header names.
   *
   * @throws IOException if it is malformed
   */
  static Http1Body ofLength(Http1Reader in, String s) throws IOException {
    try {
      long n = Long.parseLong(s.strip());
      if (n >= 0) {
        return new Http1Body(in, n);
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw new IOException("malformed Content-Length \"" + LogText.cut(s, Http1Reader.SHOWN) + "\"");
  }

  /** Starts the next chunk once the current one is read; false at the end. */
  boolean next() throws IOException {
    return false;
  }

  /** Whether the rest of it was read ahead. */
  boolean isBuffered() {
    return remaining <= in.buffered();
  }

  int read(byte[] b, int offset, int length) throws IOException {
    if (remaining <= 0 && !next()) {
      return -1;
    }
    int n = in.read(b, offset, (int) Math.min(length, remaining));
    if (n < 0) {
      if (remaining == TO_THE_END) {
        remaining = 0;
        return -1;
      }
      throw new IOException("unexpected EOF");
    }
    if (remaining != TO_THE_END) {
      remaining -= n;
    }
    return n;
  }

  /** A body in chunks; trailers are read past. */
  static final class Chunked extends Http1Body {
    private boolean first = true;
    private boolean ended;

    Chunked(Http1Reader in) {
      super(in, 0);
    }

    @Override
    boolean isBuffered() {
      return ended;
    }

    @Override
    boolean next() throws IOException {
      if (ended) {
        return false;
      }
      if (!first && !in.line().isEmpty()) {
        throw new IOException("malformed chunked encoding");
      }
      first = false;
      String size = in.line();
      int semi = size.indexOf(';');
      try {
        remaining = Long.parseLong((semi < 0 ? size : size.substring(0, semi)).strip(), 16);
      } catch (NumberFormatException e) {
        throw new IOException("malformed chunked encoding", e);
      }
      if (remaining < 0 || remaining == TO_THE_END) {
        throw new IOException("malformed chunked encoding");
      }
      if (remaining == 0) {
        ended = true;
        in.headers();
      }
      return !ended;
    }
  }
}
