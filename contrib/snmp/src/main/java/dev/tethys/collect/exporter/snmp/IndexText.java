package dev.tethys.collect.exporter.snmp;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Parts of an index as text. Missing parts are zeros, since some agents omit trailing ones. Not
 * thread-safe.
 */
final class IndexText {
  /** Maximum length of text in an index; longer text is truncated. */
  static final int MAX_LENGTH = 65_535;

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  /** Types distinguished by a number before the value, each with its own name. */
  private static final Map<String, Map<Integer, String>> COMBINED =
      Map.of(
          "InetAddress",
          Map.of(1, "InetAddressIPv4", 2, "InetAddressIPv6"),
          "InetAddressMissingSize",
          Map.of(1, "InetAddressIPv4", 2, "InetAddressIPv6"),
          "LldpPortId",
          Map.of(
              1,
              "DisplayString",
              2,
              "DisplayString",
              3,
              "PhysAddress48",
              5,
              "DisplayString",
              7,
              "DisplayString"));

  private static final SortedMap<Integer, String> NO_WORDS = new TreeMap<>();

  private final int[] parts;
  private int at;

  IndexText(int[] parts) {
    this.parts = parts.clone();
  }

  /** Meanings of the numbers before values of a type; null for a type without them. */
  static @Nullable Map<Integer, String> meanings(String type) {
    return COMBINED.get(type);
  }

  /** Bytes of a value as text of that type. */
  static String ofBytes(int[] bytes, String type) {
    IndexText t = new IndexText(bytes);
    return switch (type) {
      case "OctetString", "Bits", "" -> hex(bytes);
      case "DisplayString" -> valid(bytes);
      default -> t.next(type, 0, false, NO_WORDS);
    };
  }

  /** Returns the number of index parts consumed, including missing ones. */
  int position() {
    return at;
  }

  private int[] take(int n) {
    int[] out = new int[n];
    if (at < parts.length) {
      System.arraycopy(parts, at, out, 0, Math.min(n, parts.length - at));
    }
    at += n;
    return out;
  }

  /** Reads the next parts as text of that type. */
  String next(String type, int fixedSize, boolean implied, SortedMap<Integer, String> words) {
    Map<Integer, String> meanings = COMBINED.get(type);
    if (meanings != null) {
      return combined(type, meanings, words);
    }
    return switch (type) {
      case "PhysAddress48" ->
          IntStream.of(take(6)).mapToObj("%02X"::formatted).collect(Collectors.joining(":"));
      case "OctetString" -> hex(bytes(fixedSize, implied));
      case "DisplayString" -> valid(bytes(fixedSize, implied));
      case "InetAddressIPv4" ->
          IntStream.of(take(4))
              .mapToObj(Integer::toUnsignedString)
              .collect(Collectors.joining("."));
      case "InetAddressIPv6" -> {
        int[] b = take(16);
        yield IntStream.range(0, 8)
            .mapToObj(i -> "%02X%02X".formatted(b[2 * i], b[2 * i + 1]))
            .collect(Collectors.joining(":"));
      }
      case "EnumAsInfo" -> {
        int n = take(1)[0];
        yield words.getOrDefault(n, Integer.toUnsignedString(n));
      }
      default -> Integer.toUnsignedString(take(1)[0]);
    };
  }

  private String combined(
      String type, Map<Integer, String> meanings, SortedMap<Integer, String> words) {
    boolean sized = !type.equals("InetAddressMissingSize");
    int start = at;
    int[] head = take(sized ? 2 : 1);
    String meant = meanings.get(head[0]);
    if (meant != null) {
      return next(meant, 0, false, words);
    }
    at = start;
    // Of an unknown kind: with its number and length, as far as known.
    return sized ? hex(take(length(Integer.toUnsignedLong(head[1]) + 2))) : hex(bytes(0, true));
  }

  private int[] bytes(int fixedSize, boolean implied) {
    if (implied) {
      return take(Math.max(0, parts.length - at));
    }
    return take(fixedSize > 0 ? fixedSize : length(Integer.toUnsignedLong(take(1)[0])));
  }

  private static int length(long length) {
    return (int) Math.min(length, MAX_LENGTH);
  }

  private static byte[] asBytes(int[] parts) {
    byte[] b = new byte[parts.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) parts[i];
    }
    return b;
  }

  private static String hex(int[] parts) {
    return parts.length == 0 ? "" : "0x" + HEX.formatHex(asBytes(parts));
  }

  /** Decodes UTF-8 text; a run of invalid bytes becomes one replacement character. */
  private static String valid(int[] parts) {
    byte[] bytes = asBytes(parts);
    CharsetDecoder d =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    int lastBad = -1;
    while (true) {
      CoderResult r = d.decode(in, out, true);
      if (!r.isError()) {
        return out.flip().toString();
      }
      if (lastBad != in.position()) {
        out.put('\ufffd');
      }
      in.position(in.position() + r.length());
      lastBad = in.position();
    }
  }

  /** Returns the parts from the given one to the start of the next text. */
  int[] since(int from) {
    // What was omitted is zeros in the index of another object too.
    return from >= parts.length ? new int[at - from] : Arrays.copyOfRange(parts, from, at);
  }
}
