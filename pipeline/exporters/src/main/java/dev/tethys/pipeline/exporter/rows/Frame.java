package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Framing of the rows of a request, before compression. */
public sealed interface Frame {
  /** The request with some rows, one behind the other as they were written. */
  byte[] wrap(byte[] rows);

  /**
   * The rows of a request; the opposite of {@link #wrap}.
   *
   * @throws CodecException when it is not such a request
   */
  byte[] unwrap(byte[] request);

  /**
   * Where a row ends that begins at an offset; beyond the array when it is cut off.
   *
   * @throws CodecException when none begins there
   */
  int end(byte[] rows, int from);

  /** How many bytes at the end of a row only end it. */
  int trailer();

  private static int lineEnd(byte[] rows, int from) {
    int at = from;
    while (at < rows.length && rows[at] != '\n') {
      at++;
    }
    return at + 1;
  }

  /**
   * Lines of text.
   *
   * @param each lines of one row: 1, or 2 where an action stands before each document
   */
  record Lines(int each) implements Frame {
    @Override
    public byte[] wrap(byte[] rows) {
      return rows;
    }

    @Override
    public byte[] unwrap(byte[] request) {
      return request;
    }

    @Override
    public int end(byte[] rows, int from) {
      int at = from;
      for (int line = 0; line < each; line++) {
        at = lineEnd(rows, at);
      }
      return at;
    }

    @Override
    public int trailer() {
      return 1;
    }
  }

  /**
   * Lines of InfluxDB's protocol, each a row: behind the first space stand fields, and a line feed
   * within their quotes ends nothing.
   */
  record FieldLines() implements Frame {
    @Override
    public byte[] wrap(byte[] rows) {
      return rows;
    }

    @Override
    public byte[] unwrap(byte[] request) {
      return request;
    }

    @Override
    public int end(byte[] rows, int from) {
      boolean fields = false;
      boolean quoted = false;
      for (int at = from; at < rows.length; at++) {
        switch (rows[at]) {
          case '\\' -> at++;
          case ' ' -> fields = true;
          case '"' -> quoted ^= fields;
          case '\n' -> {
            if (!quoted) {
              return at + 1;
            }
          }
          default -> {}
        }
      }
      return rows.length + 1;
    }

    @Override
    public int trailer() {
      return 1;
    }
  }

  /**
   * Elements of a JSON list, one per line. Commas are at ends of lines, and JSON has no line feeds within strings, so lines are found again without parsing.
   *
   * @param before the request up to the list's bracket, as {@code {"series":[}
   * @param after the request from the closing bracket on
   */
  record JsonList(String before, String after) implements Frame {
    /** A request that is a list. */
    public static final JsonList PLAIN = new JsonList("[", "]");

    @Override
    public byte[] wrap(byte[] rows) {
      int lines = 0;
      for (byte b : rows) {
        lines += b == '\n' ? 1 : 0;
      }
      byte[] head = (before + "\n").getBytes(StandardCharsets.UTF_8);
      byte[] tail = after.getBytes(StandardCharsets.UTF_8);
      byte[] out =
          Arrays.copyOf(head, head.length + rows.length + Math.max(0, lines - 1) + tail.length);
      int at = head.length;
      for (int i = 0; i < rows.length; i++) {
        if (rows[i] == '\n' && i + 1 < rows.length) {
          out[at++] = ',';
        }
        out[at++] = rows[i];
      }
      System.arraycopy(tail, 0, out, at, tail.length);
      return out;
    }

    @Override
    public byte[] unwrap(byte[] request) {
      byte[] head = (before + "\n").getBytes(StandardCharsets.UTF_8);
      byte[] tail = after.getBytes(StandardCharsets.UTF_8);
      int from = head.length;
      int to = request.length - tail.length;
      if (to < from
          || !Arrays.equals(request, 0, from, head, 0, from)
          || !Arrays.equals(request, to, request.length, tail, 0, tail.length)) {
        throw new CodecException("the request is not a list as it was written here");
      }
      byte[] out = new byte[to - from];
      int n = 0;
      for (int i = from; i < to; i++) {
        if (request[i] != ',' || i + 1 >= to || request[i + 1] != '\n') {
          out[n++] = request[i];
        }
      }
      return Arrays.copyOf(out, n);
    }

    @Override
    public int end(byte[] rows, int from) {
      return lineEnd(rows, from);
    }

    @Override
    public int trailer() {
      return 1;
    }
  }

  /**
   * Elements of one repeated field of a protobuf message, whose other fields are always the same.
   *
   * @param others these fields as bytes, a character each
   */
  record Messages(String others) implements Frame {
    /** A message that has nothing else. */
    public Messages() {
      this("");
    }

    @Override
    public byte[] wrap(byte[] rows) {
      byte[] tail = others.getBytes(StandardCharsets.ISO_8859_1);
      byte[] out = Arrays.copyOf(rows, rows.length + tail.length);
      System.arraycopy(tail, 0, out, rows.length, tail.length);
      return out;
    }

    @Override
    public byte[] unwrap(byte[] request) {
      int n = request.length - others.length();
      if (n < 0
          || !new String(request, n, others.length(), StandardCharsets.ISO_8859_1).equals(others)) {
        throw new CodecException("the request does not end as it was written here");
      }
      return Arrays.copyOf(request, n);
    }

    @Override
    public int end(byte[] rows, int from) {
      int at = from;
      long[] read = new long[2]; // the tag, the length
      for (int i = 0; i < read.length; i++) {
        int shift = 0;
        do {
          if (at >= rows.length || shift > 35) {
            throw new CodecException("the request has other rows than it says");
          }
          read[i] |= (rows[at] & 0x7fL) << shift;
          shift += 7;
        } while (rows[at++] < 0);
      }
      if ((read[0] & 7) != ProtoReader.LENGTH || read[1] > rows.length - at) {
        throw new CodecException("the request has other rows than it says");
      }
      return at + (int) read[1];
    }

    @Override
    public int trailer() {
      return 0;
    }
  }
}
