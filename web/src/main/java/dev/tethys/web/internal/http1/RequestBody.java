package dev.tethys.web.internal.http1;

import dev.tethys.web.HttpException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * The body of an HTTP/1 request: of the declared length, or chunks, by RFC 9112, 6 and 7. Chunk
 * extensions and trailers are skipped.
 */
final class RequestBody extends InputStream {
  private static final int MAX_LINE = 4 << 10; // the size of a chunk with extensions, a trailer
  private static final int MAX_TRAILERS = 64;

  private final SocketInput in;
  private final boolean chunked;
  private final Runnable wanted;

  /** Of the body, or of the chunk that is being read. */
  private long remaining;

  private boolean begun;
  private boolean ended;

  /** After a malformed chunk the start of the next request is unknown. */
  private boolean malformed;

  /**
   * A body that has not been read yet.
   *
   * @param length length in bytes, or -1 for chunked bodies
   * @param wanted run before the wait for the first byte
   */
  RequestBody(SocketInput in, long length, Runnable wanted) {
    this.in = in;
    this.chunked = length < 0;
    this.remaining = Math.max(0, length);
    this.ended = length == 0;
    this.wanted = wanted;
  }

  /** Whether its last byte was read. */
  boolean isEnded() {
    return ended;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (ended) {
      return -1;
    }
    if (length == 0) {
      return 0;
    }
    if (!begun) {
      begun = true;
      wanted.run();
    }
    if (chunked && remaining == 0) {
      remaining = nextChunk();
      if (remaining == 0) {
        trailers();
        ended = true;
        return -1;
      }
    }
    int n = in.read(into, offset, (int) Math.min(length, remaining));
    if (n < 0) {
      throw new EOFException("the connection ended within the body of a request");
    }
    remaining -= n;
    if (remaining == 0) {
      if (chunked) {
        lineEnd();
      } else {
        ended = true;
      }
    }
    return n;
  }

  private HttpException bad(String reason) {
    malformed = true;
    return new HttpException(400, "Bad Request: " + reason);
  }

  private long nextChunk() throws IOException {
    if (malformed) {
      throw new IOException("the body was already malformed");
    }
    int end = line();
    long size = 0;
    int i = 0;
    for (; i < end; i++) {
      int digit = Character.digit(in.at(i), 16);
      if (digit < 0) {
        break;
      }
      if (i == 15) {
        throw bad("a chunk of the body is too long");
      }
      size = size << 4 | digit;
    }
    boolean extended = i < end && (in.at(i) == ';' || in.at(i) == ' ' || in.at(i) == '\t');
    if (i == 0 || i < end && !extended) {
      throw bad("a chunk of the body has no length");
    }
    in.skip(end + 2);
    return size;
  }

  /** Skips the trailers and the empty line after the last chunk. */
  private void trailers() throws IOException {
    for (int i = 0; i <= MAX_TRAILERS; i++) {
      int end = line();
      in.skip(end + 2);
      if (end == 0) {
        return;
      }
    }
    throw bad("the body has too many trailers");
  }

  private void lineEnd() throws IOException {
    if (line() != 0) {
      throw bad("a chunk of the body is longer than declared");
    }
    in.skip(2);
  }

  /** The length of the next line, without the CR and LF at its end. */
  private int line() throws IOException {
    int from = 0;
    while (true) {
      int n = Math.min(in.available(), MAX_LINE);
      int found = in.find((byte) '\n', from, n);
      if (found == 0 || found > 0 && in.at(found - 1) != '\r') {
        throw bad("a line between chunks does not end with CR and LF");
      }
      if (found > 0) {
        return found - 1;
      }
      if (n == MAX_LINE) {
        throw bad("a line between chunks is too long");
      }
      from = n;
      if (!in.pull()) {
        throw new EOFException("the connection ended within the body of a request");
      }
    }
  }
}
