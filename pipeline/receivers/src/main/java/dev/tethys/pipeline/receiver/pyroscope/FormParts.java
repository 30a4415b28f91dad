package dev.tethys.pipeline.receiver.pyroscope;

import dev.tethys.codec.CodecException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parts of a body {@code multipart/form-data} by their names. Source: RFC 7578, RFC 2046. */
final class FormParts {
  private static final Pattern BOUNDARY =
      Pattern.compile("boundary=(?:\"([^\"]+)\"|([^;\\s]+))", Pattern.CASE_INSENSITIVE);
  private static final Pattern NAME = Pattern.compile(";\\s*name=\"([^\"]*)\"");
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private FormParts() {}

  static boolean isForm(String contentType) {
    return contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data");
  }

  /**
   * Splits a body into parts.
   *
   * @throws CodecException if it does not match its type
   */
  static Map<String, byte[]> read(String contentType, byte[] body) {
    Matcher m = BOUNDARY.matcher(contentType);
    if (!m.find()) {
      throw new CodecException("a form without a boundary: " + contentType);
    }
    String boundary = m.group(1) != null ? m.group(1) : m.group(2);
    byte[] first = ("--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    byte[] next = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    Map<String, byte[]> parts = new LinkedHashMap<>();
    int at = find(body, first, 0);
    while (at >= 0) {
      at += at == 0 || body[at] == '-' ? first.length : next.length;
      if (at + 1 < body.length && body[at] == '-' && body[at + 1] == '-') {
        return parts;
      }
      int head = find(body, HEAD_END, at);
      int end = head < 0 ? -1 : find(body, next, head + HEAD_END.length - 2);
      if (end < 0) {
        break;
      }
      Matcher name = NAME.matcher(new String(body, at, head - at, StandardCharsets.UTF_8));
      if (name.find()) {
        int from = head + HEAD_END.length;
        parts.put(name.group(1), Arrays.copyOfRange(body, from, Math.max(from, end)));
      }
      at = end;
    }
    throw new CodecException("a form without an end");
  }

  private static int find(byte[] in, byte[] what, int from) {
    for (int i = from; i <= in.length - what.length; i++) {
      if (in[i] == what[0] && Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
        return i;
      }
    }
    return -1;
  }
}
