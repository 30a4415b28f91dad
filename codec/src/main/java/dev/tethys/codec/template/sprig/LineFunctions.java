package dev.tethys.codec.template.sprig;

import static dev.tethys.codec.template.TemplateFunction.Parameter.INT;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.model.GoCase;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All functions by name: Sprig's functions, overridden by Promtail's own. */
public final class LineFunctions {
  /** Functions by name; immutable. */
  public static final Map<String, TemplateFunction> ALL = all();

  private LineFunctions() {}

  private static Map<String, TemplateFunction> all() {
    Map<String, TemplateFunction> m = new HashMap<>();
    StringFunctions.addTo(m);
    NumberFunctions.addTo(m);
    CollectionFunctions.addTo(m);
    DateFunctions.addTo(m);
    m.put("ToLower", TemplateFunction.of(a -> GoCase.lower(s(a[0])), STRING));
    m.put("ToUpper", TemplateFunction.of(a -> GoCase.upper(s(a[0])), STRING));
    m.put(
        "Replace",
        TemplateFunction.of(
            a -> SprigStrings.replace(s(a[0]), s(a[1]), s(a[2]), n(a[3])),
            STRING,
            STRING,
            STRING,
            INT));
    m.put(
        "Trim",
        TemplateFunction.of(a -> SprigStrings.trim(s(a[0]), s(a[1]), true, true), STRING, STRING));
    m.put(
        "TrimLeft",
        TemplateFunction.of(a -> SprigStrings.trim(s(a[0]), s(a[1]), true, false), STRING, STRING));
    m.put(
        "TrimRight",
        TemplateFunction.of(a -> SprigStrings.trim(s(a[0]), s(a[1]), false, true), STRING, STRING));
    m.put(
        "TrimPrefix",
        TemplateFunction.of(a -> SprigStrings.trimPrefix(s(a[0]), s(a[1])), STRING, STRING));
    m.put(
        "TrimSuffix",
        TemplateFunction.of(a -> SprigStrings.trimSuffix(s(a[0]), s(a[1])), STRING, STRING));
    m.put("TrimSpace", TemplateFunction.of(a -> s(a[0]).strip(), STRING));
    m.put("Hash", TemplateFunction.of(a -> hash("SHA3-256", s(a[0]) + s(a[1])), STRING, STRING));
    m.put("Sha2Hash", TemplateFunction.of(a -> hash("SHA-256", s(a[0]) + s(a[1])), STRING, STRING));
    return Map.copyOf(m);
  }

  static String s(@Nullable Object v) {
    return String.valueOf(v);
  }

  static long n(@Nullable Object v) {
    return v instanceof Long l ? l : 0;
  }

  /** A digest in hexadecimal. */
  static String hash(String algorithm, String text) {
    try {
      byte[] d = MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(d);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
