package dev.tethys.collect.discovery.uyuni;

import dev.tethys.collect.discovery.RestClient;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** Calls procedures by http://xmlrpc.com/spec.md, in the subset that Uyuni needs. */
final class XmlRpc {
  /** Maximum nesting depth of structures. */
  private static final int MAX_DEPTH = 100;

  private final String url;
  private final RestClient rest;

  XmlRpc(String url, RestClient rest) {
    this.url = url;
    this.rest = rest;
  }

  /** Calls a procedure and returns its result: a String, Long, Boolean, Double, List or Map. */
  Object call(String method, Object... parameters) throws IOException, InterruptedException {
    StringBuilder b = new StringBuilder("<?xml version=\"1.0\"?><methodCall><methodName>");
    b.append(method).append("</methodName><params>");
    for (Object p : parameters) {
      b.append("<param>");
      write(b, p);
      b.append("</param>");
    }
    b.append("</params></methodCall>");
    RestClient.Reply reply =
        rest.ok(rest.post(url, "text/xml", b.toString().getBytes(StandardCharsets.UTF_8)));
    Element root = XmlReader.root(url, reply.body());
    Element fault = XmlReader.child(root, "fault", "value");
    if (fault != null) {
      throw new IOException(url + ": " + method + ": " + read(fault, 0));
    }
    Element value = XmlReader.child(root, "params", "param", "value");
    if (value == null) {
      throw new IOException(url + ": " + method + " answered without a value");
    }
    return read(value, 0);
  }

  private static void write(StringBuilder b, Object p) {
    b.append("<value>");
    switch (p) {
      case Number n -> b.append("<int>").append(n).append("</int>");
      case List<?> items -> {
        b.append("<array><data>");
        items.forEach(i -> write(b, i));
        b.append("</data></array>");
      }
      default ->
          b.append("<string>")
              .append(p.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
              .append("</string>");
    }
    b.append("</value>");
  }

  private static Object read(Element value, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("the response is nested too deeply");
    }
    List<Element> typed = XmlReader.children(value);
    if (typed.isEmpty()) {
      return value.getTextContent();
    }
    Element e = typed.getFirst();
    String text = e.getTextContent();
    try {
      switch (e.getTagName()) {
        case "int", "i4", "i8" -> {
          return Long.parseLong(text.strip());
        }
        case "boolean" -> {
          return text.strip().equals("1");
        }
        case "double" -> {
          return Double.parseDouble(text.strip());
        }
        case "array" -> {
          List<Object> out = new ArrayList<>();
          for (Element v : XmlReader.children(XmlReader.child(e, "data"), "value")) {
            out.add(read(v, depth + 1));
          }
          return out;
        }
        case "struct" -> {
          Map<String, Object> out = new LinkedHashMap<>();
          for (Element m : XmlReader.children(e, "member")) {
            Element v = XmlReader.child(m, "value");
            if (v != null) {
              out.put(XmlReader.text(m, "name"), read(v, depth + 1));
            }
          }
          return out;
        }
        default -> {
          return text;
        }
      }
    } catch (NumberFormatException x) {
      throw new IOException("\"" + text + "\" is not a number", x);
    }
  }

  /** Converts a value to a string; {@code ""} for none. */
  static String text(@Nullable Object v) {
    return v == null ? "" : v.toString();
  }

  /** Returns the structures in a list. */
  static List<Map<?, ?>> structs(@Nullable Object v) {
    List<Map<?, ?>> out = new ArrayList<>();
    if (v instanceof List<?> items) {
      for (Object i : items) {
        if (i instanceof Map<?, ?> m) {
          out.add(m);
        }
      }
    }
    return out;
  }
}
