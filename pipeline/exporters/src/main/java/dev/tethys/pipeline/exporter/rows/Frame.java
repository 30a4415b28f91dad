package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Framing of request rows before compression. */
public sealed interface Frame {
  /** Frames rows, concatenated as written, as a request. */
  byte[] wrap(byte[] rows);

  /**
   * Extracts the rows of a request; the inverse of {@link #wrap}.
   *
   * @throws CodecException if it is not such a request
   */
  byte[] unwrap(byte[] request);

  /**
   * Returns the end of the row that starts at an offset; beyond the array if it is truncated.
   *
   * @throws CodecException if no row starts there
   */
  int end(byte[] rows, int from);

  /** Returns the number of bytes at the end of a row that only terminate it. */
  int trailer();

  private static int lineEnd(byte[] rows, int from) {
    int at = from;
    while (at < rows.length && rows[at] != '\n') {
      at++;
    }
    return at + 1;
  }

  /**
   * Newline-delimited text.
   *
   * @param each lines per row: 1, or 2 if an action precedes each document
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
   * Lines of InfluxDB's protocol, one per row. Fields follow the first unescaped space, and a line
   * feed inside their quotes does not end the row.
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
        throw new CodecException("the request is not a list in the stored format");
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
   * Elements of one repeated field of a protobuf message whose other fields are constant.
   *
   * @param others these fields as bytes, one character each
   */
  record Messages(String others) implements Frame {
    /** Creates messages without other fields. */
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
        throw new CodecException("the request does not end in the stored format");
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
            throw new CodecException("the rows of the request do not match its header");
          }
          read[i] |= (rows[at] & 0x7fL) << shift;
          shift += 7;
        } while (rows[at++] < 0);
      }
      if ((read[0] & 7) != ProtoReader.LENGTH || read[1] > rows.length - at) {
        throw new CodecException("the rows of the request do not match its header");
      }
      return at + (int) read[1];
    }

    @Override
    public int trailer() {
      return 0;
    }
  }
}
