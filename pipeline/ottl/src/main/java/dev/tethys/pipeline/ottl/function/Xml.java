package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpression;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.DocumentFragment;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;

/**
 * An XML document or a sequence of elements, as a tree under a fragment. Nothing outside of the
 * text is read: a document type is skipped over, entities of its own are refused.
 */
final class Xml {
  /** How deep elements may lie inside of each other. */
  static final int MAX_DEPTH = 1000;

  private static final String WRAPPER = "w";

  private final String declaration;
  private final DocumentFragment root;

  private Xml(String declaration, DocumentFragment root) {
    this.declaration = declaration;
    this.root = root;
  }

  /** What holds the elements at the top. */
  DocumentFragment root() {
    return root;
  }

  Document document() {
    return java.util.Objects.requireNonNull(root.getOwnerDocument());
  }

  static Xml parse(String text) {
    String rest = text.stripLeading();
    String declaration = "";
    if (rest.startsWith("<?xml") && rest.indexOf("?>") > 0) {
      int end = rest.indexOf("?>") + 2;
      declaration = rest.substring(0, end);
      rest = rest.substring(end);
    }
    int type = rest.indexOf("<!DOCTYPE");
    if (type >= 0) {
      int end = rest.indexOf('>', type);
      int inner = rest.indexOf('[', type);
      if (end < 0 || inner >= 0 && inner < end) {
        throw new EvaluationException("an XML document that defines entities is not read");
      }
      rest = rest.substring(0, type) + rest.substring(end + 1);
    }
    Document d;
    try {
      d =
          builder()
              .parse(
                  new InputSource(
                      new StringReader("<" + WRAPPER + ">" + rest + "</" + WRAPPER + ">")));
    } catch (SAXException e) {
      throw new EvaluationException("the text is not XML: " + e.getMessage());
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    DocumentFragment root = d.createDocumentFragment();
    Node wrapper = d.getDocumentElement();
    while (wrapper.getFirstChild() != null) {
      root.appendChild(wrapper.getFirstChild());
    }
    checkDepth(root);
    return new Xml(declaration, root);
  }

  /** Walks without recursion, so that what follows may recurse. */
  private static void checkDepth(Node root) {
    Node n = root;
    int depth = 0;
    while (n != null) {
      if (depth > MAX_DEPTH) {
        throw new EvaluationException("the XML is nested more than " + MAX_DEPTH + " levels deep");
      }
      if (n.getFirstChild() != null) {
        n = n.getFirstChild();
        depth++;
        continue;
      }
      while (n != null && n != root && n.getNextSibling() == null) {
        n = n.getParentNode();
        depth--;
      }
      if (n == null || n == root) {
        return;
      }
      n = n.getNextSibling();
    }
  }

  private static DocumentBuilder builder() {
    DocumentBuilderFactory f = DocumentBuilderFactory.newDefaultInstance();
    try {
      f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      f.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      f.setXIncludeAware(false);
      f.setExpandEntityReferences(false);
      DocumentBuilder b = f.newDocumentBuilder();
      b.setErrorHandler(
          new ErrorHandler() {
            @Override
            public void warning(SAXParseException e) {
              // nothing to do about it
            }

            @Override
            public void error(SAXParseException e) throws SAXException {
              throw e;
            }

            @Override
            public void fatalError(SAXParseException e) throws SAXException {
              throw e;
            }
          });
      return b;
    } catch (ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  /** Compiles an XPath 1.0; the message of the exception says what is wrong. */
  static XPathExpression xpath(String expression) throws XPathExpressionException {
    XPath x = XPathFactory.newDefaultInstance().newXPath();
    return x.compile(expression);
  }

  /** What an expression selects, in document order. Not thread-safe for one expression. */
  List<Node> select(XPathExpression expression) {
    NodeList list;
    try {
      synchronized (expression) {
        list = (NodeList) expression.evaluate(root, XPathConstants.NODESET);
      }
    } catch (XPathExpressionException e) {
      throw new EvaluationException("the XPath does not select nodes: " + e.getMessage());
    }
    List<Node> nodes = new ArrayList<>(list.getLength());
    for (int i = 0; i < list.getLength(); i++) {
      nodes.add(list.item(i));
    }
    return nodes;
  }

  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder(declaration);
    for (Node c = root.getFirstChild(); c != null; c = c.getNextSibling()) {
      write(sb, c);
    }
    return sb.toString();
  }

  static void write(StringBuilder sb, Node n) {
    switch (n.getNodeType()) {
      case Node.TEXT_NODE -> escape(sb, n.getNodeValue());
      case Node.CDATA_SECTION_NODE -> sb.append("<![CDATA[").append(n.getNodeValue()).append("]]>");
      case Node.COMMENT_NODE -> sb.append("<!--").append(n.getNodeValue()).append("-->");
      case Node.PROCESSING_INSTRUCTION_NODE -> {
        String data = n.getNodeValue();
        sb.append("<?").append(n.getNodeName());
        sb.append(data.isEmpty() ? "" : " ").append(data).append("?>");
      }
      case Node.ELEMENT_NODE -> {
        sb.append('<').append(n.getNodeName());
        NamedNodeMap attributes = n.getAttributes();
        for (Attr a : inOrder(attributes)) {
          sb.append(' ').append(a.getName()).append("=\"");
          escape(sb, a.getValue());
          sb.append('"');
        }
        sb.append('>');
        for (Node c = n.getFirstChild(); c != null; c = c.getNextSibling()) {
          write(sb, c);
        }
        sb.append("</").append(n.getNodeName()).append('>');
      }
      default -> {
        // document types are not kept
      }
    }
  }

  /** The attributes; the DOM has them sorted by name. */
  static List<Attr> inOrder(NamedNodeMap attributes) {
    List<Attr> list = new ArrayList<>();
    for (int i = 0; i < attributes.getLength(); i++) {
      list.add((Attr) attributes.item(i));
    }
    return list;
  }

  private static void escape(StringBuilder sb, String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '<' -> sb.append("&lt;");
        case '>' -> sb.append("&gt;");
        case '&' -> sb.append("&amp;");
        case '"' -> sb.append("&#34;");
        case '\'' -> sb.append("&#39;");
        default -> sb.append(c);
      }
    }
  }
}
