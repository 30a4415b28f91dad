package dev.tethys.codec.template.sprig;

import java.util.ArrayDeque;
import java.util.Deque;

/** Path functions of Go's package path. */
final class Paths {
  private Paths() {}

  static String base(String path) {
    if (path.isEmpty()) {
      return ".";
    }
    String p = SprigStrings.trim(path, "/", false, true);
    return p.isEmpty() ? "/" : p.substring(p.lastIndexOf('/') + 1);
  }

  static String dir(String path) {
    return clean(path.substring(0, path.lastIndexOf('/') + 1));
  }

  static String ext(String path) {
    int dot = path.lastIndexOf('.');
    return dot < 0 || dot < path.lastIndexOf('/') ? "" : path.substring(dot);
  }

  static String clean(String path) {
    boolean rooted = path.startsWith("/");
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/")) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (!part.equals("..")) {
        parts.addLast(part);
      } else if (!parts.isEmpty() && !parts.getLast().equals("..")) {
        parts.removeLast();
      } else if (!rooted) {
        parts.addLast(part);
      }
    }
    String joined = String.join("/", parts);
    return rooted ? "/" + joined : joined.isEmpty() ? "." : joined;
  }
}
