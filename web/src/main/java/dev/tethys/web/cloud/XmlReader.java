package dev.tethys.web.cloud;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** Reads XML responses, with external entities and expansion disabled. */
public final class XmlReader {
  private XmlReader() {}

  /**
   * Parses a document and returns its root.
   *
   * @throws IOException if it is not XML, naming where it came from
   */
  public static Element root(String from, byte[] xml) throws IOException {
    try {
      javax.xml.parsers.DocumentBuilderFactory f =
          javax.xml.parsers.DocumentBuilderFactory.newInstance();
      f.setFeature(javax.xml.XMLConstants.FEATURE_SECURE_PROCESSING, true);
      f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      f.setXIncludeAware(false);
      f.setExpandEntityReferences(false);
      javax.xml.parsers.DocumentBuilder b = f.newDocumentBuilder();
      b.setErrorHandler(null);
      return b.parse(new ByteArrayInputStream(xml)).getDocumentElement();
    } catch (org.xml.sax.SAXException | javax.xml.parsers.ParserConfigurationException e) {
      throw new IOException(from + " sent a response that is not XML: " + e.getMessage(), e);
    }
  }

  /** Returns the direct child elements. */
  public static List<Element> children(@Nullable Element e) {
    List<Element> out = new ArrayList<>();
    for (Node n = e == null ? null : e.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element c) {
        out.add(c);
      }
    }
    return out;
  }

  /** Returns the child elements with a name. */
  public static List<Element> children(@Nullable Element e, String name) {
    return children(e).stream().filter(c -> c.getTagName().equals(name)).toList();
  }

  /** Returns the first element along a path of names, or null. */
  public static @Nullable Element child(@Nullable Element e, String... path) {
    Element at = e;
    for (String name : path) {
      List<Element> found = children(at, name);
      if (found.isEmpty()) {
        return null;
      }
      at = found.getFirst();
    }
    return at;
  }

  /** Returns the text of such an element, or {@code ""}. */
  public static String text(@Nullable Element e, String... path) {
    Element at = child(e, path);
    return at == null ? "" : at.getTextContent().strip();
  }
}
