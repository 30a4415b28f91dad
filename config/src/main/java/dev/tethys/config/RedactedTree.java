package dev.tethys.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Masks the values of a configuration's tree that are secret by the name of their key. */
final class RedactedTree {
  /** Keys whose maps contain headers by name. */
  private static final Set<String> HEADERS = Set.of("headers", "proxy_connect_header");

  /** Keys whose maps contain URL query or form parameters. */
  private static final Set<String> PARAMETERS = Set.of("params", "query_params");

  /** Keys whose maps are sent to a token server, where any value may be a password. */
  private static final Set<String> SECRETS = Set.of("endpoint_params");

  private RedactedTree() {}

  /** Returns the value of a key; nested values are masked when they are written. */
  static Object value(String key, Object v) {
    if (v instanceof Map<?, ?> m) {
      if (HEADERS.contains(key)) {
        return each(m, Redaction::header);
      }
      if (PARAMETERS.contains(key)) {
        return each(m, (k, s) -> Redaction.isSecretParameter(k) ? mask(s) : s);
      }
      return SECRETS.contains(key) ? each(m, (k, s) -> mask(s)) : m;
    }
    return Redaction.isSecretKey(key) ? masked(v) : v;
  }

  private static Map<String, @Nullable Object> each(
      Map<?, ?> m, BiFunction<String, String, String> masked) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    m.forEach(
        (k, v) -> {
          String name = String.valueOf(k);
          out.put(name, maskLeaves(v, s -> masked.apply(name, s)));
        });
    return out;
  }

  private static Object masked(Object v) {
    Object out = maskLeaves(v, RedactedTree::mask);
    return out == null ? v : out;
  }

  private static @Nullable Object maskLeaves(@Nullable Object v, UnaryOperator<String> masked) {
    return switch (v) {
      case String s -> masked.apply(s);
      case Collection<?> c -> {
        List<@Nullable Object> out = new ArrayList<>();
        c.forEach(i -> out.add(maskLeaves(i, masked)));
        yield out;
      }
      case null, default -> v;
    };
  }

  private static String mask(String s) {
    return s.isEmpty() ? s : Secret.MASK;
  }
}
