package dev.tethys.collect.observe.protocol;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Payloads of a connection with the requests in them, from a data file.
 *
 * <p>A case starts with {@code case: name}. {@code > } is a payload of the client, {@code < } one
 * of the server, {@code >+N } one of which N further bytes were not captured, {@code = } a request
 * in the form protocol|operation|target|statement|status|code. In payloads {@code \r \n \t \\ \xNN}
 * are bytes, {@code {i4 ...}} is its content with a length of 4 bytes before it, {@code {I4 ...}}
 * the same with the length counted in itself, {@code i4le}, {@code I4le} and so on in little
 * endian, {@code {n100 x}} a hundred times x.
 */
record WireCase(String name, List<Payload> payloads, List<String> requests) {

  record Payload(boolean fromClient, byte[] bytes, long uncaptured) {}

  @Override
  public String toString() {
    return name;
  }

  boolean isComplete() {
    return payloads.stream().allMatch(p -> p.uncaptured == 0);
  }

  static List<WireCase> read(String file) throws IOException {
    List<WireCase> out = new ArrayList<>();
    try (InputStream in = WireCase.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IOException("no test data " + file);
      }
      WireCase current = null;
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("case: ")) {
          current = new WireCase(line.substring(6), new ArrayList<>(), new ArrayList<>());
          out.add(current);
        } else if (current == null) {
          throw new IOException(file + ": line before the first case: " + line);
        } else if (line.startsWith("= ")) {
          current.requests.add(line.substring(2));
        } else {
          current.payloads.add(payload(line));
        }
      }
    }
    return out;
  }

  private static Payload payload(String line) throws IOException {
    int space = line.indexOf(' ');
    long more = space > 2 ? Long.parseLong(line.substring(2, space)) : 0;
    if (line.charAt(0) != '>' && line.charAt(0) != '<') {
      throw new IOException("line is no payload: " + line);
    }
    Reader r = new Reader(line, space + 1);
    return new Payload(line.charAt(0) == '>', r.until((char) 0), more);
  }

  static byte[] bytes(String text) {
    return new Reader(text, 0).until((char) 0);
  }

  private static final class Reader {
    private final String in;
    private int at;

    Reader(String in, int at) {
      this.in = in;
      this.at = at;
    }

    byte[] until(char end) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      while (at < in.length() && in.charAt(at) != end) {
        char c = in.charAt(at++);
        if (c == '\\') {
          escape(out);
        } else if (c == '{' && at < in.length() && "iIn".indexOf(in.charAt(at)) >= 0) {
          out.writeBytes(group());
        } else {
          out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        }
      }
      at++;
      return out.toByteArray();
    }

    private void escape(ByteArrayOutputStream out) {
      char c = in.charAt(at++);
      switch (c) {
        case 'r' -> out.write('\r');
        case 'n' -> out.write('\n');
        case 't' -> out.write('\t');
        case 'x' -> {
          out.write(Integer.parseInt(in.substring(at, at + 2), 16));
          at += 2;
        }
        default -> out.write(c);
      }
    }

    private byte[] group() {
      int space = in.indexOf(' ', at);
      String kind = in.substring(at, space);
      at = space + 1;
      byte[] content = until('}');
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      if (kind.charAt(0) == 'n') {
        for (int i = Integer.parseInt(kind.substring(1)); i > 0; i--) {
          out.writeBytes(content);
        }
        return out.toByteArray();
      }
      int size = kind.charAt(1) - '0';
      boolean little = kind.endsWith("le");
      long n = content.length + (kind.charAt(0) == 'I' ? size : 0);
      ByteBuffer b =
          ByteBuffer.allocate(8).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      b.putLong(0, n);
      out.write(b.array(), little ? 0 : 8 - size, size);
      out.writeBytes(content);
      return out.toByteArray();
    }
  }
}
