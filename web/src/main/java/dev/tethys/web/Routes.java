package dev.tethys.web;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Table of handlers by path. A pattern is a path in which {@code {name}} matches one segment and,
 * at the end, {@code {name...}} matches the rest, which may be empty. A pattern without names has
 * priority over one with names; among those, the first added has priority. HEAD is served by the
 * handler of GET, without the body.
 */
public final class Routes {
  /** Result of a path lookup. */
  public sealed interface Match {}

  /**
   * A handler, and the values of the names in its pattern, still percent-encoded.
   *
   * @param changes whether the request may change state: determined by its method, unless it was
   *     added by {@link #getOrPost} or {@link #changesByGet} applies
   */
  public record RouteMatch(
      String pattern, HttpHandler handler, Map<String, String> values, boolean changes)
      implements Match {}

  /** The path is known, but not the method. */
  public record WrongMethod(String pattern, Set<String> allowed) implements Match {}

  /** The path is unknown. */
  public record NotFound() implements Match {}

  private record Pattern(String text, List<String> segments, Map<String, HttpHandler> methods) {}

  private static final String ANY = "*";

  /** Safe methods (RFC 9110, 9.2.1). */
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  private final Map<String, Pattern> exact = new HashMap<>();
  private final List<Pattern> named = new ArrayList<>();
  private final Set<String> changedByGet = new HashSet<>();
  private final Set<String> readByPost = new HashSet<>();
  private boolean open;
  private @Nullable Runnable check;

  public Routes get(String pattern, HttpHandler handler) {
    return on("GET", pattern, handler);
  }

  public Routes post(String pattern, HttpHandler handler) {
    return on("POST", pattern, handler);
  }

  public Routes put(String pattern, HttpHandler handler) {
    return on("PUT", pattern, handler);
  }

  public Routes delete(String pattern, HttpHandler handler) {
    return on("DELETE", pattern, handler);
  }

  /** Adds a route for GET and POST, neither of which changes state, as in most of the query API. */
  public Routes getOrPost(String pattern, HttpHandler handler) {
    readByPost.add(pattern);
    return get(pattern, handler).post(pattern, handler);
  }

  /** Declares that every method, including GET, makes changes at a pattern. */
  public Routes changesByGet(String pattern) {
    changedByGet.add(pattern);
    return this;
  }

  /**
   * Adds a handler that accepts WebSockets. Browsers allow pages of any origin to open them, so
   * their origin is checked like that of a change.
   */
  public Routes webSocket(String pattern, HttpHandler handler) {
    return get(pattern, handler).changesByGet(pattern);
  }

  /**
   * Allows requests from pages of all origins, under any host name: for receivers of telemetry,
   * which check origins themselves.
   */
  public Routes openToAllOrigins() {
    open = true;
    return this;
  }

  /** Runs a check before each handler; it throws to reject the request. */
  public Routes checkedBy(Runnable checkOfAll) {
    check = checkOfAll;
    return this;
  }

  /** Whether pages of all origins may send here. */
  public boolean isOpenToAllOrigins() {
    return open;
  }

  /** Adds a handler for every method that has none yet. */
  public Routes any(String pattern, HttpHandler handler) {
    return on(ANY, pattern, handler);
  }

  /** Adds a handler for an HTTP method in upper case. */
  public Routes on(String method, String pattern, HttpHandler handler) {
    if (!pattern.startsWith("/")) {
      throw new IllegalArgumentException("a pattern starts with a slash: " + pattern);
    }
    Pattern p;
    if (pattern.indexOf('{') < 0) {
      p = exact.computeIfAbsent(pattern, k -> new Pattern(k, List.of(), new LinkedHashMap<>()));
    } else {
      p = named.stream().filter(x -> x.text.equals(pattern)).findFirst().orElse(null);
      if (p == null) {
        p = new Pattern(pattern, segments(pattern), new LinkedHashMap<>());
        named.add(p);
      }
    }
    if (p.methods.putIfAbsent(method, handler) != null) {
      throw new IllegalArgumentException(method + " " + pattern + " has two handlers");
    }
    return this;
  }

  /** Routes added so far: methods, {@code *} for any, by pattern. */
  public Map<String, Set<String>> added() {
    Map<String, Set<String>> out = new TreeMap<>();
    exact.forEach((text, p) -> out.put(text, Set.copyOf(p.methods.keySet())));
    named.forEach(p -> out.put(p.text, Set.copyOf(p.methods.keySet())));
    return out;
  }

  /** Finds the handler of a raw path. */
  public Match find(String method, String rawPath) {
    Pattern p = exact.get(rawPath);
    Map<String, String> values = Map.of();
    if (p == null && rawPath.indexOf('%') >= 0) {
      p = exact.get(Params.decode(rawPath, false));
    }
    if (p == null) {
      List<String> segments = segments(rawPath);
      for (Pattern candidate : named) {
        Map<String, String> v = match(candidate.segments, segments);
        if (v != null) {
          p = candidate;
          values = v;
          break;
        }
      }
    }
    if (p == null) {
      return new NotFound();
    }
    HttpHandler h = p.methods.get(method);
    if (h == null && method.equals("HEAD")) {
      h = p.methods.get("GET");
    }
    if (h == null) {
      h = p.methods.get(ANY);
    }
    if (h == null) {
      Set<String> allowed = new TreeSet<>(p.methods.keySet());
      if (allowed.contains("GET")) {
        allowed.add("HEAD");
      }
      return new WrongMethod(p.text, allowed);
    }
    boolean changes =
        changedByGet.contains(p.text)
            || !SAFE.contains(method) && !(method.equals("POST") && readByPost.contains(p.text));
    return new RouteMatch(p.text, checked(h), values, changes);
  }

  private HttpHandler checked(HttpHandler h) {
    Runnable c = check;
    if (c == null) {
      return h;
    }
    return (q, r) -> {
      c.run();
      h.handle(q, r);
    };
  }

  private static List<String> segments(String path) {
    List<String> out = new ArrayList<>();
    int from = 1;
    while (from <= path.length()) {
      int to = path.indexOf('/', from);
      if (to < 0) {
        to = path.length();
      }
      out.add(path.substring(from, to));
      from = to + 1;
    }
    return out;
  }

  private static @Nullable Map<String, String> match(List<String> pattern, List<String> path) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < pattern.size(); i++) {
      String p = pattern.get(i);
      if (p.startsWith("{") && p.endsWith("...}")) {
        values.put(
            p.substring(1, p.length() - 4),
            i < path.size() ? String.join("/", path.subList(i, path.size())) : "");
        return values;
      }
      if (i >= path.size()) {
        return null;
      }
      if (p.startsWith("{") && p.endsWith("}")) {
        if (path.get(i).isEmpty()) {
          return null;
        }
        values.put(p.substring(1, p.length() - 1), path.get(i));
      } else if (!p.equals(path.get(i))) {
        return null;
      }
    }
    return pattern.size() == path.size() ? values : null;
  }
}
