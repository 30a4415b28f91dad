package dev.tethys.web.internal.http1;

import dev.tethys.web.HttpException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first line and the headers of a request of HTTP/1, by RFC 9112, in an array that the requests
 * of a connection share. Strings are created only when requested.
 *
 * <p>Ambiguous requests are rejected: folded headers, blanks before a colon, a carriage return
 * within a line, several lengths, a length together with chunks. A line may end with only LF, as in
 * Go.
 */
final class RequestHead {
  private static final int USUAL_BYTES = 4 << 10; // larger arrays are not kept
  private static final int MAX_EMPTY_LINES = 4; // before a request

  /** First byte of a TLS connection, RFC 8446, 5.1: such a client waits for a response. */
  private static final byte TLS_HANDSHAKE = 0x16;

  private static final boolean[] TOKEN = new boolean[128];
  private static final boolean[] HOST = new boolean[128];

  static {
    for (char c = '0'; c <= 'z'; c++) {
      TOKEN[c] = c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a';
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
    System.arraycopy(TOKEN, 0, HOST, 0, HOST.length);
    for (char c : "()+,:;=@[]".toCharArray()) {
      HOST[c] = true;
    }
    HOST['#'] = false;
    HOST['^'] = false;
    HOST['`'] = false;
    HOST['|'] = false;
  }

  private final int maxLine;
  private final int maxHeaders;
  private byte[] bytes = new byte[512];
  private int length;

  /** Start and end of name and value of each header. */
  private int[] marks = new int[4 * 16];

  private int count;
  private String method = "";
  private String target = "";
  private String authority = "";
  private boolean old;
  private long contentLength;
  private boolean chunked;
  private boolean clear;

  /** Range of the digits of Content-Length if it is given once; otherwise 0 and 0. */
  private int lengthFrom;

  private int lengthTo;

  /** Whether the current fields belong to a head that was read completely. */
  private boolean known;

  /**
   * For the requests of one connection.
   *
   * @param maxLine the longest first line, in bytes
   * @param maxHeaders the most that all headers may take, in bytes
   */
  RequestHead(int maxLine, int maxHeaders) {
    this.maxLine = maxLine;
    this.maxHeaders = maxHeaders;
  }

  /**
   * Reads the head of the next request.
   *
   * @return false if the connection ended before the head was complete
   * @throws HttpException if the request is invalid or too long
   */
  boolean read(SocketInput in) {
    if (!skipEmptyLines(in)) {
      return false;
    }
    if (known && isAgain(in)) {
      return true;
    }
    known = false;
    if (bytes.length > USUAL_BYTES) {
      bytes = new byte[USUAL_BYTES];
    }
    int line = lineEnd(in, 0, maxLine, 414, "the first line of the request is longer");
    if (line < 0) {
      return false;
    }
    int end = line;
    int from = line;
    while (true) {
      int most = maxHeaders - (from - line);
      end = lineEnd(in, from, most, 431, "the headers of the request are larger");
      if (end < 0) {
        return false;
      }
      if (end - from == 1 || end - from == 2 && in.at(from) == '\r') {
        break;
      }
      from = end;
    }
    length = end;
    if (bytes.length < length) {
      bytes = new byte[Math.max(length, Math.min(USUAL_BYTES, 2 * length))];
    }
    in.peek(bytes, length);
    in.skip(length);
    firstLine(trimmed(line));
    headers(line);
    measure();
    host();
    known = true;
    return true;
  }

  /**
   * Whether the next head equals the last one except for digits of its length, as for most requests
   * of a sender: it then needs no parsing.
   */
  private boolean isAgain(SocketInput in) {
    if (!in.startsWith(bytes, 0, lengthFrom) || !in.startsWith(bytes, lengthTo, length)) {
      return false;
    }
    in.peek(bytes, length);
    if (lengthTo > 0) {
      contentLength = digits(lengthFrom, lengthTo);
      if (contentLength < 0) {
        return false;
      }
    }
    in.skip(length);
    return true;
  }

  private static boolean skipEmptyLines(SocketInput in) {
    int skipped = 0;
    while (true) {
      if (in.available() == 0 && !in.pull()) {
        return false;
      }
      byte b = in.at(0);
      if (b == TLS_HANDSHAKE) {
        throw bad("TLS on a port of plain HTTP");
      }
      if (b != '\r' && b != '\n') {
        return true;
      }
      if (++skipped > 2 * MAX_EMPTY_LINES) {
        throw bad("no request, only empty lines");
      }
      in.skip(1);
    }
  }

  /** The offset after the LF that ends a line; -1 when the connection ended before. */
  private static int lineEnd(SocketInput in, int from, int most, int status, String what) {
    int i = from;
    while (true) {
      int n = Math.min(in.available(), from + most);
      int found = in.find((byte) '\n', i, n);
      if (found >= 0) {
        return found + 1;
      }
      i = Math.max(i, n);
      if (i - from >= most) {
        throw new HttpException(status, what + " than the server takes");
      }
      if (!in.pull()) {
        return -1;
      }
    }
  }

  private static HttpException bad(String reason) {
    return new HttpException(400, "Bad Request: " + reason);
  }

  /** End of a line without its CR and LF, given the offset after them. */
  private int trimmed(int after) {
    int end = after - 1;
    return end > 0 && bytes[end - 1] == '\r' ? end - 1 : end;
  }

  private void firstLine(int end) {
    int first = space(0, end);
    int second = space(first + 1, end);
    if (first <= 0 || second <= first + 1 || space(second + 1, end) < end) {
      throw bad("the first line is not a method, a path and a version of HTTP");
    }
    for (int i = 0; i < first; i++) {
      if (bytes[i] < 0 || !TOKEN[bytes[i]]) {
        throw bad("the method is malformed");
      }
    }
    version(second + 1, end);
    for (int i = first + 1; i < second; i++) {
      if (bytes[i] >= 0 && bytes[i] <= ' ' || bytes[i] == 0x7f) {
        throw bad("the path holds a control character");
      }
    }
    method = same(method, 0, first) ? method : string(0, first);
    authority = "";
    int path = first + 1;
    if (bytes[path] == '/') {
      target = same(target, path, second) ? target : string(path, second);
    } else if (second - path == 1 && bytes[path] == '*') {
      target = "*";
    } else {
      absolute(string(path, second));
    }
  }

  private int space(int from, int end) {
    int i = from;
    while (i < end && bytes[i] != ' ') {
      i++;
    }
    return i;
  }

  private void version(int from, int end) {
    if (end - from != 8 || !string(from, end).startsWith("HTTP/")) {
      throw bad("the first line does not end with a version of HTTP");
    }
    old = bytes[from + 7] == '0';
    if (bytes[from + 5] != '1' || bytes[from + 6] != '.' || !old && bytes[from + 7] != '1') {
      throw new HttpException(505, "only HTTP/1.1 and HTTP/2 are supported");
    }
  }

  /** Parses an absolute URL, as clients send it to proxies and any server must accept it. */
  private void absolute(String url) {
    int scheme = url.indexOf("://");
    if (!url.regionMatches(true, 0, "http", 0, 4) || scheme < 4 || scheme > 5) {
      throw bad("the path does not start with a slash");
    }
    int slash = scheme + 3;
    while (slash < url.length() && url.charAt(slash) != '/' && url.charAt(slash) != '?') {
      slash++;
    }
    authority = url.substring(scheme + 3, slash);
    String rest = url.substring(slash);
    target = rest.startsWith("/") ? rest : "/" + rest;
  }

  private void headers(int from) {
    count = 0;
    int start = from;
    while (true) {
      int after = start;
      while (bytes[after] != '\n') {
        after++;
      }
      after++;
      int end = trimmed(after);
      if (end <= start) {
        return;
      }
      header(start, end);
      start = after;
    }
  }

  private void header(int start, int end) {
    int colon = start;
    while (colon < end && bytes[colon] != ':') {
      if (bytes[colon] < 0 || !TOKEN[bytes[colon]]) {
        throw bad("a header has an invalid name");
      }
      colon++;
    }
    if (colon == start || colon == end) {
      throw bad("a header has no name or no colon");
    }
    int a = colon + 1;
    int z = end;
    while (a < z && (bytes[a] == ' ' || bytes[a] == '\t')) {
      a++;
    }
    while (z > a && (bytes[z - 1] == ' ' || bytes[z - 1] == '\t')) {
      z--;
    }
    for (int i = a; i < z; i++) {
      byte b = bytes[i];
      if (b >= 0 && b < ' ' && b != '\t' || b == 0x7f) {
        throw bad("a header holds a control character");
      }
    }
    if (4 * count == marks.length) {
      marks = Arrays.copyOf(marks, 2 * marks.length);
    }
    int at = 4 * count++;
    marks[at] = start;
    marks[at + 1] = colon;
    marks[at + 2] = a;
    marks[at + 3] = z;
  }

  /** Determines the length of the body, RFC 9112, 6.3. */
  private void measure() {
    contentLength = -1;
    chunked = false;
    clear = true;
    lengthFrom = 0;
    lengthTo = 0;
    int lengths = 0;
    for (int i = 0; i < count; i++) {
      if (isNamed(i, "Content-Length")) {
        lengths++;
        contentLength = digits(marks[4 * i + 2], marks[4 * i + 3]);
        clear &= contentLength >= 0 && lengths == 1;
        lengthFrom = marks[4 * i + 2];
        lengthTo = marks[4 * i + 3];
      } else if (isNamed(i, "Transfer-Encoding")) {
        if (!value(i).equalsIgnoreCase("chunked") || chunked) {
          throw new HttpException(501, "transfer encodings other than chunked are not supported");
        }
        chunked = true;
      }
    }
    clear &= !chunked || lengths == 0 && !old;
    if (!clear) {
      lengthFrom = 0;
      lengthTo = 0;
    }
  }

  private long digits(int from, int to) {
    if (from == to || to - from > 18) {
      return -1;
    }
    long n = 0;
    for (int i = from; i < to; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return -1;
      }
      n = 10 * n + bytes[i] - '0';
    }
    return n;
  }

  private void host() {
    int hosts = 0;
    for (int i = 0; i < count; i++) {
      if (isNamed(i, "Host")) {
        hosts++;
        for (int k = marks[4 * i + 2]; k < marks[4 * i + 3]; k++) {
          if (bytes[k] < 0 || !HOST[bytes[k]]) {
            throw bad("the Host header is malformed");
          }
        }
        if (authority.isEmpty()) {
          authority = value(i);
        }
      }
    }
    // A client of HTTP/1.0 need not name a host.
    if (hosts > 1 || hosts == 0 && !old) {
      throw bad("exactly one Host header is required");
    }
  }

  private boolean isNamed(int header, String name) {
    int from = marks[4 * header];
    int n = marks[4 * header + 1] - from;
    if (n != name.length()) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      int a = bytes[from + i];
      int b = name.charAt(i);
      if (a != b && (lower(a) != lower(b))) {
        return false;
      }
    }
    return true;
  }

  private static int lower(int c) {
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  }

  /** Whether these bytes are that text of ASCII: requests of one connection are mostly alike. */
  private boolean same(String text, int from, int to) {
    if (text.length() != to - from) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String string(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private String value(int header) {
    return string(marks[4 * header + 2], marks[4 * header + 3]);
  }

  String method() {
    return method;
  }

  /** Raw path and query. */
  String target() {
    return target;
  }

  /** Requested host and port, or "". */
  String authority() {
    return authority;
  }

  boolean isOldHttp() {
    return old;
  }

  /** -1 if not declared. */
  long contentLength() {
    return contentLength;
  }

  boolean isChunked() {
    return chunked;
  }

  boolean isLengthClear() {
    return clear;
  }

  @Nullable String first(String name) {
    for (int i = 0; i < count; i++) {
      if (isNamed(i, name)) {
        return value(i);
      }
    }
    return null;
  }

  List<String> all(String name) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (isNamed(i, name)) {
        out.add(value(i));
      }
    }
    return out;
  }

  Set<String> names() {
    Set<String> out = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      out.add(string(marks[4 * i], marks[4 * i + 1]));
    }
    return out;
  }
}
