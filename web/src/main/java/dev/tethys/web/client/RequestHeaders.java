package dev.tethys.web.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a request except those that depend on the call itself, with their HTTP/1.1 form:
 * encoded once for all calls with the same headers.
 */
final class RequestHeaders {
  /** Headers of the connection, which callers must not set. */
  private static final String[] OWN_HEADERS = {
    "connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"
  };

  private final Map<String, List<String>> values;
  private volatile byte @Nullable [] lines;

  /** Headers with values that no longer change. */
  RequestHeaders(Map<String, List<String>> values) {
    this.values = values;
  }

  Map<String, List<String>> values() {
    return values;
  }

  /**
   * Returns a line for each value.
   *
   * @throws IOException if one cannot be sent
   */
  byte[] lines() throws IOException {
    byte[] known = lines;
    if (known != null) {
      return known;
    }
    StringBuilder sb = new StringBuilder(256);
    for (Map.Entry<String, List<String>> h : values.entrySet()) {
      for (String v : h.getValue()) {
        if (!isName(h.getKey()) || !isSendable(v)) {
          throw new IOException("a header cannot be sent: " + h.getKey());
        }
        sb.append(h.getKey()).append(": ").append(v).append("\r\n");
      }
    }
    byte[] made = sb.toString().getBytes(StandardCharsets.UTF_8);
    lines = made;
    return made;
  }

  private static boolean isName(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == ':') {
        return false;
      }
    }
    for (String own : OWN_HEADERS) {
      if (own.equalsIgnoreCase(s)) {
        return false;
      }
    }
    return !s.isEmpty();
  }

  /** Whether text is valid in a header line. */
  static boolean isSendable(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c < ' ' && c != '\t' || c == 0x7f) {
        return false;
      }
    }
    return true;
  }
}
