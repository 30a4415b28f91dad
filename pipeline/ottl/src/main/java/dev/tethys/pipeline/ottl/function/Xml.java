package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpression;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.DocumentFragment;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.w3c.dom.UserDataHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.ext.DefaultHandler2;

/**
 * XML document or sequence of elements, as a tree below a fragment. Nothing outside the text is
 * read: a document type is skipped, custom entities are rejected.
 */
final class Xml {
  /** Maximum nesting depth of elements. */
  static final int MAX_DEPTH = 1000;

  private static final String WRAPPER = "w";

  /** Key under which the original order of an element's attributes is kept. */
  private static final String ORDER = "order";

  /** Copies the order if an element is copied to the same map. */
  private static final UserDataHandler COPIED =
      new UserDataHandler() {
        @Override
        public void handle(short operation, String key, Object data, Node from, Node to) {
          if (to != null) {
            to.setUserData(key, data, this);
          }
        }
      };

  private final String declaration;
  private final DocumentFragment root;

  private Xml(String declaration, DocumentFragment root) {
    this.declaration = declaration;
    this.root = root;
  }

  /** Returns the fragment with the top-level elements. */
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
        throw new EvaluationException("XML documents that define entities are not supported");
      }
      rest = rest.substring(0, type) + rest.substring(end + 1);
    }
    Builder built = new Builder();
    try {
      SAXParser parser = parser();
      parser.setProperty("http://xml.org/sax/properties/lexical-handler", built);
      parser.parse(
          new InputSource(new StringReader("<" + WRAPPER + ">" + rest + "</" + WRAPPER + ">")),
          built);
    } catch (SAXException e) {
      throw new EvaluationException("the text is not XML: " + e.getMessage());
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    return new Xml(declaration, built.root);
  }

  private static SAXParser parser() throws SAXException {
    SAXParserFactory f = SAXParserFactory.newDefaultInstance();
    try {
      f.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      f.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      f.setXIncludeAware(false);
      return f.newSAXParser();
    } catch (ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Creates the tree below the wrapper. Not the parser of the DOM does it, since a DOM sorts
   * attributes by name, and this keeps their order.
   */
  private static final class Builder extends DefaultHandler2 {
    final DocumentFragment root;
    private final Document document;
    private final StringBuilder text = new StringBuilder();
    private Node at;
    private int depth;

    Builder() {
      try {
        document = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().newDocument();
      } catch (ParserConfigurationException e) {
        throw new AssertionError(e);
      }
      root = document.createDocumentFragment();
      at = root;
    }

    private void endText() {
      if (!text.isEmpty()) {
        at.appendChild(document.createTextNode(text.toString()));
        text.setLength(0);
      }
    }

    @Override
    public void startElement(
        String uri, String localName, String name, org.xml.sax.Attributes attributes) {
      if (depth++ == 0) {
        return; // the wrapper
      }
      if (depth > MAX_DEPTH) {
        // Tree walks may be recursive.
        throw new EvaluationException("the XML is nested more than " + MAX_DEPTH + " levels deep");
      }
      endText();
      Element e = document.createElement(name);
      List<String> order = new ArrayList<>(attributes.getLength());
      for (int i = 0; i < attributes.getLength(); i++) {
        order.add(attributes.getQName(i));
        e.setAttribute(attributes.getQName(i), attributes.getValue(i));
      }
      if (order.size() > 1) {
        e.setUserData(ORDER, order, COPIED);
      }
      at.appendChild(e);
      at = e;
    }

    @Override
    public void endElement(String uri, String localName, String name) {
      endText();
      if (--depth > 0) {
        at = java.util.Objects.requireNonNull(at.getParentNode());
      }
    }

    @Override
    public void characters(char[] ch, int start, int length) {
      text.append(ch, start, length);
    }

    @Override
    public void startCDATA() {
      endText();
    }

    @Override
    public void endCDATA() {
      at.appendChild(document.createCDATASection(text.toString()));
      text.setLength(0);
    }

    @Override
    public void comment(char[] ch, int start, int length) {
      endText();
      at.appendChild(document.createComment(new String(ch, start, length)));
    }

    @Override
    public void processingInstruction(String target, String data) {
      endText();
      at.appendChild(document.createProcessingInstruction(target, data));
    }

    @Override
    public void error(SAXParseException e) throws SAXException {
      throw e;
    }

    @Override
    public void fatalError(SAXParseException e) throws SAXException {
      throw e;
    }
  }

  /** Compiles an XPath 1.0 expression; the exception's message describes the error. */
  static XPathExpression xpath(String expression) throws XPathExpressionException {
    XPath x = XPathFactory.newDefaultInstance().newXPath();
    return x.compile(expression);
  }

  /** Nodes selected by an expression, in document order. An expression is not thread-safe. */
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
    for (int i = 0; i < nodes.size(); ) {
      i = restoreOrder(nodes, i);
    }
    return nodes;
  }

  /** Restores the order of one element's attributes, which the DOM has sorted. */
  private static int restoreOrder(List<Node> nodes, int from) {
    if (!(nodes.get(from) instanceof Attr first)) {
      return from + 1;
    }
    Element owner = java.util.Objects.requireNonNull(first.getOwnerElement());
    int to = from + 1;
    while (to < nodes.size() && nodes.get(to) instanceof Attr a && a.getOwnerElement() == owner) {
      to++;
    }
    if (to - from > 1) {
      List<Attr> order = inOrder(owner);
      nodes.subList(from, to).sort(Comparator.comparingInt(order::indexOf));
    }
    return to;
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
        for (Attr a : inOrder((Element) n)) {
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

  /** Returns the attributes in text order. */
  static List<Attr> inOrder(Element e) {
    List<Attr> list = new ArrayList<>();
    if (e.getUserData(ORDER) instanceof List<?> names) {
      for (Object name : names) {
        Attr a = e.getAttributeNode((String) name);
        if (a != null) {
          list.add(a);
        }
      }
      return list;
    }
    NamedNodeMap attributes = e.getAttributes();
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
