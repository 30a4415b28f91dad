package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.xpath.XPathExpression;
import javax.xml.xpath.XPathExpressionException;
import org.w3c.dom.Attr;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** XML as maps, and XML edited as text. */
final class XmlConverters {
  private XmlConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("ParseXML", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .made(a -> TypeConverters.one(a, v -> parse(StringConverters.string(v)))),
        OttlFunction.converter("ParseSimplifiedXML", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .made(
                a ->
                    TypeConverters.one(
                        a, v -> simplified(Xml.parse(StringConverters.string(v)).root()))),
        OttlFunction.converter("GetXML", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .takes("xpath", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  XPathExpression x = xpath(a, 1, "/");
                  return TypeConverters.one(a, v -> get(xml(v), x));
                }),
        OttlFunction.converter("RemoveXML", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .takes("xpath", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  XPathExpression x = xpath(a, 1, "/");
                  return TypeConverters.one(a, v -> remove(xml(v), x));
                }),
        OttlFunction.converter("InsertXML", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .takes("xpath", ParameterKind.LITERAL_STRING)
            .takes("value", ParameterKind.STRING)
            .or("sub_document")
            .made(
                a -> {
                  XPathExpression x = xpath(a, 1, "/");
                  OttlExpr target = a.expr(0);
                  OttlExpr value = a.expr(2);
                  return at -> insert(xml(target.get(at)), x, xml(value.get(at)));
                }),
        OttlFunction.converter("ConvertAttributesToElementsXML", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .mayTake("xpath", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  XPathExpression x = xpath(a, 1, "//@*");
                  return TypeConverters.one(a, v -> attributesToElements(xml(v), x));
                }),
        OttlFunction.converter("ConvertTextToElementsXML", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .mayTake("xpath", ParameterKind.LITERAL_STRING)
            .mayTake("element_name", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  XPathExpression x = xpath(a, 1, "/");
                  String name = a.string(2, "value");
                  return TypeConverters.one(
                      a,
                      v -> {
                        Xml xml = xml(v);
                        xml.select(x).forEach(n -> textToElements(n, name));
                        return xml.toString();
                      });
                }));
  }

  private static XPathExpression xpath(Arguments a, int index, String otherwise) {
    String text = a.string(index, otherwise);
    try {
      return Xml.xpath(text.isEmpty() ? otherwise : text);
    } catch (XPathExpressionException e) {
      throw a.error(index, "not an XPath: " + e.getMessage());
    }
  }

  private static Xml xml(@org.jspecify.annotations.Nullable Object v) {
    return Xml.parse(StringConverters.string(v));
  }

  private static Attributes parse(String text) {
    Element first = null;
    for (Node n = Xml.parse(text).root().getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element e && first == null) {
        first = e;
      } else if (first != null && (n instanceof Element || isText(n))) {
        throw new EvaluationException("extra text after the root element of the XML");
      }
    }
    if (first == null) {
      throw new EvaluationException("the XML has no element");
    }
    return element(first);
  }

  private static Attributes element(Element e) {
    Attributes m = new Attributes();
    m.put("tag", e.getTagName());
    if (e.getAttributes().getLength() > 0) {
      Attributes attributes = new Attributes();
      for (Attr a : Xml.inOrder(e)) {
        attributes.add(a.getName(), a.getValue());
      }
      m.put("attributes", attributes);
    }
    StringBuilder content = new StringBuilder();
    ArrayValue children = new ArrayValue();
    for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
      switch (n.getNodeType()) {
        case Node.ELEMENT_NODE -> children.add(element((Element) n));
        case Node.TEXT_NODE, Node.CDATA_SECTION_NODE -> content.append(n.getNodeValue().strip());
        default -> {
          // comments and processing instructions are skipped
        }
      }
    }
    if (!content.isEmpty()) {
      m.put("content", content.toString());
    }
    if (!children.isEmpty()) {
      m.put("children", children);
    }
    return m;
  }

  private static Attributes simplified(Node parent) {
    Map<String, Integer> times = new HashMap<>();
    for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n.getNodeType() == Node.ELEMENT_NODE) {
        times.merge(n.getNodeName(), 1, Integer::sum);
      }
    }
    MapBuilder result = new MapBuilder();
    Map<String, ArrayValue> lists = new HashMap<>();
    for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n.getNodeType() != Node.ELEMENT_NODE || n.getFirstChild() == null) {
        continue;
      }
      String name = n.getNodeName();
      Object value = leaf(n);
      if (value.equals("")) {
        Attributes inner = simplified(n);
        value = inner;
      }
      ArrayValue list = null;
      if (times.getOrDefault(name, 0) > 1) {
        list = lists.get(name);
        if (list == null) {
          list = new ArrayValue();
          lists.put(name, list);
          result.put(name, list);
        }
      }
      if (value instanceof Attributes m && m.isEmpty()) {
        continue;
      }
      if (list != null) {
        list.add(value);
      } else {
        result.put(name, value);
      }
    }
    return result.build();
  }

  /** Returns the first text of an element without child elements; "" for all others. */
  private static String leaf(Node e) {
    String text = "";
    for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n.getNodeType() == Node.ELEMENT_NODE) {
        return "";
      }
      if (text.isEmpty()
          && (n.getNodeType() == Node.TEXT_NODE || n.getNodeType() == Node.CDATA_SECTION_NODE)) {
        text = n.getNodeValue();
      }
    }
    return text;
  }

  private static String get(Xml xml, XPathExpression x) {
    StringBuilder sb = new StringBuilder();
    for (Node n : xml.select(x)) {
      switch (n.getNodeType()) {
        case Node.ELEMENT_NODE, Node.TEXT_NODE -> Xml.write(sb, n);
        case Node.ATTRIBUTE_NODE, Node.CDATA_SECTION_NODE ->
            Xml.write(sb, xml.document().createTextNode(n.getNodeValue()));
        default -> {
          // only elements and text are given
        }
      }
    }
    return sb.toString();
  }

  private static String remove(Xml xml, XPathExpression x) {
    for (Node n : xml.select(x)) {
      if (n instanceof Attr a) {
        if (a.getOwnerElement() != null) {
          a.getOwnerElement().removeAttributeNode(a);
        }
      } else if (n.getParentNode() != null) {
        n.getParentNode().removeChild(n);
      }
    }
    return xml.toString();
  }

  private static String insert(Xml xml, XPathExpression x, Xml value) {
    for (Node n : xml.select(x)) {
      if (n.getNodeType() != Node.ELEMENT_NODE && n != xml.root()) {
        throw new EvaluationException("the XPath selects " + n.getNodeName() + ", not an element");
      }
      for (Node c = value.root().getFirstChild(); c != null; c = c.getNextSibling()) {
        n.appendChild(xml.document().importNode(c, true));
      }
    }
    return xml.toString();
  }

  private static String attributesToElements(Xml xml, XPathExpression x) {
    for (Node n : xml.select(x)) {
      if (n instanceof Attr a) {
        attributeToElement(a);
      } else if (n instanceof Element e) {
        List<Attr> attributes = Xml.inOrder(e);
        attributes.forEach(XmlConverters::attributeToElement);
        elementsBelow(e);
      }
    }
    return xml.toString();
  }

  private static void elementsBelow(Element e) {
    for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element inner) {
        Xml.inOrder(inner).forEach(XmlConverters::attributeToElement);
        elementsBelow(inner);
      }
    }
  }

  private static void attributeToElement(Attr a) {
    Element owner = a.getOwnerElement();
    if (owner != null) {
      Element e = owner.getOwnerDocument().createElement(a.getName());
      e.setTextContent(a.getValue());
      owner.appendChild(e);
      owner.removeAttributeNode(a);
    }
  }

  private static void textToElements(Node parent, String name) {
    int texts = 0;
    int elements = 0;
    for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n.getNodeType() == Node.ELEMENT_NODE) {
        textToElements(n, name);
        elements++;
      } else if (isText(n)) {
        texts++;
      }
    }
    if (texts == 0 || texts + elements <= 1) {
      return;
    }
    for (Node n = parent.getFirstChild(); n != null; ) {
      Node next = n.getNextSibling();
      if (isText(n)) {
        Element e = java.util.Objects.requireNonNull(parent.getOwnerDocument()).createElement(name);
        parent.replaceChild(e, n);
        e.appendChild(n);
      }
      n = next;
    }
  }

  private static boolean isText(Node n) {
    return n.getNodeType() == Node.TEXT_NODE && !n.getNodeValue().isBlank();
  }
}
