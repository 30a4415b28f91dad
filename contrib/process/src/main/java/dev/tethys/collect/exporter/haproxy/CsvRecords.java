package dev.tethys.collect.exporter.haproxy;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of CSV (RFC 4180), in which quoted fields may contain line ends; lines that start
 * with a hash are skipped, and so are empty ones. A record must have as many fields as the first.
 */
final class CsvRecords {
  /** The longest record, in characters. */
  private static final int MAX_RECORD = 1 << 20;

  private final Reader in;
  private int fields;

  CsvRecords(Reader in) {
    this.in = in;
  }

  /** An invalid record; the next one can be read. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
      super(message);
    }
  }

  /** Reads the next record; returns null at the end. */
  @Nullable List<String> next() throws IOException, MalformedException {
    while (true) {
      String line = line(false);
      if (line == null) {
        return null;
      }
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      List<String> record = record(line);
      if (fields == 0) {
        fields = record.size();
      } else if (record.size() != fields) {
        throw new MalformedException(
            "wrong number of fields: " + record.size() + " instead of " + fields);
      }
      return record;
    }
  }

  private List<String> record(String line) throws IOException, MalformedException {
    List<String> out = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    String s = line;
    int length = line.length();
    boolean quoted = false;
    for (int i = 0; ; i++) {
      if (i >= s.length()) {
        if (!quoted) {
          out.add(field.toString());
          return out;
        }
        String more = line(true);
        length += more == null ? 0 : more.length();
        if (more == null || length > MAX_RECORD) {
          throw new MalformedException("a quoted field does not end");
        }
        field.append('\n');
        s = more;
        i = -1;
        continue;
      }
      char c = s.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < s.length() && s.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == ',') {
        out.add(field.toString());
        field.setLength(0);
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else {
        field.append(c);
      }
    }
  }

  private @Nullable String line(boolean continued) throws IOException {
    StringBuilder sb = new StringBuilder();
    int c = in.read();
    if (c < 0) {
      return null;
    }
    for (; c >= 0 && c != '\n'; c = in.read()) {
      if (sb.length() > MAX_RECORD) {
        throw new IOException("a line has more than " + MAX_RECORD + " characters");
      }
      sb.append((char) c);
    }
    String s = sb.toString();
    return s.endsWith("\r") && !continued ? s.substring(0, s.length() - 1) : s;
  }
}
