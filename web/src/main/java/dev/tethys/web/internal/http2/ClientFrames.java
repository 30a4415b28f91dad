package dev.tethys.web.internal.http2;

import dev.tethys.web.internal.FrameBudget;
import dev.tethys.web.internal.HeaderListSizes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Inspects the bytes of a connection before the engine reads them, for events and limits that the
 * engine lacks.
 *
 * <ul>
 *   <li>the start of a request (HEADERS, RFC 9113 section 6.2), its cancellation (RST_STREAM, 6.4),
 *       PING (6.7);
 *   <li>the decoded size of header lists, floods of frames that carry no request;
 *   <li>the padding of DATA, which the engine would take for a part of the body;
 *   <li>the header table size of SETTINGS, lowered in place to the default because the engine keeps
 *       a table of any size;
 *   <li>names of pseudo-header fields that are spelled out, replaced because the engine refuses
 *       them ({@link PseudoHeaderNames}).
 * </ul>
 *
 * Used by the thread that reads the connection.
 *
 * <p>Invariant: {@code skip} bytes are left of the preface or of the current frame's payload, then
 * comes a frame header, of which {@code have} bytes are in {@code header}. The engine receives a
 * HEADERS frame as a whole, because its length may change; it was checked before, like a block that
 * continues in other frames before its last byte.
 */
final class ClientFrames {
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;

  /** Length of the priority fields of a HEADERS frame. */
  private static final int PRIORITY_BYTES = 5;

  /** Largest padding and priority of a HEADERS frame, which do not belong to the header block. */
  private static final int MAX_EXTRA = 1 + 255 + PRIORITY_BYTES;

  private static final int SETTING = 6;
  private static final int HEADER_TABLE_SIZE = 1;

  /** The third byte of a table size of 4096, whose others are 0. */
  private static final int USUAL_TABLE = 0x10;

  private static final int FIRST_BLOCK = 256;

  /** Receives the parsed frames. */
  interface Listener {
    /**
     * Called when the headers of a stream start, either of a request or as trailers.
     *
     * @throws ConnectionViolation if the client has too many requests in progress
     */
    void headers(int stream);

    /** The headers are complete. */
    void headersEnded();

    /** A request was cancelled. */
    void reset(int stream);

    /** The client sends a ping. */
    void pinged();

    /** The client responds to a ping from the server. */
    void replied();

    /** Frames of responses that the client was sent. */
    long answerFrames();
  }

  private final Listener listener;
  private final FrameBudget budget;
  private final int maxHeaderList;
  private final HeaderListSizes sizes = new HeaderListSizes();
  private final byte[] header = new byte[HEADER];
  private int have;
  private int skip = PREFACE.length;
  private int type = -1;

  /** Payload length of the current frame. */
  private int length;

  /** The header block that is being read; empty between blocks. */
  private byte[] block = new byte[0];

  private int blockLength;
  private int blockStream;

  /** Whether the next byte is the padding length of a DATA frame. */
  private boolean padded;

  private int settingsAt;
  private int settingsId;
  private boolean tableTooLarge;

  /**
   * @param maxHeaderList largest decoded size of a header list, in bytes (RFC 9113 section 6.5.2)
   */
  ClientFrames(Listener listener, FrameBudget budget, int maxHeaderList) {
    this.listener = listener;
    this.budget = budget;
    this.maxHeaderList = maxHeaderList;
  }

  /**
   * Inspects {@code n} bytes from an index; none if {@code n} is not above 0. The bytes before it
   * are those withheld of the previous piece.
   *
   * @return the end of the piece after names in it were replaced
   * @throws ConnectionViolation if the connection must end before the engine receives the piece
   */
  int see(byte[] b, int from, int n) {
    int end = from + n;
    int at = from;
    while (at < end) {
      if (skip > 0) {
        int s = Math.min(skip, end - at);
        payload(b, at, s);
        skip -= s;
        at += s;
        if (skip == 0) {
          int shorter = frameEnds(b, at);
          System.arraycopy(b, at, b, at - shorter, end - at);
          at -= shorter;
          end -= shorter;
        }
        continue;
      }
      header[have++] = b[at++];
      if (have == HEADER) {
        have = 0;
        skip = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | header[2] & 0xff;
        length = skip;
        type = header[3];
        begins();
        if (skip == 0) {
          frameEnds(b, at);
        }
      }
    }
    return end;
  }

  /** Number of bytes at the end of the last piece that the engine must not receive yet. */
  int withheld() {
    return have > 0 || type != HEADERS || skip == 0 ? have : HEADER + length - skip;
  }

  private void begins() {
    switch (type) {
      case DATA -> {
        padded = (header[4] & PADDED) != 0 && skip > 0;
        if (!padded) {
          data(skip);
        }
      }
      case HEADERS -> {
        budget.paid();
        blockLength = 0;
        blockStream = stream();
        blockBegins();
        listener.headers(blockStream);
      }
      case CONTINUATION -> {
        blockBegins();
        control();
      }
      case RST_STREAM -> {
        listener.reset(stream());
        if (!budget.takesReset()) {
          throw ConnectionViolation.flood("rapid_reset", "too many streams reset");
        }
      }
      case PING -> {
        if ((header[4] & ACK) == 0) {
          listener.pinged();
        } else {
          listener.replied();
        }
        control();
      }
      case SETTINGS -> {
        settingsAt = 0;
        control();
      }
      case WINDOW_UPDATE -> {
        if (!budget.takesWindowUpdate(listener.answerFrames())) {
          throw ConnectionViolation.flood("window_updates", "too many WINDOW_UPDATE frames");
        }
      }
      default -> control();
    }
  }

  /** A piece of a body; a frame without one is no more than a frame of control. */
  private void data(int length) {
    if (length > 0) {
      budget.paid();
    } else {
      control();
    }
  }

  private void control() {
    if (!budget.takesControl()) {
      throw ConnectionViolation.flood("control_frames", "too many control frames");
    }
  }

  private void blockBegins() {
    if (blockLength + skip > maxHeaderList + MAX_EXTRA) {
      throw ConnectionViolation.headerList(blockStream, 0, maxHeaderList);
    }
  }

  private void payload(byte[] b, int at, int n) {
    if (type == HEADERS || type == CONTINUATION) {
      if (blockLength + n > block.length) {
        block =
            Arrays.copyOf(block, Math.max(blockLength + n, Math.max(FIRST_BLOCK, 2 * blockLength)));
      }
      System.arraycopy(b, at, block, blockLength, n);
      blockLength += n;
    } else if (type == DATA && padded) {
      padded = false;
      if (b[at] != 0) {
        throw ConnectionViolation.paddedData();
      }
      data(skip - 1);
    } else if (type == SETTINGS) {
      for (int i = at; i < at + n; i++) {
        b[i] = setting(b[i]);
      }
    }
  }

  /** The next byte of SETTINGS, with the header table size bounded. */
  private byte setting(byte b) {
    int place = settingsAt++ % SETTING;
    if (place == 0) {
      tableTooLarge = false;
      settingsId = b & 0xff;
    } else if (place == 1) {
      settingsId = settingsId << 8 | b & 0xff;
    } else if (settingsId == HEADER_TABLE_SIZE) {
      if (place < 4) {
        tableTooLarge |= b != 0;
        return 0;
      }
      if (place == 4) {
        tableTooLarge |= (b & 0xff) >= USUAL_TABLE;
        return tableTooLarge ? (byte) USUAL_TABLE : b;
      }
      return tableTooLarge ? 0 : b;
    }
    return b;
  }

  /** Ends a frame before an index; returns by how much it became shorter. */
  private int frameEnds(byte[] b, int end) {
    int shorter = 0;
    if (type == HEADERS) {
      unpad();
      shorter = replaceNames(b, end);
    }
    if ((type == HEADERS || type == CONTINUATION) && (header[4] & END_HEADERS) != 0) {
      check();
      listener.headersEnded();
    }
    return shorter;
  }

  /** Replaces names in a HEADERS frame as the engine receives it. */
  private int replaceNames(byte[] b, int end) {
    int start = end - length - HEADER;
    int from = start + HEADER;
    int to = end;
    if ((header[4] & PADDED) != 0) {
      to -= b[from++] & 0xff;
    }
    if ((header[4] & PRIORITY) != 0) {
      from += PRIORITY_BYTES;
    }
    int shorter = to - PseudoHeaderNames.replace(b, from, to);
    if (shorter > 0) {
      System.arraycopy(b, to, b, to - shorter, end - to);
      int now = length - shorter;
      b[start] = (byte) (now >> 16);
      b[start + 1] = (byte) (now >> 8);
      b[start + 2] = (byte) now;
    }
    return shorter;
  }

  /** Strips padding and priority from a HEADERS frame, leaving its field block. */
  private void unpad() {
    int from = 0;
    int to = blockLength;
    if ((header[4] & PADDED) != 0) {
      from = 1;
      to -= blockLength == 0 ? 0 : block[0] & 0xff;
    }
    if ((header[4] & PRIORITY) != 0) {
      from += PRIORITY_BYTES;
    }
    if (to < from) {
      throw ConnectionViolation.malformedHeaders("a HEADERS frame is shorter than its padding");
    }
    System.arraycopy(block, from, block, 0, to - from);
    blockLength = to - from;
  }

  private void check() {
    long size;
    try {
      size = sizes.of(block, 0, blockLength);
    } catch (HeaderListSizes.MalformedException e) {
      throw ConnectionViolation.malformedHeaders(String.valueOf(e.getMessage()));
    }
    if (size > maxHeaderList) {
      throw ConnectionViolation.headerList(blockStream, size, maxHeaderList);
    }
    blockLength = 0;
  }

  private int stream() {
    return (header[5] & 0x7f) << 24
        | (header[6] & 0xff) << 16
        | (header[7] & 0xff) << 8
        | header[8] & 0xff;
  }
}
